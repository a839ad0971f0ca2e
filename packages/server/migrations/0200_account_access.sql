-- Access for service accounts (C6): a grant belongs to a person or to a service account, and then to the secret that asked for it.
-- docs/adr/0021-access-for-service-accounts.md

-- Which secret of a key it is, and who was ever shown one of them: whoever may hold it does not approve what it asks for.
alter table api_key
  add column generation int    not null default 0, -- counts rotations
  add column shown_to   text[] not null default '{}', -- of a key made before this was kept, only who made or last rotated it
  add unique (org_id, id, service_account_id);
create function note_secret() returns trigger language plpgsql as $$
begin
  if tg_op = 'INSERT' then
    new.generation := 0;
    new.shown_to := array[new.created_by];
  elsif new.secret_hash is distinct from old.secret_hash then
    new.generation := old.generation + 1;
    new.shown_to := array(select distinct unnest(old.shown_to || old.created_by || new.created_by) order by 1);
  end if;
  return new;
end $$;
create trigger note_secret before insert or update of secret_hash on api_key for each row execute function note_secret();
select protect_tenant_table('api_key', secret => '{secret_hash, old_secret_hash}', quiet => '{last_used_at}');

alter table access_grant
  alter column person_id drop not null,
  add column service_account_id text,
  add column key_id text, -- that asked, and with which of its secrets
  add column key_generation int,
  add column requester_id text not null generated always as (coalesce(person_id, service_account_id)) stored,
  add constraint access_grant_requester check (num_nonnulls(person_id, service_account_id) = 1),
  add constraint access_grant_key check (num_nonnulls(service_account_id, key_id, key_generation) in (0, 3)),
  add foreign key (org_id, service_account_id) references service_account (org_id, id),
  -- A key of that very account.
  add foreign key (org_id, key_id, service_account_id) references api_key (org_id, id, service_account_id),
  drop constraint access_grant_end_reason_check,
  add constraint access_grant_end_reason_check check (end_reason in
    ('expired', 'returned', 'revoked', 'host_retired', 'database_retired', 'policy_retired', 'not_entitled', 'account_ended')),
  add unique (org_id, id, requester_id, request_hash);
create index access_grant_key on access_grant (org_id, key_id) where state in ('requested', 'approved');
create index access_grant_account on access_grant (org_id, service_account_id, id) where service_account_id is not null;
drop index access_grant_asked, access_grant_asked_database, access_grant_person;
create unique index access_grant_asked on access_grant (org_id, requester_id, host_id, login)
  where state = 'requested' and extends_id is null;
create unique index access_grant_asked_database on access_grant (org_id, requester_id, database_id, login)
  where state = 'requested' and extends_id is null;
create index access_grant_person on access_grant (org_id, requester_id, id);

create or replace function refuse_other_request() returns trigger language plpgsql as $$
begin
  if (old.policy_id, old.policy_version, old.host_id, old.database_id, old.login, old.person_id, old.service_account_id, old.key_id,
      old.key_generation, old.seconds, old.not_before, old.reason_sealed, old.ticket, old.extensions, old.source_networks, old.extends_id,
      old.request_hash, old.requested_at)
    is distinct from (new.policy_id, new.policy_version, new.host_id, new.database_id, new.login, new.person_id, new.service_account_id,
      new.key_id, new.key_generation, new.seconds, new.not_before, new.reason_sealed, new.ticket, new.extensions, new.source_networks,
      new.extends_id, new.request_hash, new.requested_at) then
    raise exception 'a request for access cannot be changed' using errcode = 'HF003';
  end if;
  return new;
end $$;
select protect_tenant_table('access_grant', quiet => '{requester_id}');

-- An approval is of the request of this person, or this account.
alter table grant_approval drop constraint grant_approval_org_id_grant_id_requester_id_request_hash_fkey;
alter table grant_approval
  add foreign key (org_id, grant_id, requester_id, request_hash) references access_grant (org_id, id, requester_id, request_hash);
alter table access_grant drop constraint access_grant_org_id_id_person_id_request_hash_key;

-- Who may act by a service account, or stands for it: who answers for it, who made it, and whoever was shown a secret of a living key.
create function service_account_holders(account text, at timestamptz) returns setof text language sql stable as $$
  select a.owner_id from service_account a where a.id = account
  union select a.created_by from service_account a where a.id = account
  union select unnest(k.shown_to || k.created_by) from api_key k
    where k.service_account_id = account and k.revoked_at is null and k.expires_at > at
$$;
grant execute on function service_account_holders(text, timestamptz) to holdfast_app;
create function refuse_holder() returns trigger language plpgsql as $$
begin
  if new.person_id in (select service_account_holders(new.requester_id, new.at)) then
    raise exception 'whoever may hold the secret of a service account does not approve what it asks for' using errcode = 'HF003';
  end if;
  return new;
end $$;
create trigger refuse_holder before insert or update on grant_approval for each row execute function refuse_holder();

-- With which secret of the key somebody comes: it counts rotations.
grant select (generation) on api_key to holdfast_gate;
set local role holdfast_gate;
drop function gate_api_key(text);
create function gate_api_key(id text)
returns table (
  org_id uuid, secret_hash bytea, old_secret_hash bytea, old_until timestamptz, generation int, key_role text, scopes text[], networks text[],
  person_id text, person_state text, member_role text, service_account_id text, service_role text,
  expires_at timestamptz, revoked_at timestamptz, org_is_operator boolean, plan text, org_networks text[])
language sql stable security definer set search_path = pg_catalog, public, pg_temp as $$
  select k.org_id, k.secret_hash, k.old_secret_hash, k.old_until, k.generation, k.role, k.scopes, k.networks,
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
