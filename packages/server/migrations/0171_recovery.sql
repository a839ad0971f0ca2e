-- A lost second factor, docs/adr/0018-recovery-by-two.md. The database holds to it as well: two others, a day, once.

create table factor_recovery (
  org_id        uuid        not null default current_org() references org,
  id            text        not null,
  person_id     text        not null references person,
  asked_by      text        not null references person,
  reason_sealed bytea       not null,
  token_hash    bytea       not null, -- of the link that stops it
  token_sealed  bytea       not null, -- for the next mail
  state         text        not null default 'asked' check (state in ('asked', 'confirmed', 'used', 'stopped', 'refused', 'lapsed')),
  asked_at      timestamptz not null,
  ready_at      timestamptz,
  ready_until   timestamptz,
  ended_at      timestamptz,
  ended_by      text references person,
  primary key (org_id, id),
  unique (org_id, id, person_id),
  check (ready_until > ready_at),
  check (state not in ('confirmed', 'used') or (ready_at is not null and ready_until is not null)),
  check ((ended_at is null) = (state in ('asked', 'confirmed')))
);
create unique index factor_recovery_open on factor_recovery (org_id, person_id) where state in ('asked', 'confirmed');
create unique index factor_recovery_token on factor_recovery (token_hash);

create table factor_recovery_confirmation (
  org_id      uuid        not null default current_org() references org,
  recovery_id text        not null,
  subject_id  text        not null,
  person_id   text        not null references person,
  role        text        not null check (role in ('owner', 'admin')), -- at that moment
  at          timestamptz not null,
  primary key (org_id, recovery_id, person_id), -- nobody twice
  foreign key (org_id, recovery_id, subject_id) references factor_recovery (org_id, id, person_id),
  check (person_id <> subject_id)
);

create function refuse_hasty_recovery() returns trigger language plpgsql as $$
declare
  confirmations record;
begin
  if (new.org_id, new.id, new.person_id, new.asked_by, new.asked_at, new.reason_sealed, new.token_hash)
    is distinct from (old.org_id, old.id, old.person_id, old.asked_by, old.asked_at, old.reason_sealed, old.token_hash)
    or old.state not in ('asked', 'confirmed') then
    raise exception 'a recovery is decided once, as it was asked' using errcode = 'HF003';
  end if;
  if new.state = 'confirmed' and old.state = 'asked' then
    select count(*) as people, max(c.at) as latest into confirmations
      from factor_recovery_confirmation c where c.org_id = new.org_id and c.recovery_id = new.id;
    if confirmations.people < 2 or new.ready_at < confirmations.latest + interval '24 hours' then
      raise exception 'a recovery needs two who confirm it, and a day' using errcode = 'HF003';
    end if;
  elsif (new.ready_at, new.ready_until) is distinct from (old.ready_at, old.ready_until) then
    raise exception 'the delay of a recovery is fixed' using errcode = 'HF003';
  end if;
  if new.state = 'used' and (old.state <> 'confirmed' or new.ended_at < old.ready_at or new.ended_at >= old.ready_until) then
    raise exception 'a recovery is used within its time' using errcode = 'HF003';
  end if;
  return new;
end $$;
create trigger recovery_is_slow before update on factor_recovery for each row execute function refuse_hasty_recovery();

select protect_tenant_table('factor_recovery', secret => '{token_hash}'), protect_tenant_table('factor_recovery_confirmation');

grant select (org_id, id, person_id, token_hash) on factor_recovery to holdfast_gate;
create policy gate on factor_recovery for select to holdfast_gate using (true);
set local role holdfast_gate;
create function gate_recovery(token_hash bytea) returns table (org_id uuid, id text, person_id text)
language sql stable security definer set search_path = pg_catalog, public, pg_temp as $$
  select r.org_id, r.id, r.person_id from factor_recovery r where r.token_hash = gate_recovery.token_hash
$$;

-- Whether a member of the organisation entered belongs to no other one.
create function belongs_here_only(person text) returns boolean
language sql stable security definer set search_path = pg_catalog, public, pg_temp as $$
  select count(*) = 1 and bool_and(m.org_id = current_org()) from membership m where m.person_id = person
$$;
grant execute on function gate_recovery(bytea), belongs_here_only(text) to holdfast_app;
set local role holdfast_owner;
