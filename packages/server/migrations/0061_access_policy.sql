-- Who may ask for access to what, and who approves (C6). A change makes the next version; what each said stands in the ledger.
create table access_policy (
  org_id          uuid        not null default current_org() references org,
  id              text        not null,
  version         int         not null check (version > 0),
  name            text        not null check (length(name) between 1 and 100),
  selects         jsonb       not null,
  logins          text[]      not null,
  requesters      jsonb       not null,
  approvers       jsonb       not null,
  approvals       int         not null check (approvals in (1, 2)),
  max_seconds     int         not null check (max_seconds between 60 and 2592000),
  reason_required boolean     not null,
  ticket_pattern  text,
  source_networks text[]      not null,
  hours           jsonb,
  extensions      text[]      not null,
  api_keys_may_ask boolean    not null,
  state           text        not null default 'active' check (state in ('active', 'retired')),
  created_by      text        not null references person,
  created_at      timestamptz not null,
  changed_by      text        not null references person,
  changed_at      timestamptz not null,
  primary key (org_id, id)
);
select protect_tenant_table('access_policy');
