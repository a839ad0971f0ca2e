-- Access to one host for one person under one login for a time (C6). Request and grant are one row.
create table access_grant (
  org_id             uuid        not null default current_org() references org,
  id                 text        not null,
  -- What was asked for. Fixed for ever: an approval is bound to its hash.
  policy_id          text        not null,
  policy_version     int         not null,
  host_id            text        not null,
  login              text        not null check (login ~ '^[a-z_][a-z0-9_-]{0,31}$'),
  person_id          text        not null references person,
  seconds            int         not null check (seconds between 60 and 2592000),
  not_before         timestamptz,
  reason_sealed      bytea       not null,
  ticket             text,
  extensions         text[]      not null,
  source_networks    text[]      not null,
  extends_id         text,
  request_hash       text        not null check (request_hash ~ '^[0-9a-f]{64}$'),
  requested_at       timestamptz not null,
  request_expires_at timestamptz not null,
  -- What became of it.
  state              text        not null default 'requested'
    check (state in ('requested', 'approved', 'denied', 'cancelled', 'lapsed', 'applied', 'ended')),
  starts_at          timestamptz,
  ends_at            timestamptz,
  ended_at           timestamptz,
  end_reason         text check (end_reason in ('expired', 'returned', 'revoked', 'host_retired', 'policy_retired', 'not_entitled')),
  ended_by           text        references person,
  decision_sealed    bytea, -- why it was denied or revoked
  end_sequence       bigint,      -- the number under which the hosts hear of its end
  told_at            timestamptz, -- when the host said it knows
  -- The second factor, last confirmed for this very grant, and by which session or key.
  confirmed_at       timestamptz,
  confirmed_by       text,
  primary key (org_id, id),
  unique (org_id, id, person_id, request_hash),
  foreign key (org_id, policy_id) references access_policy (org_id, id),
  foreign key (org_id, host_id) references host (org_id, id),
  foreign key (org_id, extends_id) references access_grant (org_id, id),
  check ((state in ('approved', 'ended')) = (starts_at is not null and ends_at is not null)),
  check ((state = 'ended') = (end_reason is not null)),
  check (ends_at > starts_at)
);
create unique index access_grant_asked on access_grant (org_id, person_id, host_id, login) where state = 'requested' and extends_id is null;
create unique index access_grant_extension on access_grant (org_id, extends_id) where state = 'requested';
create index access_grant_host on access_grant (org_id, host_id, ends_at);
create index access_grant_open on access_grant (org_id, state, id) where state in ('requested', 'approved');
create index access_grant_ended on access_grant (org_id, host_id, ended_at) where state = 'ended';
create index access_grant_person on access_grant (org_id, person_id, id);

create function refuse_other_request() returns trigger language plpgsql as $$
begin
  if (old.policy_id, old.policy_version, old.host_id, old.login, old.person_id, old.seconds, old.not_before, old.reason_sealed, old.ticket,
      old.extensions, old.source_networks, old.extends_id, old.request_hash, old.requested_at)
    is distinct from (new.policy_id, new.policy_version, new.host_id, new.login, new.person_id, new.seconds, new.not_before, new.reason_sealed,
      new.ticket, new.extensions, new.source_networks, new.extends_id, new.request_hash, new.requested_at) then
    raise exception 'a request for access cannot be changed' using errcode = 'HF003';
  end if;
  return new;
end $$;
create trigger request_is_fixed before update on access_grant for each row execute function refuse_other_request();

create table grant_approval (
  org_id       uuid        not null default current_org() references org,
  grant_id     text        not null,
  person_id    text        not null references person,
  requester_id text        not null,
  request_hash text        not null,
  at           timestamptz not null,
  primary key (org_id, grant_id, person_id),
  foreign key (org_id, grant_id, requester_id, request_hash) references access_grant (org_id, id, person_id, request_hash),
  check (person_id <> requester_id) -- the database holds to it as well
);

create table grant_certificate (
  org_id          uuid        not null default current_org() references org,
  serial          bigint      not null check (serial > 0), -- random; OpenSSH takes 0 for "none"
  grant_id        text        not null,
  key_fingerprint text        not null,
  issued_at       timestamptz not null,
  valid_before    timestamptz not null,
  primary key (org_id, serial),
  foreign key (org_id, grant_id) references access_grant (org_id, id)
);
create index grant_certificate_grant on grant_certificate (org_id, grant_id);
create index grant_certificate_live on grant_certificate (org_id, valid_before);

create table live_session (
  org_id     uuid        not null default current_org() references org,
  id         text        not null,
  host_id    text        not null,
  grant_id   text        not null,
  login      text        not null,
  started_at timestamptz not null,
  told_at    timestamptz,
  ended_at   timestamptz,
  end_reason text check (end_reason in ('closed', 'expired', 'revoked', 'refused', 'unknown')),
  survivors  int,
  primary key (org_id, id),
  foreign key (org_id, host_id) references host (org_id, id),
  foreign key (org_id, grant_id) references access_grant (org_id, id)
);
create index live_session_grant on live_session (org_id, grant_id);
create index live_session_host on live_session (org_id, host_id, started_at desc);

select protect_tenant_table('access_grant'), protect_tenant_table('grant_approval'), protect_tenant_table('grant_certificate'),
  protect_tenant_table('live_session');
