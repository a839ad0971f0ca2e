-- A new key of one of the organisation's SSH authorities (C6, D3): made, believed by every host, signing, and the old one retired.
create table ssh_rotation (
  org_id       uuid        not null default current_org() references org,
  id           text        not null,
  purpose      text        not null check (purpose in ('user', 'host', 'revocations')),
  from_version int         not null check (from_version > 0),
  -- Null until the key server has made it.
  to_version   int         check (to_version > from_version),
  started_at   timestamptz not null,
  started_by   text        not null references person,
  -- A host that has acknowledged this change believes both.
  sequence     bigint,
  made_at      timestamptz,
  -- When the new key signs at the latest, whoever has not acknowledged.
  moves_at     timestamptz not null,
  moved_at     timestamptz,
  -- Hosts that had not acknowledged when it did.
  left_out     text[]      not null default '{}',
  retired_at   timestamptz,
  primary key (org_id, id),
  check ((to_version is null) = (made_at is null) and (sequence is null) = (made_at is null)),
  check (moved_at is null or made_at is not null),
  check (retired_at is null or moved_at is not null)
);
create unique index ssh_rotation_running on ssh_rotation (org_id, purpose) where retired_at is null;

-- Which version of the host authority signed a host's newest certificate, and until when that lasts; null: the first, before this was noted.
alter table host add column host_authority int, add column certificate_ends_at timestamptz;

select protect_tenant_table('ssh_rotation'),
  protect_tenant_table('host', secret => '{agent_secret_hash}', quiet => '{agent_version, acknowledged, acknowledged_at, last_seen_at}');
