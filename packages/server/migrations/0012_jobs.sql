-- graphile-worker makes its schema itself, unless its list of migrations is there already; only a role that may make schemas could, and
-- holdfast_jobs may not. With the list in place it goes on to its tables, which it owns.
set local role holdfast_jobs;
create table graphile_worker.migrations (
  id       int         primary key,
  ts       timestamptz not null default now(),
  breaking boolean     not null default false
);
set local role holdfast_owner;
