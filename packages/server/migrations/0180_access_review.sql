-- Reviews of access (C1, docs/adr/0020-access-reviews.md): a snapshot of everything that gives access, and a decision about each.
create table access_review (
  org_id       uuid        not null default current_org() references org,
  id           text        not null,
  state        text        not null default 'gathering' check (state in ('gathering', 'open', 'completed')),
  begun_by     text        not null references person,
  begun_at     timestamptz not null,
  due_at       timestamptz, -- of the deadline that ran when it began
  -- How far the snapshot is: the kind, and after which of them. Where a run of the job broke off, the next goes on.
  gather_kind  int         not null default 0,
  gather_after text        not null default '',
  gathered_at  timestamptz,
  completed_by text        references person,
  completed_at timestamptz,
  comment      text        check (length(comment) between 1 and 2000),
  primary key (org_id, id),
  check ((state = 'gathering') = (gathered_at is null)),
  check ((state = 'completed') = (num_nonnulls(completed_by, completed_at, comment) = 3))
);
create unique index access_review_open on access_review (org_id) where state <> 'completed';

create table access_review_item (
  org_id        uuid        not null default current_org() references org,
  review_id     text        not null,
  id            text        not null,
  -- What was seen. A decision is about exactly this.
  kind          text        not null check (kind in ('member', 'api_key', 'service_account', 'service_key', 'access_rule', 'server_grant',
    'database_grant', 'staff_policy', 'break_glass', 'directory_token')),
  ref           text        not null,
  version       text        not null check (version ~ '^[0-9a-f]{64}$'),
  label         text        not null,
  detail        text        not null,
  person_id     text        references person,
  holder_sealed bytea, -- name and address: whoever is removed cannot be read from here any more
  role          text,
  since         timestamptz not null,
  last_used_at  timestamptz,
  expires_at    timestamptz,
  proposal      text        not null check (proposal in ('keep', 'attend', 'lower', 'remove')),
  reasons       text[]      not null,
  proposed_role text,
  -- What was decided.
  decision      text        check (decision in ('keep', 'change', 'remove', 'gone', 'nobody_else')),
  new_role      text,
  reason        text        check (length(reason) between 1 and 500),
  decided_by    text        references person, -- null: nobody had to
  decided_at    timestamptz,
  primary key (org_id, review_id, id),
  foreign key (org_id, review_id) references access_review (org_id, id),
  unique (org_id, review_id, kind, ref),
  check ((decision is null) = (decided_at is null)),
  check ((decision in ('keep', 'change', 'remove')) = (decided_by is not null)),
  check (decided_by <> person_id), -- nobody decides over their own access; the database holds to it as well
  check ((decision = 'change') = (new_role is not null)),
  check (proposal = 'keep' or cardinality(reasons) > 0)
);
create index access_review_item_open on access_review_item (org_id, review_id, id) where decision is null;
create index access_review_item_person on access_review_item (org_id, review_id, person_id);

-- A completed review is evidence; so is a decision that ended something.
create function refuse_other_review() returns trigger language plpgsql as $$
begin
  if tg_op = 'DELETE' then
    raise exception 'a review of access stays' using errcode = 'HF003';
  end if;
  if old.state = 'completed' or (old.id, old.begun_by, old.begun_at, old.due_at) is distinct from (new.id, new.begun_by, new.begun_at, new.due_at) then
    raise exception 'a completed review of access cannot be changed' using errcode = 'HF003';
  end if;
  if new.state = 'completed' and exists (
    select from access_review_item i where i.org_id = new.org_id and i.review_id = new.id and i.decision is null) then
    raise exception 'a review of access is completed when all is decided' using errcode = 'HF003';
  end if;
  return new;
end $$;
create trigger review_is_kept before update or delete on access_review for each row execute function refuse_other_review();

create function refuse_other_review_item() returns trigger language plpgsql as $$
declare
  item access_review_item := case when tg_op = 'INSERT' then new else old end;
begin
  if tg_op = 'DELETE' or exists (select from access_review r where r.org_id = item.org_id and r.id = item.review_id and r.state = 'completed') then
    raise exception 'a completed review of access cannot be changed' using errcode = 'HF003';
  end if;
  if tg_op = 'INSERT' then
    return new;
  end if;
  if old.decision is not null and (old.decision <> 'keep' or new.decision is null or new.version <> old.version)
    or (old.review_id, old.id, old.kind, old.ref, old.person_id) is distinct from (new.review_id, new.id, new.kind, new.ref, new.person_id) then
    raise exception 'what was decided stays decided' using errcode = 'HF003';
  end if;
  return new;
end $$;
create trigger item_is_kept before insert or update or delete on access_review_item for each row execute function refuse_other_review_item();
select protect_tenant_table('access_review', quiet => '{gather_kind, gather_after}'), protect_tenant_table('access_review_item');

-- For the check of C1, over all organisations: in how many a deadline for a review runs, and in how many it has passed. Numbers only, and
-- only for the operator.
grant select (kind, due_at) on obligation_clock to holdfast_gate;
set local role holdfast_gate;
create function access_review_state(kind text, at timestamptz) returns table (organisations int, without int, overdue int, own_overdue boolean)
language sql stable security definer set search_path = pg_catalog, public, pg_temp as $$
  with standing as materialized (
    select o.id, min(c.due_at) as due_at from org o
      left join obligation_clock c on c.org_id = o.id and c.kind = access_review_state.kind
    where o.created_at < access_review_state.at - interval '1 hour' and exists (select from membership m where m.org_id = o.id)
    group by o.id)
  select count(*)::int, (count(*) filter (where due_at is null))::int, (count(*) filter (where due_at < access_review_state.at))::int,
    coalesce(bool_or(id = operator_org() and due_at < access_review_state.at), false)
  from standing
  where current_org() = operator_org()
$$;
grant execute on function access_review_state(text, timestamptz) to holdfast_app;
set local role holdfast_owner;
