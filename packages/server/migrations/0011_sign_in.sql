-- What sign-in needs beside the tables: a second factor required of everybody in an organisation (C2), and brakes on guessing.

alter table org add column require_mfa boolean not null default false;
select protect_tenant_table('org');
revoke update on org from holdfast_app;
grant update (slug, name, region, plan, require_mfa) on org to holdfast_app;

-- What a person calls a factor.
alter table totp_factor add column label_sealed bytea;
select protect_identity_table('totp_factor', 'person_id = (select current_person())', 'person_id = (select current_person())');

-- The process learns from it which tables carry an organisation (first layer of tenancy).
grant select on protected_table to holdfast_app;

grant select (require_mfa) on org to holdfast_gate;
grant select (mfa_enrolled_at) on person to holdfast_gate;
set local role holdfast_gate;

-- Everything a request needs, in one read. `role` and `mver` are null when the person is no longer a member.
drop function gate_session(text);
create function gate_session(session_id text)
returns table (
  person_id text, person_state text, org_id uuid, role text, mver int, live boolean, restricted boolean, mfa_at timestamptz,
  auth_time timestamptz, amr text[], created_at timestamptz, expires_at timestamptz, idle_expires_at timestamptz, revoked_at timestamptz,
  refresh_seq int, org_is_operator boolean, region text, plan text, org_requires_mfa boolean, mfa_enrolled boolean)
language sql stable security definer set search_path = pg_catalog, public, pg_temp as $$
  select s.person_id, p.state, s.org_id, m.role, m.version,
    s.revoked_at is null and s.expires_at > now() and s.idle_expires_at > now() and p.state = 'active',
    s.restricted, s.mfa_at, s.auth_time, s.amr, s.created_at, s.expires_at, s.idle_expires_at, s.revoked_at, s.refresh_seq,
    o.is_operator, o.region, o.plan, o.require_mfa, p.mfa_enrolled_at is not null
  from session s
    join person p on p.id = s.person_id
    join org o on o.id = s.org_id
    left join membership m on m.org_id = s.org_id and m.person_id = s.person_id
  where s.id = session_id
$$;

-- Whether any organisation of the current person needs their second factor: then the last one stays.
create function gate_own_mfa_required() returns boolean
language sql stable security definer set search_path = pg_catalog, public, pg_temp as $$
  select exists (
    select from membership m join org o on o.id = m.org_id
    where m.person_id = current_person() and (m.role in ('owner', 'admin') or o.require_mfa))
$$;

-- What one membership asks of its member: to choose where a session continues.
create function gate_membership(org uuid, person text) returns table (role text, requires_mfa boolean, org_is_operator boolean)
language sql stable security definer set search_path = pg_catalog, public, pg_temp as $$
  select m.role, m.role in ('owner', 'admin') or o.require_mfa, o.is_operator
  from membership m join org o on o.id = m.org_id where m.org_id = org and m.person_id = person
$$;
grant execute on function gate_session(text), gate_own_mfa_required(), gate_membership(uuid, text) to holdfast_app;

-- Failed guesses, counted by an opaque name (an HMAC of whom and from where: no personal data). Reached only through the functions below,
-- so that a guess is counted whatever becomes of the transaction that made it.
set local role holdfast_owner;
create table guess (
  name          bytea       primary key,
  failures      int         not null default 0,
  last_at       timestamptz not null default now(),
  blocked_until timestamptz not null default '-infinity',
  welcome_at    timestamptz -- when a guess of this name last proved right
);
create index guess_age on guess (last_at);
alter table guess enable row level security;
alter table guess force row level security;
create policy gate on guess to holdfast_gate using (true) with check (true);
grant select, insert, update, delete on guess to holdfast_gate;

set local role holdfast_gate;
-- Counts a guess before it is checked, so that parallel ones cannot slip by. Answers how many seconds to wait; 0: go ahead.
-- After `free` failures each further one doubles the pause, up to `cap` seconds; a day without failures forgets them. Where the first name
-- (the place) was right within 30 days, only it counts: what strangers do elsewhere does not lock a person out at home.
create function guess_begin(names bytea[], free int[], cap int[]) returns int
language plpgsql security definer set search_path = pg_catalog, public, pg_temp as $$
declare
  pause int := 0;
begin
  if exists (select from guess g where g.name = names[1] and g.welcome_at > now() - interval '30 days') then
    names := names[1:1];
  end if;
  insert into guess (name) select n from unnest(names) n order by n on conflict do nothing;
  perform from guess g where g.name = any (names) order by g.name for update;
  select coalesce(max(ceil(extract(epoch from g.blocked_until - clock_timestamp()))), 0) into pause
    from guess g where g.name = any (names) and g.blocked_until > clock_timestamp();
  if pause > 0 then
    return pause;
  end if;
  update guess g set
    failures = case when g.last_at < now() - interval '1 day' then 1 else g.failures + 1 end,
    last_at = now(),
    blocked_until = case
      when g.last_at < now() - interval '1 day' or g.failures + 1 < limits.free then '-infinity'
      else clock_timestamp() + least(limits.cap, 2 ^ least(g.failures + 1 - limits.free, 20)) * interval '1 second'
    end
  from unnest(names, free, cap) limits (name, free, cap) where g.name = limits.name;
  return 0;
end $$;

-- The guess was right.
create function guess_right(names bytea[]) returns void
language sql security definer set search_path = pg_catalog, public, pg_temp as $$
  update guess set failures = 0, blocked_until = '-infinity', welcome_at = now() where name = any (names)
$$;

create function guess_forget() returns bigint
language sql security definer set search_path = pg_catalog, public, pg_temp as $$
  with gone as (delete from guess where last_at < now() - interval '31 days' returning 1) select count(*) from gone
$$;
grant execute on function guess_begin(bytea[], int[], int[]), guess_right(bytea[]), guess_forget() to holdfast_app;
set local role holdfast_owner;
