-- What the platform itself keeps: wrapped keys, sealed secrets, the idempotency cache, the access log.

-- Data keys, wrapped by the key server. The scope names whose they are: `org:<uuid>`, `person:<id>` or `platform`.
create table data_key (
  scope        text        not null check (scope ~ '^(org:.+|person:.+|platform)$'),
  version      int         not null,
  wrapped      bytea       not null,
  key_id       bytea       not null, -- a truncated HMAC of the key: it commits to it
  ring_version int         not null, -- of the master key that wrapped it
  state        text        not null default 'active' check (state in ('active', 'retired')),
  created_at   timestamptz not null default now(),
  primary key (scope, version)
);
create table signing_key (
  kid            text        primary key,
  public_jwk     jsonb       not null,
  private_sealed bytea       not null,
  state          text        not null check (state in ('next', 'signing', 'retired')),
  created_at     timestamptz not null default now(),
  signing_at     timestamptz,
  retired_at     timestamptz
);
create table platform_secret (
  name       text        not null,
  version    int         not null,
  sealed     bytea       not null,
  state      text        not null default 'active' check (state in ('active', 'retired')),
  created_at timestamptz not null default now(),
  primary key (name, version)
);

-- The operator's organisation, and whether the platform's own rows may be written: by the operator, or before there is any organisation.
grant select (id, slug, name, region, plan, is_operator) on org to holdfast_gate;
create policy gate on org for select to holdfast_gate using (true);
set local role holdfast_gate;
create function operator_org() returns uuid language sql stable security definer set search_path = pg_catalog, public, pg_temp as $$
  select id from org where is_operator
$$;
create function gate_setup_needed() returns boolean language sql stable security definer set search_path = pg_catalog, public, pg_temp as $$
  select not exists (select from org)
$$;
create function may_operate() returns boolean language sql stable security definer set search_path = pg_catalog, public, pg_temp as $$
  select not exists (select from org) or exists (select from org where is_operator and id = current_org())
$$;
grant execute on function operator_org(), gate_setup_needed(), may_operate() to holdfast_app;
set local role holdfast_owner;

select protect_platform_table('signing_key'), protect_platform_table('platform_secret');
select fence_rows('data_key',
  readable => $$scope in ('platform', 'org:' || (select current_org()), 'person:' || (select current_person()))
    or scope in (select 'person:' || m.person_id from membership m where m.org_id = (select current_org()))$$,
  writable => $$scope in ('org:' || (select current_org()), 'person:' || (select current_person())) or (scope = 'platform' and (select may_operate()))$$);
select fence_table('data_key', 'platform', '{}', '{}');

create table idempotency (
  org_id          uuid        not null default current_org() references org,
  principal       text        not null,
  key             text        not null,
  operation       text        not null,
  request_hash    bytea       not null,
  status          int,        -- null while it runs
  response_sealed bytea,
  created_at      timestamptz not null default now(),
  primary key (org_id, principal, key)
);
create index idempotency_age on idempotency (org_id, created_at);
select protect_plumbing_table('idempotency');

-- Who read what (D9); sealed into the ledger in batches, whose entry `batch_seq` names.
create table access_log (
  org_id        uuid        not null default current_org() references org,
  id            text        not null,
  at            timestamptz not null default now(),
  actor         text        not null,
  session       text,
  operation     text        not null,
  target        text,
  origin_sealed bytea,
  permission    text        not null, -- the right it was done under
  outcome       text        not null,
  rows          int         not null default 0,
  batch_seq     bigint,
  primary key (org_id, id)
);
create index access_log_at on access_log (org_id, at);
create index access_log_unsealed on access_log (org_id, id) where batch_seq is null;
select protect_plumbing_table('access_log');
revoke update, delete on access_log from holdfast_app;
grant update (batch_seq) on access_log to holdfast_app;
