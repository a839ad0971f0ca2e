-- A key that does less, or ends sooner, than it was made for, since somebody's role changed: why and when is said where keys are listed.
alter table api_key
  add column cut_short_at  timestamptz,
  add column cut_short_why text check (cut_short_why in ('role_lowered', 'left')),
  add constraint api_key_cut_short check ((cut_short_at is null) = (cut_short_why is null));
select protect_tenant_table('api_key', secret => '{secret_hash, old_secret_hash}', quiet => '{last_used_at}');
