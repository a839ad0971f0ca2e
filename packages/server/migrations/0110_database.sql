-- PostgreSQL databases that people get access to for a time (C6).
create table managed_database (
  org_id          uuid        not null default current_org() references org,
  id              text        not null,
  -- Fixed for ever: an approval is for what these mean.
  name            text        not null check (name ~ '^[a-z0-9][a-z0-9-]{0,62}$'),
  environment     text        not null check (environment ~ '^[a-z0-9][a-z0-9-]{0,31}$'),
  labels          text[]      not null,
  address         text        not null check (length(address) between 1 and 253),
  port            int         not null check (port between 1 and 65535),
  database        text        not null,
  profiles        jsonb       not null,
  administrator   text        not null,
  -- Erased once it is retired and no role of ours is left in it.
  password_sealed bytea,
  ca              text,
  state           text        not null default 'active' check (state in ('active', 'retired')),
  created_at      timestamptz not null,
  retired_at      timestamptz,
  -- The last attempt to reach it.
  checked_at      timestamptz,
  trouble         text,
  primary key (org_id, id),
  check (password_sealed is not null or state = 'retired')
);
create unique index managed_database_name on managed_database (org_id, name) where state = 'active';

create function refuse_other_database() returns trigger language plpgsql as $$
begin
  if (old.name, old.environment, old.labels, old.address, old.port, old.database, old.profiles)
    is distinct from (new.name, new.environment, new.labels, new.address, new.port, new.database, new.profiles) then
    raise exception 'what a database is cannot be changed' using errcode = 'HF003';
  end if;
  return new;
end $$;
create trigger database_is_fixed before update on managed_database for each row execute function refuse_other_database();

-- Rules and grants are for servers or for databases.
alter table access_policy add column kind text not null default 'host' check (kind in ('host', 'database'));
alter table access_policy alter column kind drop default;
-- Recorders, forwarding and networks are of servers.
alter table access_policy add check (kind = 'host' or (bastion_id is null and extensions = '{}' and source_networks = '{}'));
create function refuse_other_kind() returns trigger language plpgsql as $$
begin
  if old.kind <> new.kind then
    raise exception 'a rule stays for servers or for databases' using errcode = 'HF003';
  end if;
  return new;
end $$;
create trigger kind_is_fixed before update on access_policy for each row execute function refuse_other_kind();

alter table access_grant alter column host_id drop not null;
alter table access_grant add column database_id text;
alter table access_grant add foreign key (org_id, database_id) references managed_database (org_id, id);
alter table access_grant add check (num_nonnulls(host_id, database_id) = 1);
alter table access_grant drop constraint access_grant_end_reason_check;
alter table access_grant add constraint access_grant_end_reason_check
  check (end_reason in ('expired', 'returned', 'revoked', 'host_retired', 'database_retired', 'policy_retired', 'not_entitled'));
create unique index access_grant_asked_database on access_grant (org_id, person_id, database_id, login)
  where state = 'requested' and extends_id is null;
create index access_grant_database on access_grant (org_id, database_id, ends_at);

create or replace function refuse_other_request() returns trigger language plpgsql as $$
begin
  if (old.policy_id, old.policy_version, old.host_id, old.database_id, old.login, old.person_id, old.seconds, old.not_before, old.reason_sealed,
      old.ticket, old.extensions, old.source_networks, old.extends_id, old.request_hash, old.requested_at)
    is distinct from (new.policy_id, new.policy_version, new.host_id, new.database_id, new.login, new.person_id, new.seconds, new.not_before,
      new.reason_sealed, new.ticket, new.extensions, new.source_networks, new.extends_id, new.request_hash, new.requested_at) then
    raise exception 'a request for access cannot be changed' using errcode = 'HF003';
  end if;
  return new;
end $$;

-- A role in a database for one grant: written down before it is made, so that none is ever there that nobody knows of. Its password is nowhere.
create table database_role (
  org_id         uuid        not null default current_org() references org,
  id             text        not null,
  grant_id       text        not null,
  database_id    text        not null,
  name           text        not null,
  created_at     timestamptz not null,
  -- SCRAM, until the database has it.
  verifier_sealed bytea,
  made_at        timestamptz,
  valid_until    timestamptz not null,
  -- The proof of its end.
  no_login_at    timestamptz,
  dead_at        timestamptz,
  dropped_at     timestamptz,
  backends_ended int         not null default 0,
  tried_at       timestamptz,
  trouble        text,
  abandoned_at   timestamptz,
  abandoned_by   text        references person,
  primary key (org_id, id),
  foreign key (org_id, grant_id) references access_grant (org_id, id),
  foreign key (org_id, database_id) references managed_database (org_id, id),
  check (dead_at is null or no_login_at is not null),
  check (dropped_at is null or dead_at is not null)
);
create unique index database_role_name on database_role (org_id, database_id, name);
create index database_role_grant on database_role (org_id, grant_id);
create index database_role_open on database_role (org_id, id) where dropped_at is null and abandoned_at is null;

select protect_tenant_table('managed_database', quiet => '{checked_at, trouble}'), protect_tenant_table('access_policy'),
  protect_tenant_table('access_grant'), protect_tenant_table('database_role', secret => '{verifier_sealed}', quiet => '{tried_at}');
