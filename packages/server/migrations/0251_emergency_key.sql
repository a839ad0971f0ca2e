-- Who holds a key that opens the emergency account of servers: it is made and held offline, so nothing but this record is here.
create table emergency_key (
  org_id        uuid        not null default current_org() references org,
  id            text        not null,
  kind          text        not null check (kind in ('authority', 'certificate')),
  person_id     text        not null references person,
  fingerprint   text        not null check (fingerprint ~ '^SHA256:[A-Za-z0-9+/]{43}$'),
  kept_sealed   bytea       not null,
  since         timestamptz not null,
  until         timestamptz not null check (until > since),
  tried_at      timestamptz,
  registered_by text        not null references person,
  ended_at      timestamptz,
  ended_by      text        references person,
  primary key (org_id, id),
  check (num_nonnulls(ended_at, ended_by) in (0, 2))
);
-- A person holds a key once.
create unique index emergency_key_held on emergency_key (org_id, person_id, fingerprint) where ended_at is null;
create index emergency_key_person on emergency_key (person_id);
select protect_tenant_table('emergency_key');

alter table access_review_item drop constraint access_review_item_kind_check;
alter table access_review_item add constraint access_review_item_kind_check check (kind in ('member', 'api_key', 'service_account',
  'service_key', 'access_rule', 'server_grant', 'database_grant', 'staff_policy', 'break_glass', 'directory_token', 'invitation',
  'sso_connection', 'directory_group', 'emergency_key'));
