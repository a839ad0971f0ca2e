-- Principals that are no people, and what confines a key: permissions, networks, an overlap of two secrets while it is rotated.
create table service_account (
  org_id            uuid        not null default current_org() references org,
  id                text        not null,
  name              text        not null check (length(name) between 1 and 60),
  purpose           text        not null check (length(purpose) between 1 and 500),
  role              text        not null check (role in ('admin', 'reviewer', 'member', 'viewer')),
  owner_id          text        not null references person, -- the member who answers for it
  review_every_days int         not null check (review_every_days between 7 and 365),
  created_by        text        not null references person,
  created_at        timestamptz not null default now(),
  disabled_at       timestamptz, -- for good
  primary key (org_id, id)
);
create unique index service_account_name on service_account (org_id, name) where disabled_at is null;
create index service_account_owner on service_account (org_id, owner_id) where disabled_at is null;
select protect_tenant_table('service_account');

alter table api_key
  add column scopes             text[] check (cardinality(scopes) between 1 and 100), -- null: all its role has
  add column networks           text[] check (cardinality(networks) between 1 and 20), -- null: from anywhere
  add column rotated_at         timestamptz,
  add column old_secret_hash    bytea, -- the one before the last rotation
  add column old_until          timestamptz,
  add column service_account_id text, -- whom it acts as; null: the person
  add constraint api_key_old check ((old_secret_hash is null) = (old_until is null)),
  add constraint api_key_service check (
    service_account_id is null or (scopes is not null and expires_at is not null and role <> 'owner')),
  add foreign key (org_id, service_account_id) references service_account;
create index api_key_service on api_key (org_id, service_account_id) where revoked_at is null;
select protect_tenant_table('api_key', secret => '{secret_hash, old_secret_hash}', quiet => '{last_used_at}');

grant select (scopes, networks, old_secret_hash, old_until, service_account_id) on api_key to holdfast_gate;
grant select (org_id, id, role, disabled_at) on service_account to holdfast_gate;
create policy gate on service_account for select to holdfast_gate using (true);
