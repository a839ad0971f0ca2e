-- Recorded sessions (C7). A host with a recorder is a bastion; under a policy that names one, the person's certificate opens the bastion only, and
-- the bastion's recorder opens the session on the server.
alter table host add column recorder_login text check (recorder_login ~ '^[a-z_][a-z0-9_-]{0,31}$');
alter table access_policy add column bastion_id text;
alter table access_policy add foreign key (org_id, bastion_id) references host (org_id, id);
-- What is forwarded passes a recorder by.
alter table access_policy add check (bastion_id is null or extensions = '{}');
-- Captured with their new columns.
select protect_tenant_table('host', secret => '{agent_secret_hash}', quiet => '{agent_version, acknowledged, acknowledged_at, last_seen_at}'),
  protect_tenant_table('access_policy');
create index access_policy_bastion on access_policy (org_id, bastion_id) where bastion_id is not null;

create table recording (
  org_id         uuid        not null default current_org() references org,
  id             text        not null,
  grant_id       text        not null,
  bastion_id     text        not null,
  session_id     text        not null, -- of the bastion; it may be reported later than this begins
  kind           text        not null check (kind in ('terminal', 'command', 'transfer')),
  command_sealed bytea,
  columns        int         not null check (columns between 1 and 10000),
  lines          int         not null check (lines between 1 and 10000),
  started_at     timestamptz not null,
  state          text        not null default 'running' check (state in ('running', 'complete', 'cut_off')),
  chunks         int         not null default 0,
  characters     bigint      not null default 0,
  head           text        not null check (head ~ '^[0-9a-f]{64}$'), -- hash of the newest chunk; packages/crypto/src/recording-chain.ts
  last_at        timestamptz not null,
  ended_at       timestamptz,
  exit_code      int,
  primary key (org_id, id),
  foreign key (org_id, grant_id) references access_grant (org_id, id),
  foreign key (org_id, bastion_id) references host (org_id, id),
  check ((state = 'running') = (ended_at is null))
);
create index recording_grant on recording (org_id, grant_id);
create index recording_bastion on recording (org_id, bastion_id);
create index recording_running on recording (org_id, last_at) where state = 'running';
create index recording_age on recording (org_id, started_at);

create table recording_chunk (
  org_id         uuid        not null default current_org() references org,
  recording_id   text        not null,
  index          int         not null check (index >= 0),
  hash           text        not null check (hash ~ '^[0-9a-f]{64}$'),
  content_sealed bytea       not null,
  at             timestamptz not null,
  primary key (org_id, recording_id, index),
  foreign key (org_id, recording_id) references recording (org_id, id) on delete cascade
);

-- The hash of each chunk stands in the ledger as soon as it is here; its content does not.
select protect_tenant_table('recording'), protect_tenant_table('recording_chunk', secret => '{content_sealed}');
