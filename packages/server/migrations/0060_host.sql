-- Managed servers (C6), how they come in, and the counter by which they hear of changes.
create table host (
  org_id            uuid        not null default current_org() references org,
  id                text        not null,
  name              text        not null check (name ~ '^[a-z0-9][a-z0-9-]{0,62}$'),
  environment       text        not null check (environment ~ '^[a-z0-9][a-z0-9-]{0,31}$'),
  labels            text[]      not null default '{}',
  address           text        not null check (length(address) between 1 and 253),
  port              int         not null check (port between 1 and 65535),
  when_stale        text        not null check (when_stale in ('refuse', 'allow')),
  state             text        not null default 'waiting' check (state in ('waiting', 'enrolled', 'retired')),
  agent_id          text,
  agent_secret_hash bytea,
  host_public_key   text,
  created_at        timestamptz not null,
  enrolled_at       timestamptz,
  retired_at        timestamptz,
  -- What the host tells of itself, again and again.
  agent_version     text,
  acknowledged      bigint,
  acknowledged_at   timestamptz,
  last_seen_at      timestamptz,
  primary key (org_id, id),
  check ((state = 'enrolled') <= (agent_id is not null and agent_secret_hash is not null and host_public_key is not null))
);
create unique index host_name on host (org_id, name) where state <> 'retired';
-- An agent is looked up by its id before its organisation is known; the id is random.
create unique index host_agent_id on host (agent_id);

create table host_enrolment (
  org_id     uuid        not null default current_org() references org,
  id         text        not null,
  token_hash bytea       not null,
  host_id    text        not null,
  expires_at timestamptz not null,
  used_at    timestamptz,
  created_at timestamptz not null,
  primary key (org_id, id),
  foreign key (org_id, host_id) references host (org_id, id)
);
create index host_enrolment_token on host_enrolment (token_hash);
create index host_enrolment_host on host_enrolment (org_id, host_id);

-- Logins that a host refused, as it tells.
create table host_refusal (
  org_id  uuid        not null default current_org() references org,
  id      text        not null,
  host_id text        not null,
  at      timestamptz not null,
  login   text,
  key_id  text,
  reason  text        not null,
  primary key (org_id, id),
  foreign key (org_id, host_id) references host (org_id, id)
);
create index host_refusal_newest on host_refusal (org_id, host_id, at desc);

select protect_tenant_table('host', secret => '{agent_secret_hash}', quiet => '{agent_version, acknowledged, acknowledged_at, last_seen_at}'),
  protect_tenant_table('host_enrolment', secret => '{token_hash}'), protect_tenant_table('host_refusal');

-- One row an organisation: grows with every change that its hosts must hear of. Whoever changes something holds the row until commit, so that
-- who reads a number sees every change up to it.
create table access_sequence (
  org_id     uuid        not null default current_org() references org,
  sequence   bigint      not null,
  changed_at timestamptz not null,
  primary key (org_id)
);
select protect_plumbing_table('access_sequence');

-- Counts a change and tells those who listen when it commits. `leaving`: an agent that is no longer one.
create function announce_access(leaving text default null) returns bigint language plpgsql as $$
declare
  counted bigint;
begin
  insert into access_sequence (sequence, changed_at) values (1, clock_timestamp())
    on conflict (org_id) do update set sequence = access_sequence.sequence + 1, changed_at = excluded.changed_at returning sequence into counted;
  perform pg_notify('holdfast_access', concat_ws(' ', current_org(), counted, leaving));
  return counted;
end $$;
grant execute on function announce_access(text) to holdfast_app;

grant select (org_id, id, agent_id, agent_secret_hash, state) on host to holdfast_gate;
grant select (org_id, host_id, token_hash) on host_enrolment to holdfast_gate;
create policy gate on host for select to holdfast_gate using (true);
create policy gate on host_enrolment for select to holdfast_gate using (true);
set local role holdfast_gate;
create function gate_agent(id text) returns table (org_id uuid, host_id text, secret_hash bytea, state text)
language sql stable security definer set search_path = pg_catalog, public, pg_temp as $$
  select h.org_id, h.id, h.agent_secret_hash, h.state from host h where h.agent_id = gate_agent.id
$$;
create function gate_enrolment(token_hash bytea) returns table (org_id uuid, host_id text)
language sql stable security definer set search_path = pg_catalog, public, pg_temp as $$
  select e.org_id, e.host_id from host_enrolment e where e.token_hash = gate_enrolment.token_hash
$$;
grant execute on function gate_agent(text), gate_enrolment(bytea) to holdfast_app;
set local role holdfast_owner;
