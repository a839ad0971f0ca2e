-- Passkeys (WebAuthn), docs/adr/0013-passkeys.md.

create table passkey (
  person_id         text        not null references person,
  id                text        not null,
  credential_hash   bytea       not null unique, -- SHA-256 of the credential id: no credential belongs to two people
  credential_sealed bytea       not null, -- id, public key, transports; sealed, so that whoever writes to the database cannot put their own key here
  label_sealed      bytea       not null,
  sign_count        bigint      not null,
  backed_up         boolean     not null,
  created_at        timestamptz not null default now(),
  last_used_at      timestamptz,
  primary key (person_id, id)
);
select protect_identity_table('passkey', 'person_id = (select current_person())', 'person_id = (select current_person())', '{credential_hash}');

grant select (person_id, credential_hash) on passkey to holdfast_gate;
create policy gate on passkey for select to holdfast_gate using (true);
-- For counting who has which factor, without reading what it is.
grant select (person_id, confirmed_at) on totp_factor to holdfast_gate;
create policy gate on totp_factor for select to holdfast_gate using (true);

-- Challenges that were answered. Reached only through the functions below, so that a challenge is used up whatever becomes of the transaction
-- that tried it. No personal data: a hash of random bytes.
create table passkey_challenge_used (
  challenge_hash bytea       primary key,
  expires_at     timestamptz not null
);
create index passkey_challenge_used_age on passkey_challenge_used (expires_at);
alter table passkey_challenge_used enable row level security;
alter table passkey_challenge_used force row level security;
create policy gate on passkey_challenge_used to holdfast_gate using (true) with check (true);
grant select, insert, delete on passkey_challenge_used to holdfast_gate;

set local role holdfast_gate;

-- Whose passkey it is, and their organisations, the one they last worked in first: a session begins there.
create function gate_passkey(credential_hash bytea)
returns table (person_id text, state text, org_ids uuid[])
language sql stable security definer set search_path = pg_catalog, public, pg_temp as $$
  select p.id, p.state, array(
    select m.org_id from membership m where m.person_id = p.id
    order by (select max(s.last_seen_at) from session s where s.person_id = p.id and s.org_id = m.org_id) desc nulls last, m.org_id)
  from passkey k join person p on p.id = k.person_id where k.credential_hash = gate_passkey.credential_hash
$$;

-- Uses a challenge up; false when it was used before. Of two at once the second waits for the first and gets false.
create function passkey_challenge_use(challenge_hash bytea, expires_at timestamptz) returns boolean
language plpgsql security definer set search_path = pg_catalog, public, pg_temp as $$
begin
  insert into passkey_challenge_used values (passkey_challenge_use.challenge_hash, passkey_challenge_use.expires_at) on conflict do nothing;
  return found;
end $$;

create function passkey_challenge_forget() returns bigint
language sql security definer set search_path = pg_catalog, public, pg_temp as $$
  with gone as (delete from passkey_challenge_used where expires_at < now() - interval '1 day' returning 1) select count(*) from gone
$$;

-- C2, for the operator: how the live sessions of Owners and Admins stand, over all organisations. Counts, nobody's name.
create function gate_manager_sessions()
returns table (role text, org_requires_mfa boolean, restricted boolean, confirmed boolean, enrolled boolean, sessions bigint)
language sql stable security definer set search_path = pg_catalog, public, pg_temp as $$
  select m.role, o.require_mfa, s.restricted, s.mfa_at is not null,
    exists (select from passkey k where k.person_id = p.id)
      or exists (select from totp_factor f where f.person_id = p.id and f.confirmed_at is not null),
    count(*)
  from session s
    join membership m on m.org_id = s.org_id and m.person_id = s.person_id
    join org o on o.id = s.org_id
    join person p on p.id = s.person_id
  where may_operate() and m.role in ('owner', 'admin') and p.state = 'active'
    and s.revoked_at is null and s.expires_at > now() and s.idle_expires_at > now()
  group by 1, 2, 3, 4, 5
$$;

-- C2, for the operator: Owners and Admins of all organisations, and which factors they have.
create function gate_manager_factors()
returns table (managers bigint, with_app bigint, with_passkey bigint, with_any bigint, marked_without bigint)
language sql stable security definer set search_path = pg_catalog, public, pg_temp as $$
  with manager as (
    select p.id, p.mfa_enrolled_at is not null as marked,
      exists (select from totp_factor f where f.person_id = p.id and f.confirmed_at is not null) as app,
      exists (select from passkey k where k.person_id = p.id) as key
    from person p
    where may_operate() and p.state = 'active'
      and exists (select from membership m where m.person_id = p.id and m.role in ('owner', 'admin'))
  )
  select count(*), count(*) filter (where app), count(*) filter (where key), count(*) filter (where app or key),
    count(*) filter (where marked and not app and not key)
  from manager
$$;
grant execute on function gate_passkey(bytea), passkey_challenge_use(bytea, timestamptz), passkey_challenge_forget(),
  gate_manager_sessions(), gate_manager_factors() to holdfast_app;
set local role holdfast_owner;
