-- The operator's people in a customer's organisation (C5). A grant is a row of the customer's; a session of staff hangs on one; and the
-- organisation counts as entered only as long as the grant is live, which every statement asks anew.
create table staff_policy (
  org_id          uuid        not null default current_org() references org,
  id              text        not null,
  role            text        not null check (role in ('viewer', 'reviewer')),
  max_seconds     int         not null check (max_seconds between 300 and 28800),
  ticket_required boolean     not null,
  set_by          text        not null references person,
  set_at          timestamptz not null,
  withdrawn_at    timestamptz,
  withdrawn_by    text        references person,
  primary key (org_id, id)
);
create unique index staff_policy_current on staff_policy (org_id) where withdrawn_at is null;

create table staff_grant (
  org_id             uuid        not null default current_org() references org,
  id                 text        not null,
  -- What was asked for. Fixed for ever: an approval is bound to its hash.
  person_id          text        not null references person,
  role               text        not null check (role in ('viewer', 'reviewer')),
  write              boolean     not null,
  seconds            int         not null check (seconds between 300 and 28800),
  reason_sealed      bytea       not null,
  name_sealed        bytea       not null, -- the customer cannot read the operator's people
  ticket             text,
  request_hash       text        not null check (request_hash ~ '^[0-9a-f]{64}$'),
  requested_at       timestamptz not null,
  request_expires_at timestamptz not null,
  -- What became of it.
  state              text        not null default 'requested' check (state in ('requested', 'approved', 'denied', 'cancelled', 'ended')),
  approved_by        text        references person,
  policy_id          text,
  starts_at          timestamptz,
  ends_at            timestamptz,
  ended_at           timestamptz,
  ended_by           text        references person,
  primary key (org_id, id),
  unique (org_id, id, person_id),
  foreign key (org_id, policy_id) references staff_policy (org_id, id),
  check (approved_by <> person_id),
  check ((state in ('approved', 'ended')) = (starts_at is not null and ends_at is not null)),
  check ((state in ('approved', 'ended')) = (num_nonnulls(approved_by, policy_id) = 1)),
  check ((state in ('denied', 'cancelled', 'ended')) = (ended_at is not null)),
  check (policy_id is null or not write), -- nobody allows changes in advance
  check (ends_at > starts_at and ends_at <= starts_at + seconds * interval '1 second')
);
create unique index staff_grant_asked on staff_grant (org_id, person_id) where state = 'requested';
create index staff_grant_open on staff_grant (org_id, id) where state in ('requested', 'approved');
create index staff_grant_person on staff_grant (person_id, id);

create function refuse_other_staff_grant() returns trigger language plpgsql as $$
begin
  if (old.id, old.person_id, old.role, old.write, old.seconds, old.reason_sealed, old.name_sealed, old.ticket, old.request_hash, old.requested_at,
      old.request_expires_at)
    is distinct from (new.id, new.person_id, new.role, new.write, new.seconds, new.reason_sealed, new.name_sealed, new.ticket, new.request_hash,
      new.requested_at, new.request_expires_at)
    or (old.state <> 'requested' and (old.approved_by, old.policy_id, old.starts_at, old.ends_at)
      is distinct from (new.approved_by, new.policy_id, new.starts_at, new.ends_at))
    or (old.state in ('denied', 'cancelled', 'ended') and new.state <> old.state) then
    raise exception 'a request of staff cannot be changed, and what has ended stays so' using errcode = 'HF003';
  end if;
  return new;
end $$;
create trigger request_is_fixed before update on staff_grant for each row execute function refuse_other_staff_grant();
select protect_tenant_table('staff_policy'), protect_tenant_table('staff_grant');

grant select (org_id, id, withdrawn_at) on staff_policy to holdfast_gate;
grant select (org_id, id, person_id, role, write, seconds, ticket, request_hash, requested_at, request_expires_at, state, approved_by, policy_id,
  starts_at, ends_at, ended_at) on staff_grant to holdfast_gate;
create policy gate on staff_policy for select to holdfast_gate using (true);
create policy gate on staff_grant for select to holdfast_gate using (true);

set local role holdfast_gate;
-- The one definition of "live": approved, not over, its person active and still of the operator's people, and whoever let them in still
-- entitled to: a manager of the customer's who is none of the operator's people, or the standing policy. Null arguments: nothing.
create function staff_grant_live(org uuid, grant_id text, person text) returns table (role text, write boolean, ends_at timestamptz)
language sql stable strict security definer rows 1 set search_path = pg_catalog, public, pg_temp as $$
  select g.role, g.write, g.ends_at
  from staff_grant g
    join person p on p.id = g.person_id and p.state = 'active'
    join org home on home.is_operator and home.id <> g.org_id
    join membership works on works.org_id = home.id and works.person_id = g.person_id and works.role <> 'viewer'
  where g.org_id = org and g.id = grant_id and g.person_id = person and g.state = 'approved' and g.ends_at > statement_timestamp()
    and (exists (select from membership m where m.org_id = g.org_id and m.person_id = g.approved_by and m.role in ('owner', 'admin')
        and not exists (select from membership own where own.org_id = home.id and own.person_id = m.person_id))
      or exists (select from staff_policy s where s.org_id = g.org_id and s.id = g.policy_id and s.withdrawn_at is null))
$$;

-- Which organisation staff are in: as long as the grant is live.
create function staff_org() returns uuid language sql stable security definer set search_path = pg_catalog, public, pg_temp as $$
  select current_setting('holdfast.org', true)::uuid
  from staff_grant_live(nullif(current_setting('holdfast.org', true), '')::uuid, current_setting('holdfast.staff', true),
    current_setting('holdfast.person', true))
$$;

-- One's own requests, in whichever organisation.
create function gate_own_staff_grants()
returns table (org_id uuid, org_name text, id text, role text, write boolean, seconds int, ticket text, request_hash text, requested_at timestamptz,
  request_expires_at timestamptz, state text, by_policy boolean, starts_at timestamptz, ends_at timestamptz, ended_at timestamptz, live boolean)
language sql stable security definer set search_path = pg_catalog, public, pg_temp as $$
  select g.org_id, o.name, g.id, g.role, g.write, g.seconds, g.ticket, g.request_hash, g.requested_at, g.request_expires_at, g.state,
    g.policy_id is not null, g.starts_at, g.ends_at, g.ended_at, exists (select from staff_grant_live(g.org_id, g.id, g.person_id))
  from staff_grant g join org o on o.id = g.org_id
  where g.person_id = current_person() order by g.id desc limit 100
$$;
grant execute on function staff_grant_live(uuid, text, text), gate_own_staff_grants() to holdfast_app;
grant execute on function staff_org() to holdfast_app, holdfast_jobs, holdfast_ledger, holdfast_owner;
grant execute on function staff_grant_live(uuid, text, text) to holdfast_owner;
set local role holdfast_owner;

-- Row security of every table asks this. For staff it answers only while their grant is live, so a running transaction loses sight too.
create or replace function current_org() returns uuid language sql stable parallel safe
  return case when coalesce(current_setting('holdfast.staff', true), '') = '' then nullif(current_setting('holdfast.org', true), '')::uuid
    else staff_org() end;

-- As `enter`, for staff. A read is written into the customer's access log first, and nothing can be written after it; a change needs a grant
-- that allows changes. `noted`: the row of the access log; null for a change, whose record is its entry in the ledger.
create function enter_as_staff(org uuid, person text, staff_grant text, noted json) returns text language plpgsql as $$
declare
  live record;
begin
  perform set_config('holdfast.org', coalesce(org::text, ''), true), set_config('holdfast.person', coalesce(person, ''), true),
    set_config('holdfast.staff', coalesce(nullif(staff_grant, ''), 'none'), true);
  select * into live from staff_grant_live(org, staff_grant, person);
  if not found then
    raise exception 'no staff access is live' using errcode = 'HF005';
  end if;
  if noted is null then
    if not live.write then
      raise exception 'this staff access is for reading' using errcode = 'HF005';
    end if;
    return set_config('synchronous_commit', 'off', true);
  end if;
  insert into access_log (org_id, id, at, actor, session, operation, target, origin_sealed, permission, outcome)
    select org, n.id, n.at, person, staff_grant, n.operation, n.target, decode(n.origin, 'base64'), n.permission, 'read'
    from json_to_record(noted) as n (id text, at timestamptz, operation text, target text, origin text, permission text);
  return set_config('transaction_read_only', 'on', true);
end $$;
grant execute on function enter_as_staff(uuid, text, text, json) to holdfast_app;

-- A session of staff names its grant, from its first moment to its last.
alter table session add column staff_grant_id text;
alter table session add foreign key (org_id, staff_grant_id, person_id) references staff_grant (org_id, id, person_id);
create function refuse_staff_session() returns trigger language plpgsql as $$
begin
  if tg_op = 'UPDATE' then
    if (new.staff_grant_id, case when new.staff_grant_id is not null then new.org_id end)
      is distinct from (old.staff_grant_id, case when new.staff_grant_id is not null then old.org_id end) then
      raise exception 'a session keeps its staff access' using errcode = 'HF003';
    end if;
  elsif new.staff_grant_id is not null and not exists (select from staff_grant_live(new.org_id, new.staff_grant_id, new.person_id)) then
    raise exception 'no staff access is live' using errcode = 'HF005';
  end if;
  return new;
end $$;
create trigger staff_session before insert or update of staff_grant_id, org_id, person_id on session
  for each row execute function refuse_staff_session();
select protect_identity_table('session',
  readable => 'person_id = (select current_person()) or org_id = (select current_org())',
  writable => 'person_id = (select current_person()) or org_id = (select current_org())');

-- Everything a request needs, in one read. `role` is null for who is no member (any more); for a session of staff it is the grant's, never a
-- membership's, and null when the grant is not live.
set local role holdfast_gate;
drop function gate_session(text);
create function gate_session(session_id text)
returns table (
  person_id text, person_state text, org_id uuid, role text, mver int, live boolean, restricted boolean, mfa_at timestamptz,
  auth_time timestamptz, amr text[], created_at timestamptz, expires_at timestamptz, idle_expires_at timestamptz, revoked_at timestamptz,
  refresh_seq int, org_is_operator boolean, region text, plan text, org_requires_mfa boolean, mfa_enrolled boolean,
  staff_grant_id text, staff_write boolean, staff_ends_at timestamptz)
language sql stable security definer set search_path = pg_catalog, public, pg_temp as $$
  select s.person_id, p.state, s.org_id, case when s.staff_grant_id is null then m.role else g.role end, m.version,
    s.revoked_at is null and s.expires_at > now() and s.idle_expires_at > now() and p.state = 'active',
    s.restricted, s.mfa_at, s.auth_time, s.amr, s.created_at, s.expires_at, s.idle_expires_at, s.revoked_at, s.refresh_seq,
    o.is_operator, o.region, o.plan, o.require_mfa, p.mfa_enrolled_at is not null, s.staff_grant_id, g.write, g.ends_at
  from session s
    join person p on p.id = s.person_id
    join org o on o.id = s.org_id
    left join membership m on m.org_id = s.org_id and m.person_id = s.person_id
    left join lateral staff_grant_live(s.org_id, s.staff_grant_id, s.person_id) g on true
  where s.id = session_id
$$;
grant execute on function gate_session(text) to holdfast_app;
set local role holdfast_owner;

-- For the check of C5: counts over all organisations and ids of what is over, nothing of what is in them; for the operator only.
-- `standing`: given, though by one of the operator's own people. `unsealed`: reads by staff that the customer's chain does not hold after ten
-- minutes. `foreign_reads`: those among the unsealed that name no grant of their person.
grant select (org_id, id, at, actor, session, batch_seq) on access_log to holdfast_gate;
create policy gate on access_log for select to holdfast_gate using (true);
set local role holdfast_gate;
create function staff_access_state() returns table (total int, standing int, unsealed int, foreign_reads int)
language sql stable security definer set search_path = pg_catalog, public, pg_temp as $$
  with reads as materialized (
    select l.org_id, l.at, l.actor, l.session from access_log l where l.batch_seq is null and starts_with(l.session, 'sg_'))
  select
    (select count(*)::int from staff_grant),
    (select count(*)::int from staff_grant g join membership m on m.person_id = g.approved_by where m.org_id = operator_org()),
    (select count(*)::int from reads where at < now() - interval '10 minutes'),
    (select count(*)::int from reads r
      where not exists (select from staff_grant g where g.org_id = r.org_id and g.id = r.session and g.person_id = r.actor))
  where current_org() = operator_org()
$$;
create function staff_access_ended(max int) returns table (org_id uuid, id text, person_id text)
language sql stable security definer set search_path = pg_catalog, public, pg_temp as $$
  select g.org_id, g.id, g.person_id from staff_grant g
  where current_org() = operator_org() and (g.state <> 'approved' or g.ends_at <= now()) order by g.id desc limit least(max, 100)
$$;
grant execute on function staff_access_state(), staff_access_ended(int) to holdfast_app;
set local role holdfast_owner;
