-- Who was shown a directory's secret: it does not outlive their being Owner for long.
alter table directory_credential add column issued_by text references person; -- null: of an access token or a self-test, which nobody is shown
create index directory_credential_issuer on directory_credential (org_id, issued_by) where revoked_at is null;
select protect_tenant_table('directory_credential', secret => '{secret_hash}', quiet => '{last_used_at}');
