-- What an organisation asks of those who sign in to it (docs/operations/sign-in-policy.md). It travels with the row that each request reads
-- anyway, so that a change binds sessions and keys that live.

alter table org
  add column session_minutes int check (session_minutes between 15 and 43200),
  add column idle_minutes    int check (idle_minutes between 15 and 10080),
  add column lock_minutes    int check (lock_minutes between 5 and 720),
  add column networks        text[] not null default '{}' check (cardinality(networks) <= 50),
  add column sign_in_methods text[] not null default '{password,passkey,sso}'
    check ('passkey' = any (sign_in_methods) and sign_in_methods <@ '{password,passkey,sso}');
select protect_tenant_table('org');
revoke update on org from holdfast_app;
grant update (slug, name, region, plan, plan_ends_at, plan_before, require_mfa, session_minutes, idle_minutes, lock_minutes, networks, sign_in_methods) on org to holdfast_app;
grant select (session_minutes, idle_minutes, lock_minutes, networks, sign_in_methods) on org to holdfast_gate;

-- signed_in_at: the sign-in that the session descends from, whatever confirmations and switches came between. methods: what was shown since
-- then that signs in by itself; single sign-on counts for one organisation only: `sso:<organisation>`. attended_at: when a person was last at
-- it, to some seconds; null: locked by hand.
alter table session
  add column signed_in_at timestamptz not null default now(),
  add column methods      text[]      not null default '{password}',
  add column attended_at  timestamptz default now();
alter table session alter column methods drop default;
select protect_identity_table('session',
  readable => 'person_id = (select current_person()) or org_id = (select current_org())',
  writable => 'person_id = (select current_person()) or org_id = (select current_org())',
  quiet => '{attended_at}');

-- Null where an organisation asks for nothing.
create function sign_in_policy(session_minutes int, idle_minutes int, lock_minutes int, networks text[], methods text[]) returns jsonb
language sql immutable as $$
  select case when coalesce(session_minutes, idle_minutes, lock_minutes) is not null or cardinality(networks) > 0 or cardinality(methods) < 3
    then jsonb_build_object('sessionMinutes', session_minutes, 'idleMinutes', idle_minutes, 'lockMinutes', lock_minutes,
      'networks', networks, 'methods', methods) end
$$;
grant execute on function sign_in_policy(int, int, int, text[], text[]) to holdfast_gate, holdfast_app;

set local role holdfast_gate;
drop function gate_session(text);
create function gate_session(session_id text)
returns table (
  person_id text, person_state text, org_id uuid, role text, mver int, live boolean, restricted boolean, mfa_at timestamptz,
  auth_time timestamptz, amr text[], created_at timestamptz, expires_at timestamptz, idle_expires_at timestamptz, revoked_at timestamptz,
  refresh_seq int, org_is_operator boolean, region text, plan text, org_requires_mfa boolean, mfa_enrolled boolean,
  staff_grant_id text, staff_write boolean, staff_ends_at timestamptz,
  signed_in_at timestamptz, methods text[], attended_at timestamptz, policy jsonb)
language sql stable security definer set search_path = pg_catalog, public, pg_temp as $$
  select s.person_id, p.state, s.org_id, case when s.staff_grant_id is null then m.role else g.role end, m.version,
    s.revoked_at is null and s.expires_at > now() and s.idle_expires_at > now() and p.state = 'active',
    s.restricted, s.mfa_at, s.auth_time, s.amr, s.created_at, s.expires_at, s.idle_expires_at, s.revoked_at, s.refresh_seq,
    o.is_operator, o.region, o.plan, o.require_mfa, p.mfa_enrolled_at is not null, s.staff_grant_id, g.write, g.ends_at,
    s.signed_in_at, s.methods, s.attended_at,
    sign_in_policy(o.session_minutes, o.idle_minutes, o.lock_minutes, o.networks, o.sign_in_methods)
  from session s
    join person p on p.id = s.person_id
    join org o on o.id = s.org_id
    left join membership m on m.org_id = s.org_id and m.person_id = s.person_id
    left join lateral staff_grant_live(s.org_id, s.staff_grant_id, s.person_id) g on true
  where s.id = session_id
$$;

drop function gate_membership(uuid, text);
create function gate_membership(org uuid, person text)
returns table (role text, requires_mfa boolean, org_is_operator boolean, policy jsonb)
language sql stable security definer set search_path = pg_catalog, public, pg_temp as $$
  select m.role, m.role in ('owner', 'admin') or o.require_mfa, o.is_operator,
    sign_in_policy(o.session_minutes, o.idle_minutes, o.lock_minutes, o.networks, o.sign_in_methods)
  from membership m join org o on o.id = m.org_id where m.org_id = org and m.person_id = person
$$;

drop function gate_api_key(text);
create function gate_api_key(id text)
returns table (
  org_id uuid, secret_hash bytea, key_role text, person_id text, person_state text, member_role text, mver int,
  expires_at timestamptz, revoked_at timestamptz, org_is_operator boolean, region text, plan text, networks text[])
language sql stable security definer set search_path = pg_catalog, public, pg_temp as $$
  select k.org_id, k.secret_hash, k.role, k.created_by, p.state, m.role, m.version, k.expires_at, k.revoked_at, o.is_operator, o.region, o.plan,
    o.networks
  from api_key k
    join org o on o.id = k.org_id
    join person p on p.id = k.created_by
    left join membership m on m.org_id = k.org_id and m.person_id = k.created_by
  where k.id = gate_api_key.id
$$;

drop function gate_person_orgs(text);
create function gate_person_orgs(person text)
returns table (org_id uuid, slug text, name text, role text, session_minutes int)
language sql stable security definer set search_path = pg_catalog, public, pg_temp as $$
  select o.id, o.slug, o.name, m.role, o.session_minutes
  from membership m join org o on o.id = m.org_id where m.person_id = person order by o.name, o.id
$$;

-- Members of the organisation entered who have no passkey: whom a rule that asks for one will ask. Ids of its own members, nothing of theirs.
create function members_without_passkey() returns setof text
language sql stable security definer set search_path = pg_catalog, public, pg_temp as $$
  select m.person_id from membership m
  where m.org_id = current_org() and not exists (select from passkey k where k.person_id = m.person_id) order by m.person_id
$$;
grant execute on function gate_session(text), gate_membership(uuid, text), gate_api_key(text), gate_person_orgs(text),
  members_without_passkey() to holdfast_app;
set local role holdfast_owner;
