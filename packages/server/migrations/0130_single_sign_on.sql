-- Single sign-on, docs/adr/0014-single-sign-on.md.

create table sso_connection (
  org_id            uuid        not null default current_org() references org,
  id                text        not null,
  kind              text        not null check (kind in ('oidc', 'saml')),
  name              text        not null check (length(name) between 1 and 100),
  state             text        not null default 'draft' check (state in ('draft', 'active')),
  settings          jsonb       not null, -- what is public of it, by kind: issuer, client id, addresses, certificates
  secret_sealed     bytea, -- written, never shown again
  secret_expires_at timestamptz, -- of the secret or of the certificate that runs out first
  default_role      text check (default_role in ('reviewer', 'member', 'viewer')), -- of whom nobody invited; null: they are not let in
  changed_at        timestamptz not null default now(), -- settings or secret
  tested_at         timestamptz, -- with these very settings; a change forgets it
  last_used_at      timestamptz,
  created_by        text        not null references person,
  created_at        timestamptz not null default now(),
  primary key (org_id, id)
);
create index sso_connection_id on sso_connection (id);
select protect_tenant_table('sso_connection', quiet => '{last_used_at}');

create table sso_domain (
  org_id        uuid        not null default current_org() references org,
  domain        text        not null check (domain ~ '^[a-z0-9-]+(\.[a-z0-9-]+)+$' and length(domain) <= 253),
  connection_id text, -- by which its people sign in
  token         text        not null, -- what the DNS record must say
  proved_at     timestamptz, -- null: nothing follows from it
  checked_at    timestamptz, -- when the DNS was last asked, and answered
  lost_at       timestamptz, -- since when the record is missing; it counts for some days yet
  created_at    timestamptz not null default now(),
  primary key (org_id, domain),
  foreign key (org_id, connection_id) references sso_connection
);
-- A domain is one organisation's. Whoever meets this knows no more than they may: they have proved that the domain is theirs.
create unique index sso_domain_proved on sso_domain (domain) where proved_at is not null;
create index sso_domain_connection on sso_domain (org_id, connection_id);
select protect_tenant_table('sso_domain');

-- Who somebody is, is what the provider calls them, never their address.
create table sso_identity (
  org_id         uuid        not null default current_org() references org,
  connection_id  text        not null,
  subject_index  bytea       not null, -- HMAC of connection and subject
  subject_sealed bytea       not null,
  person_id      text        not null references person,
  created_at     timestamptz not null default now(),
  last_used_at   timestamptz,
  primary key (org_id, connection_id, subject_index),
  unique (org_id, connection_id, person_id), -- an address that was given to somebody else brings no second subject in
  foreign key (org_id, connection_id) references sso_connection
);
create index sso_identity_person on sso_identity (person_id);
select protect_tenant_table('sso_identity', secret => '{subject_index}', quiet => '{last_used_at}');

-- As long as there is a row, members whose address is in a proved domain sign in by single sign-on and no other way, but for one Owner.
create table sso_enforcement (
  org_id      uuid        not null default current_org() references org,
  break_glass text        not null references person,
  enforced_by text        not null references person,
  enforced_at timestamptz not null,
  primary key (org_id, break_glass),
  unique (org_id)
);
select protect_tenant_table('sso_enforcement');

-- By whose word the session is: that organisation's, and so it works there only.
alter table session add column sso_connection_id text;
select protect_identity_table('session',
  readable => 'person_id = (select current_person()) or org_id = (select current_org())',
  writable => 'person_id = (select current_person()) or org_id = (select current_org())');

-- Requests and assertions that were answered. Reached only through the functions below, so that one is used up whatever becomes of the
-- transaction that tried it. No personal data: hashes of random bytes.
create table sso_used (
  hash       bytea       primary key,
  expires_at timestamptz not null
);
create index sso_used_age on sso_used (expires_at);
alter table sso_used enable row level security;
alter table sso_used force row level security;
create policy gate on sso_used to holdfast_gate using (true) with check (true);
grant select, insert, delete on sso_used to holdfast_gate;

grant select (org_id, id, kind, state) on sso_connection to holdfast_gate;
grant select (org_id, domain, connection_id, proved_at) on sso_domain to holdfast_gate;
grant select (org_id, break_glass) on sso_enforcement to holdfast_gate;
create policy gate on sso_connection for select to holdfast_gate using (true);
create policy gate on sso_domain for select to holdfast_gate using (true);
create policy gate on sso_enforcement for select to holdfast_gate using (true);
set local role holdfast_gate;

create function gate_sso_domain(domain text) returns table (org_id uuid, connection_id text, kind text, enforced boolean)
language sql stable security definer set search_path = pg_catalog, public, pg_temp as $$
  select d.org_id, c.id, c.kind, exists (select from sso_enforcement e where e.org_id = d.org_id)
  from sso_domain d join sso_connection c on c.org_id = d.org_id and c.id = d.connection_id
  where d.domain = gate_sso_domain.domain and d.proved_at is not null and c.state = 'active'
$$;

create function gate_sso_holder(domain text) returns table (org_id uuid)
language sql stable security definer set search_path = pg_catalog, public, pg_temp as $$
  select d.org_id from sso_domain d where d.domain = gate_sso_holder.domain and d.proved_at is not null
$$;

create function gate_sso_connection(id text) returns table (org_id uuid, kind text, state text)
language sql stable security definer set search_path = pg_catalog, public, pg_temp as $$
  select c.org_id, c.kind, c.state from sso_connection c where c.id = gate_sso_connection.id
$$;

-- The organisations that a person is a member of and that insist on single sign-on, for whom they do.
create function gate_sso_enforced(person text) returns table (org_id uuid, domains text[], break_glass boolean)
language sql stable security definer set search_path = pg_catalog, public, pg_temp as $$
  select e.org_id, array(select d.domain from sso_domain d where d.org_id = e.org_id and d.proved_at is not null), e.break_glass = person
  from membership m join sso_enforcement e on e.org_id = m.org_id
  where m.person_id = person
$$;

-- Uses a request or an assertion up; false when it was used before. Of two at once the second waits for the first and gets false.
create function sso_use(hash bytea, expires_at timestamptz) returns boolean
language plpgsql security definer set search_path = pg_catalog, public, pg_temp as $$
begin
  insert into sso_used values (sso_use.hash, sso_use.expires_at) on conflict do nothing;
  return found;
end $$;

create function sso_forget() returns bigint
language sql security definer set search_path = pg_catalog, public, pg_temp as $$
  with gone as (delete from sso_used where expires_at < now() - interval '1 day' returning 1) select count(*) from gone
$$;

-- C2, for the operator: as before, and a second factor that a provider confirmed counts as enrolled where its session says so.
create or replace function gate_manager_sessions()
returns table (role text, org_requires_mfa boolean, restricted boolean, confirmed boolean, enrolled boolean, sessions bigint)
language sql stable security definer set search_path = pg_catalog, public, pg_temp as $$
  select m.role, o.require_mfa, s.restricted, s.mfa_at is not null,
    exists (select from passkey k where k.person_id = p.id)
      or exists (select from totp_factor f where f.person_id = p.id and f.confirmed_at is not null)
      or s.sso_connection_id is not null and 'mfa' = any (s.amr),
    count(*)
  from session s
    join membership m on m.org_id = s.org_id and m.person_id = s.person_id
    join org o on o.id = s.org_id
    join person p on p.id = s.person_id
  where may_operate() and m.role in ('owner', 'admin') and p.state = 'active'
    and s.revoked_at is null and s.expires_at > now() and s.idle_expires_at > now()
  group by 1, 2, 3, 4, 5
$$;
-- The Owners of the organisation entered who could take the emergency way in.
create function sso_owners_with_passkey() returns table (person_id text)
language sql stable security definer set search_path = pg_catalog, public, pg_temp as $$
  select m.person_id from membership m
  where m.org_id = current_org() and m.role = 'owner' and exists (select from passkey k where k.person_id = m.person_id)
$$;
grant execute on function sso_owners_with_passkey() to holdfast_app;
grant execute on function gate_sso_domain(text), gate_sso_holder(text), gate_sso_connection(text), gate_sso_enforced(text), sso_use(bytea, timestamptz),
  sso_forget() to holdfast_app;
set local role holdfast_owner;
