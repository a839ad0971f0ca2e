-- Whom a key acts as, with everything that confines it (0161) and the networks of its organisation (0170).
set local role holdfast_gate;

-- `service_role` is null where the account is disabled, `member_role` where the person is no member any more.
drop function gate_api_key(text);
create function gate_api_key(id text)
returns table (
  org_id uuid, secret_hash bytea, old_secret_hash bytea, old_until timestamptz, key_role text, scopes text[], networks text[],
  person_id text, person_state text, member_role text, service_account_id text, service_role text,
  expires_at timestamptz, revoked_at timestamptz, org_is_operator boolean, plan text, org_networks text[])
language sql stable security definer set search_path = pg_catalog, public, pg_temp as $$
  select k.org_id, k.secret_hash, k.old_secret_hash, k.old_until, k.role, k.scopes, k.networks,
    k.created_by, p.state, m.role, k.service_account_id, s.role, k.expires_at, k.revoked_at, o.is_operator, o.plan, o.networks
  from api_key k
    join org o on o.id = k.org_id
    join person p on p.id = k.created_by
    left join membership m on m.org_id = k.org_id and m.person_id = k.created_by
    left join service_account s on s.org_id = k.org_id and s.id = k.service_account_id and s.disabled_at is null
  where k.id = gate_api_key.id
$$;
grant execute on function gate_api_key(text) to holdfast_app;
set local role holdfast_owner;
