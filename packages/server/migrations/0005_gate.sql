-- The gate: the few look-ups needed before an organisation is known. Each asks by a secret or an unguessable id and returns the least.
-- Everything here is `security definer` as holdfast_gate, which may read these columns and write nothing.

grant select (id, password_hash, state, email_index) on person to holdfast_gate;
grant select on session to holdfast_gate;
grant select (org_id, id, email_index, role, token_hash, invited_by, expires_at, accepted_at, revoked_at) on invitation to holdfast_gate;
grant select on password_reset to holdfast_gate;
grant select (org_id, id, secret_hash, role, created_by, expires_at, revoked_at) on api_key to holdfast_gate;
grant select (scope, version, ring_version) on data_key to holdfast_gate;
create policy gate on person for select to holdfast_gate using (true);
create policy gate on session for select to holdfast_gate using (true);
create policy gate on invitation for select to holdfast_gate using (true);
create policy gate on password_reset for select to holdfast_gate using (true);
create policy gate on api_key for select to holdfast_gate using (true);
create policy gate on data_key for select to holdfast_gate using (true);

set local role holdfast_gate;

create function gate_person_by_email(email_index bytea)
returns table (person_id text, password_hash text, state text, org_ids uuid[])
language sql stable security definer set search_path = pg_catalog, public, pg_temp as $$
  select p.id, p.password_hash, p.state, array(select m.org_id from membership m where m.person_id = p.id order by m.org_id)
  from person p where p.email_index = gate_person_by_email.email_index
$$;

-- For step-up: only one's own.
create function gate_own_password() returns text
language sql stable security definer set search_path = pg_catalog, public, pg_temp as $$
  select p.password_hash from person p where p.id = current_person()
$$;

create function gate_person_orgs(person text)
returns table (org_id uuid, slug text, name text, role text)
language sql stable security definer set search_path = pg_catalog, public, pg_temp as $$
  select o.id, o.slug, o.name, m.role from membership m join org o on o.id = m.org_id where m.person_id = person order by o.name, o.id
$$;

-- Everything a request needs, in one read. `role` and `mver` are null when the person is no longer a member.
create function gate_session(session_id text)
returns table (
  person_id text, person_state text, org_id uuid, role text, mver int, live boolean, restricted boolean, mfa_at timestamptz,
  auth_time timestamptz, amr text[], created_at timestamptz, expires_at timestamptz, idle_expires_at timestamptz, revoked_at timestamptz,
  refresh_seq int, org_is_operator boolean, region text, plan text)
language sql stable security definer set search_path = pg_catalog, public, pg_temp as $$
  select s.person_id, p.state, s.org_id, m.role, m.version,
    s.revoked_at is null and s.expires_at > now() and s.idle_expires_at > now() and p.state = 'active',
    s.restricted, s.mfa_at, s.auth_time, s.amr, s.created_at, s.expires_at, s.idle_expires_at, s.revoked_at, s.refresh_seq,
    o.is_operator, o.region, o.plan
  from session s
    join person p on p.id = s.person_id
    join org o on o.id = s.org_id
    left join membership m on m.org_id = s.org_id and m.person_id = s.person_id
  where s.id = session_id
$$;

create function gate_invitation(token_hash bytea)
returns table (
  org_id uuid, id text, org_name text, role text, email_index bytea, expires_at timestamptz, accepted_at timestamptz,
  revoked_at timestamptz, invited_by text, inviter_role text)
language sql stable security definer set search_path = pg_catalog, public, pg_temp as $$
  select i.org_id, i.id, o.name, i.role, i.email_index, i.expires_at, i.accepted_at, i.revoked_at, i.invited_by, m.role
  from invitation i
    join org o on o.id = i.org_id
    left join membership m on m.org_id = i.org_id and m.person_id = i.invited_by
  where i.token_hash = gate_invitation.token_hash
$$;

-- `org_id`: one of the person's organisations, in whose ledger the reset is recorded.
create function gate_reset(token_hash bytea)
returns table (id text, person_id text, org_id uuid, expires_at timestamptz, used_at timestamptz)
language sql stable security definer set search_path = pg_catalog, public, pg_temp as $$
  select r.id, r.person_id, (select m.org_id from membership m where m.person_id = r.person_id order by m.org_id limit 1), r.expires_at, r.used_at
  from password_reset r where r.token_hash = gate_reset.token_hash
$$;

create function gate_api_key(id text)
returns table (
  org_id uuid, secret_hash bytea, key_role text, person_id text, person_state text, member_role text, mver int,
  expires_at timestamptz, revoked_at timestamptz, org_is_operator boolean, region text, plan text)
language sql stable security definer set search_path = pg_catalog, public, pg_temp as $$
  select k.org_id, k.secret_hash, k.role, k.created_by, p.state, m.role, m.version, k.expires_at, k.revoked_at, o.is_operator, o.region, o.plan
  from api_key k
    join org o on o.id = k.org_id
    join person p on p.id = k.created_by
    left join membership m on m.org_id = k.org_id and m.person_id = k.created_by
  where k.id = gate_api_key.id
$$;

create function list_orgs() returns setof uuid
language sql stable security definer set search_path = pg_catalog, public, pg_temp as $$
  select id from org order by id
$$;

-- Names of keys wrapped by an older master key, for the job that re-wraps them.
create function list_stale_data_keys(ring int, max int) returns table (scope text, version int)
language sql stable security definer set search_path = pg_catalog, public, pg_temp as $$
  select scope, version from data_key where ring_version < ring order by scope, version limit max
$$;

grant execute on function gate_person_by_email(bytea), gate_own_password(), gate_person_orgs(text), gate_session(text), gate_invitation(bytea),
  gate_reset(bytea), gate_api_key(text) to holdfast_app;
grant execute on function list_orgs(), list_stale_data_keys(int, int) to holdfast_jobs;

-- Decides what a presented refresh token means, and does it. Not a definer: enter the session's organisation and person first, so that
-- the change is captured, and append an entry as for any command. The token's successor is deterministic (HMAC of id and sequence number).
-- 'rotate': the current one, now spent. 'grace': the one before it, within 10 s, at most 5 times, same user agent: answer with the same
-- successor. 'reuse': an older one: the session is revoked. 'dead': revoked or expired, nothing changed.
set local role holdfast_owner;
create function gate_refresh(session_id text, presented_seq int, same_agent boolean, out verdict text, out refresh_seq int)
language plpgsql as $$
declare
  s session;
begin
  select * into s from session where id = session_id for update;
  refresh_seq := s.refresh_seq;
  if s.id is null or s.revoked_at is not null or s.expires_at <= now() or s.idle_expires_at <= now() then
    verdict := 'dead';
  elsif presented_seq = s.refresh_seq then
    verdict := 'rotate';
    refresh_seq := s.refresh_seq + 1;
    update session set refresh_seq = s.refresh_seq + 1, refresh_grace_until = clock_timestamp() + interval '10 seconds', grace_hits = 0,
      last_seen_at = now(), idle_expires_at = least(s.expires_at, now() + interval '7 days') where id = s.id;
  elsif presented_seq = s.refresh_seq - 1 and same_agent and s.grace_hits < 5 and s.refresh_grace_until > clock_timestamp() then
    verdict := 'grace';
    update session set grace_hits = s.grace_hits + 1 where id = s.id;
  else
    verdict := 'reuse';
    update session set revoked_at = now(), revoke_reason = 'refresh_reuse' where id = s.id;
  end if;
end $$;
grant execute on function gate_refresh(text, int, boolean) to holdfast_app;

-- Jobs: the queue belongs to holdfast_jobs; the application adds to it in the operation's transaction, always for the organisation entered.
create schema jobs authorization holdfast_jobs;
create schema graphile_worker authorization holdfast_jobs;
set local role holdfast_jobs;
create function jobs.enqueue(task text, payload jsonb, run_at timestamptz default null, job_key text default null, max_attempts int default null)
returns void language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
begin
  perform graphile_worker.add_job(task, (payload || jsonb_build_object('org', public.current_org(), 'person', public.current_person()))::json,
    run_at => enqueue.run_at, max_attempts => enqueue.max_attempts, job_key => public.current_org() || ':' || enqueue.job_key);
end $$;
grant usage on schema jobs to holdfast_app;
grant execute on function jobs.enqueue(text, jsonb, timestamptz, text, int) to holdfast_app;
set local role holdfast_owner;
