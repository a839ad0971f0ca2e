-- What else gives access (C1, docs/adr/0020-access-reviews.md): open invitations, connections to providers, groups of the directory.
alter table access_review_item drop constraint access_review_item_kind_check;
alter table access_review_item add constraint access_review_item_kind_check check (kind in ('member', 'api_key', 'service_account',
  'service_key', 'access_rule', 'server_grant', 'database_grant', 'staff_policy', 'break_glass', 'directory_token', 'invitation',
  'sso_connection', 'directory_group'));
