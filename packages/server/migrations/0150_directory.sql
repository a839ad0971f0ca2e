-- A customer's directory (Okta, Entra …), which writes its people and groups here by SCIM 2.0 (RFC 7643, 7644). ADR 0017.

-- Who gave a role: a person, or the directory by its groups. A directory never makes an Owner, whatever the program does.
alter table membership add column role_by text not null default 'person' check (role_by in ('person', 'directory'));
alter table membership add constraint no_owner_by_directory check (not (role = 'owner' and role_by = 'directory'));
select protect_tenant_table('membership');

-- One connection an organisation. Disabled, it opens nothing, and its people are edited here like any others.
create table directory (
  org_id        uuid        not null default current_org() references org,
  id            text        not null,
  name          text        not null check (length(name) between 1 and 100),
  default_role  text        not null check (default_role in ('reviewer', 'member', 'viewer')), -- of whoever is in no mapped group
  configured_by text        not null references person, -- in whose name people outside the proved domains are invited
  created_at    timestamptz not null,
  disabled_at   timestamptz,
  primary key (org_id, id)
);
create unique index directory_one on directory (org_id);

-- `bearer`: sent with each request. `client`: an OAuth client, exchanged for `access` tokens. `test`: of one self-test.
create table directory_credential (
  org_id       uuid        not null default current_org() references org,
  id           text        not null,
  directory_id text        not null,
  kind         text        not null check (kind in ('bearer', 'client', 'access', 'test')),
  client_id    text, -- of an access token: the client it was given to
  secret_hash  bytea       not null, -- SHA-256 of 256 random bits
  created_at   timestamptz not null,
  expires_at   timestamptz not null,
  last_used_at timestamptz,
  revoked_at   timestamptz,
  primary key (org_id, id),
  foreign key (org_id, directory_id) references directory (org_id, id),
  foreign key (org_id, client_id) references directory_credential (org_id, id),
  check ((kind = 'access') = (client_id is not null))
);
create unique index directory_credential_id on directory_credential (id); -- looked up before its organisation is known
create index directory_credential_client on directory_credential (org_id, client_id) where kind = 'access';

-- Somebody as the directory describes them. What it sends is sealed; what it searches by are blind indexes.
create table directory_user (
  org_id            uuid        not null default current_org() references org,
  id                text        not null,
  directory_id      text        not null,
  user_name_index   bytea       not null,
  external_id_index bytea,
  email_index       bytea, -- of the address by which they are a person here
  active            boolean     not null,
  marked            boolean     not null default false, -- made by a self-test: never a person
  person_id         text        references person,
  invitation_id     text, -- by which they may become one
  resource_sealed   bytea       not null,
  created_at        timestamptz not null,
  updated_at        timestamptz not null,
  primary key (org_id, id),
  foreign key (org_id, directory_id) references directory (org_id, id),
  foreign key (org_id, invitation_id) references invitation (org_id, id),
  check (not (marked and (person_id is not null or invitation_id is not null)))
);
create unique index directory_user_name on directory_user (org_id, user_name_index);
create unique index directory_user_person on directory_user (org_id, person_id) where person_id is not null;
create index directory_user_external on directory_user (org_id, external_id_index);
create index directory_user_email on directory_user (org_id, email_index);
create index directory_user_invitation on directory_user (org_id, invitation_id) where invitation_id is not null;

create table directory_group (
  org_id       uuid        not null default current_org() references org,
  id           text        not null,
  directory_id text        not null,
  display_name text        not null check (length(display_name) between 1 and 256),
  external_id  text        check (length(external_id) between 1 and 256),
  role         text        check (role in ('admin', 'reviewer', 'member', 'viewer')), -- what its members become; never Owner
  marked       boolean     not null default false,
  created_at   timestamptz not null,
  updated_at   timestamptz not null,
  primary key (org_id, id),
  foreign key (org_id, directory_id) references directory (org_id, id),
  check (not (marked and role is not null))
);
create unique index directory_group_name on directory_group (org_id, lower(display_name));
create index directory_group_external on directory_group (org_id, external_id);

create table directory_group_member (
  org_id   uuid not null default current_org() references org,
  group_id text not null,
  user_id  text not null,
  primary key (org_id, group_id, user_id),
  foreign key (org_id, group_id) references directory_group (org_id, id) on delete cascade,
  foreign key (org_id, user_id) references directory_user (org_id, id) on delete cascade
);
create index directory_group_member_user on directory_group_member (org_id, user_id);

-- The steps of the last self-tests.
create table directory_test (
  org_id      uuid        not null default current_org() references org,
  id          text        not null,
  asked_by    text        not null references person,
  started_at  timestamptz not null,
  ended_at    timestamptz,
  steps       jsonb       not null default '[]',
  primary key (org_id, id)
);

select protect_tenant_table('directory'),
  protect_tenant_table('directory_credential', secret => '{secret_hash}', quiet => '{last_used_at}'),
  -- Nothing of what a directory says of people enters the chain: deleting the row is erasing it.
  protect_tenant_table('directory_user', secret => '{user_name_index, external_id_index, email_index, resource_sealed}'),
  protect_tenant_table('directory_group'), protect_tenant_table('directory_group_member'), protect_tenant_table('directory_test');

-- What came in, for the customer's administrators to read; what was changed stands in the ledger.
create table directory_log (
  org_id        uuid        not null default current_org() references org,
  id            text        not null,
  at            timestamptz not null,
  credential_id text        not null,
  request_id    text        not null,
  operation     text        not null,
  target        text,
  status        int         not null,
  code          text, -- of the refusal; null: done
  marked        boolean     not null default false,
  detail_sealed bytea       not null,
  primary key (org_id, id)
);
create index directory_log_age on directory_log (org_id, at);
create index directory_log_refused on directory_log (org_id, id desc) where code is not null;
select protect_plumbing_table('directory_log');

grant select (org_id, id, disabled_at) on directory to holdfast_gate;
grant select (org_id, id, directory_id, kind, client_id, secret_hash, expires_at, revoked_at) on directory_credential to holdfast_gate;
create policy gate on directory for select to holdfast_gate using (true);
create policy gate on directory_credential for select to holdfast_gate using (true);
set local role holdfast_gate;
-- `live`: neither it, nor the client it was given to, was revoked, and the connection is enabled.
create function gate_directory(id text)
returns table (org_id uuid, directory_id text, kind text, secret_hash bytea, expires_at timestamptz, live boolean)
language sql stable security definer set search_path = pg_catalog, public, pg_temp as $$
  select c.org_id, c.directory_id, c.kind, c.secret_hash, least(c.expires_at, client.expires_at),
    c.revoked_at is null and client.revoked_at is null and d.disabled_at is null
  from directory_credential c
    join directory d on d.org_id = c.org_id and d.id = c.directory_id
    left join directory_credential client on client.org_id = c.org_id and client.id = c.client_id
  where c.id = gate_directory.id
$$;
grant execute on function gate_directory(text) to holdfast_app;
set local role holdfast_owner;
