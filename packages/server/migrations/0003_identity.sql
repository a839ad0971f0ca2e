-- Organisations, persons, their sessions and factors. Personal data stands only in sealed columns (envelopes) and blind indexes (HMACs).

create table org (
  id          uuid        primary key,
  org_id      uuid        not null generated always as (id) stored,
  slug        text        not null unique check (slug ~ '^[a-z0-9][a-z0-9-]{1,62}$'), -- public by nature: it stands in addresses
  name        text        not null check (length(name) between 1 and 200),
  region      text        not null default 'eu',
  plan        text        not null default 'free',
  is_operator boolean     not null default false,
  created_at  timestamptz not null default now()
);
create unique index org_one_operator on org (is_operator) where is_operator;
select protect_tenant_table('org');
revoke update on org from holdfast_app;
grant update (slug, name, region, plan) on org to holdfast_app; -- never its id, never who is the operator

create table person (
  id              text        primary key,
  email_index     bytea       unique, -- HMAC of the address; found only through the gate
  email_sealed    bytea,
  name_sealed     bytea,
  password_hash   text, -- argon2id, PHC string
  state           text        not null default 'active' check (state in ('invited', 'active', 'suspended', 'erased')),
  mfa_enrolled_at timestamptz,
  created_at      timestamptz not null default now(),
  updated_at      timestamptz not null default now()
);

create table membership (
  org_id     uuid        not null default current_org() references org,
  person_id  text        not null references person,
  role       text        not null check (role in ('owner', 'admin', 'reviewer', 'member', 'viewer')),
  version    int         not null default 1, -- `mver` of tokens: every change of role raises it
  created_at timestamptz not null default now(),
  primary key (org_id, person_id)
);
create index membership_person on membership (person_id);
select protect_tenant_table('membership');

select protect_identity_table('person',
  readable => 'id = (select current_person()) or exists (select from membership m where m.org_id = (select current_org()) and m.person_id = person.id)',
  writable => 'id = (select current_person())',
  secret => '{email_index, password_hash}'); -- the index would outlive the erasure of a person
select hide_column('person', 'password_hash');

create table session (
  id                  text        primary key,
  person_id           text        not null references person,
  org_id              uuid        not null default current_org() references org, -- the organisation switched to
  created_at          timestamptz not null default now(),
  last_seen_at        timestamptz not null default now(), -- at the last refresh
  expires_at          timestamptz not null,
  idle_expires_at     timestamptz not null,
  refresh_seq         int         not null default 0,
  refresh_grace_until timestamptz,
  grace_hits          int         not null default 0,
  auth_time           timestamptz not null default now(),
  amr                 text[]      not null default '{}',
  mfa_at              timestamptz,
  restricted          boolean     not null default false,
  user_agent_sealed   bytea,
  ip_sealed           bytea,
  revoked_at          timestamptz,
  revoke_reason       text
);
create index session_person on session (person_id);
create index session_org on session (org_id);
-- An organisation's administrators see and end the sessions that are in their organisation, not those a member has elsewhere.
select protect_identity_table('session',
  readable => 'person_id = (select current_person()) or org_id = (select current_org())',
  writable => 'person_id = (select current_person()) or org_id = (select current_org())');

create table totp_factor (
  person_id     text        not null references person,
  id            text        not null,
  secret_sealed bytea       not null,
  confirmed_at  timestamptz,
  last_step     bigint      not null default 0, -- the newest time step used: a code works once
  created_at    timestamptz not null default now(),
  primary key (person_id, id)
);

create table recovery_code (
  person_id  text        not null references person,
  id         text        not null,
  code_hash  bytea       not null,
  used_at    timestamptz,
  created_at timestamptz not null default now(),
  primary key (person_id, id)
);

create table password_reset (
  id         text        primary key,
  person_id  text        not null references person,
  token_hash bytea       not null unique,
  created_at timestamptz not null default now(),
  expires_at timestamptz not null,
  used_at    timestamptz
);
create index password_reset_person on password_reset (person_id);

select protect_identity_table('totp_factor', 'person_id = (select current_person())', 'person_id = (select current_person())'),
       protect_identity_table('recovery_code', 'person_id = (select current_person())', 'person_id = (select current_person())', '{code_hash}'),
       protect_identity_table('password_reset', 'person_id = (select current_person())', 'person_id = (select current_person())', '{token_hash}');

create table invitation (
  org_id       uuid        not null default current_org() references org,
  id           text        not null,
  email_index  bytea       not null,
  email_sealed bytea       not null,
  role         text        not null check (role in ('owner', 'admin', 'reviewer', 'member', 'viewer')),
  token_hash   bytea       not null,
  invited_by   text        not null references person,
  created_at   timestamptz not null default now(),
  expires_at   timestamptz not null,
  accepted_at  timestamptz,
  revoked_at   timestamptz,
  primary key (org_id, id)
);
create index invitation_token on invitation (token_hash);
select protect_tenant_table('invitation', secret => '{email_index, token_hash}');

create table api_key (
  org_id       uuid        not null default current_org() references org,
  id           text        not null,
  name         text        not null check (length(name) between 1 and 200),
  secret_hash  bytea       not null, -- SHA-256 of 256 random bits
  role         text        not null check (role in ('owner', 'admin', 'reviewer', 'member', 'viewer')),
  created_by   text        not null references person,
  created_at   timestamptz not null default now(),
  expires_at   timestamptz,
  last_used_at timestamptz,
  revoked_at   timestamptz,
  primary key (org_id, id)
);
create index api_key_id on api_key (id);
select protect_tenant_table('api_key', secret => '{secret_hash}', quiet => '{last_used_at}');

-- An organisation that has members has an owner among them, at commit, however many leave or step down at once. Appending to the ledger has
-- serialised them by then; the lock is taken again for whoever has not. Runs as the gate: another organisation may be entered by now.
grant select (org_id, person_id, role, version) on membership to holdfast_gate;
create policy gate on membership for select to holdfast_gate using (true);
set local role holdfast_gate;
create function keep_owner() returns trigger language plpgsql security definer set search_path = pg_catalog, public, pg_temp as $$
begin
  perform pg_advisory_xact_lock(uuid_hash_extended(old.org_id, 1096107084));
  if exists (select from membership m where m.org_id = old.org_id)
    and not exists (select from membership m where m.org_id = old.org_id and m.role = 'owner') then
    raise exception 'an organisation needs an owner' using errcode = 'HF002';
  end if;
  return null;
end $$;
grant execute on function keep_owner() to holdfast_owner;
set local role holdfast_owner;
create constraint trigger keep_owner after update or delete on membership deferrable initially deferred
  for each row when (old.role = 'owner') execute function keep_owner();
alter table membership enable always trigger keep_owner;
