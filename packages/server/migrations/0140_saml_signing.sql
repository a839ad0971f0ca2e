-- SAML requests are signed; the private half is in `secret_sealed`. docs/adr/0015-saml.md
alter table sso_connection add column signing_certificate text;
select protect_tenant_table('sso_connection', quiet => '{last_used_at}');
