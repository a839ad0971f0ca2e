-- The key that SAML requests are signed with can be changed: for a time there are two, and our metadata names both certificates.
-- docs/adr/0015-saml.md
alter table sso_connection
  add column other_certificate   text,        -- beside the one in use
  add column other_secret_sealed bytea,       -- its private half
  add column other_is            text check (other_is in ('next', 'previous')), -- not used yet, or no longer
  add column other_since         timestamptz, -- since when it is so
  add column other_tested_at     timestamptz, -- the provider took a request that was signed with it
  add constraint sso_connection_other check (
    num_nonnulls(other_certificate, other_secret_sealed, other_is, other_since) in (0, 4)
    and (other_certificate is null or signing_certificate is not null)
    and (other_tested_at is null or other_certificate is not null));
-- Secrets appear in entries as changed only: what was withdrawn is then nowhere any more.
select protect_tenant_table('sso_connection', secret => '{secret_sealed,other_secret_sealed}', quiet => '{last_used_at}');
