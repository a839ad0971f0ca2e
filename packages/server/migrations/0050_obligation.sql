-- Obligations: every deadline there is (design: one clock; ADR 0007). What happened is only ever added; nothing rewrites a deadline.

-- The organisation's working days, each setting a row of its own, so that an old deadline can be recomputed.
create table business_calendar (
  org_id    uuid        not null default current_org() references org,
  version   int         not null check (version > 0),
  time_zone text        not null,
  weekdays  int[]       not null check (cardinality(weekdays) between 1 and 7 and weekdays <@ '{1,2,3,4,5,6,7}'), -- ISO 8601: 1 is Monday
  holidays  jsonb       not null default '[]', -- [{"on":"2026-12-25","name":"Christmas"}]
  set_by    text        not null references person,
  set_at    timestamptz not null,
  primary key (org_id, version)
);

create table obligation (
  org_id           uuid        not null default current_org() references org,
  id               text        not null,
  kind             text        not null, -- as declared in the contract
  subject          text        not null check (length(subject) between 1 and 100), -- the id of what it is about
  label_sealed     bytea       not null, -- the same in words
  person_id        text        references person,
  role             text        check (role in ('owner', 'admin', 'reviewer', 'member', 'viewer')),
  opened_at        timestamptz not null,
  due_at           timestamptz not null,
  calendar_version int         not null, -- of the business calendar at that moment; 0: none was set
  terms            jsonb       not null, -- the declaration as it was: within, warn, escalate, firm
  plan             jsonb       not null, -- [{"step":"warned:1","kind":"warned","at":"…","to":null}], earliest first
  rebased_from     text,
  reason           text,        -- of a rebase
  primary key (org_id, id),
  foreign key (org_id, rebased_from) references obligation (org_id, id),
  check ((person_id is null) <> (role is null)),
  check ((rebased_from is null) = (reason is null))
);
create index obligation_subject on obligation (org_id, subject);

-- What the clock did (step names the planned step) and what people did. `step` is the fence against doing anything twice: whoever comes
-- second, on whichever node, finds the key taken. All ways to end share the step 'ended'.
create table obligation_event (
  org_id        uuid        not null default current_org() references org,
  obligation_id text        not null,
  step          text        not null,
  kind          text        not null check (kind in ('warned', 'skipped', 'breached', 'escalated', 'paused', 'resumed', 'met', 'withdrawn', 'rebased')),
  at            timestamptz not null,
  planned_at    timestamptz, -- of a planned step
  person_id     text        references person, -- null: the clock
  escalated_to  text,
  reason        text,
  due_at        timestamptz not null, -- the deadline from then on
  plan          jsonb,                -- after a pause: the planned steps from then on
  primary key (org_id, obligation_id, step),
  foreign key (org_id, obligation_id) references obligation (org_id, id),
  check ((step = 'ended') = (kind in ('met', 'withdrawn', 'rebased')))
);
create index obligation_event_ended on obligation_event (org_id, at, obligation_id) where step = 'ended';

select protect_tenant_table('business_calendar'), protect_tenant_table('obligation'), protect_tenant_table('obligation_event');

-- Only added to: the application may not, and whoever may is stopped all the same.
revoke update, delete on business_calendar, obligation, obligation_event from holdfast_app;
create trigger refuse_change before update or delete on business_calendar for each statement execute function refuse_change();
create trigger refuse_change before update or delete on obligation for each statement execute function refuse_change();
create trigger refuse_change before update or delete on obligation_event for each statement execute function refuse_change();
alter table business_calendar enable always trigger refuse_change;
alter table obligation enable always trigger refuse_change;
alter table obligation_event enable always trigger refuse_change;

-- What the clock looks at: one row for each obligation that has not ended, derived from the rows above and put back by the reconciler when
-- it is missing. Locking a row here is what makes two nodes, or a node and a person, take turns.
create table obligation_clock (
  org_id        uuid        not null default current_org() references org,
  obligation_id text        not null,
  kind          text        not null,
  subject       text        not null,
  person_id     text        not null default '', -- '' where a role owes it
  role          text,
  due_at        timestamptz not null,
  wake_at       timestamptz, -- null: nothing left to do by itself, or paused
  paused        boolean     not null default false,
  primary key (org_id, obligation_id),
  foreign key (org_id, obligation_id) references obligation (org_id, id) deferrable initially deferred -- the clock decides who opens
);
-- The same thing is owed once: opening it again finds the clock that runs.
create unique index obligation_clock_once on obligation_clock (org_id, kind, subject, person_id);
create index obligation_clock_due on obligation_clock (org_id, due_at, obligation_id);
create index obligation_clock_wake on obligation_clock (wake_at) where wake_at is not null;
select protect_plumbing_table('obligation_clock');

-- Organisations for which the clock has something to do until then, most urgent first: one question for all of them.
grant select (org_id, wake_at) on obligation_clock to holdfast_gate;
create policy gate on obligation_clock for select to holdfast_gate using (true);
set local role holdfast_gate;
create function list_orgs_waking(until timestamptz, max int) returns setof uuid
language sql stable security definer set search_path = pg_catalog, public, pg_temp as $$
  select c.org_id from obligation_clock c where c.wake_at <= until group by c.org_id order by min(c.wake_at) limit max
$$;
grant execute on function list_orgs_waking(timestamptz, int) to holdfast_jobs;
set local role holdfast_owner;

-- Policies kept dates of their own; now a review is an obligation, and the reminders are the clock's.
alter table policy drop column next_review_on, drop column review_reminded_on;
select protect_tenant_table('policy', quiet => '{reminded_on}');
