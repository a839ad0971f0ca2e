-- What a SAML provider said a name is, when somebody first came by it: the same text in another format may be somebody else.
-- docs/adr/0015-saml.md
alter table sso_identity add column name_id_format text check (length(name_id_format) between 1 and 256);
select protect_tenant_table('sso_identity', secret => '{subject_index}', quiet => '{last_used_at}');
