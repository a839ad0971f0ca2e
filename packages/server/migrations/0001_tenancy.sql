-- Who may see what: the context of a transaction and the functions that put a table behind its organisation (D5).

-- Nothing is executable unless granted, whoever makes it.
alter default privileges revoke execute on functions from public;
grant usage on schema public to holdfast_app, holdfast_jobs, holdfast_gate, holdfast_ledger;
grant create on schema public to holdfast_gate, holdfast_ledger;
set local role holdfast_gate;
alter default privileges revoke execute on functions from public;
set local role holdfast_ledger;
alter default privileges revoke execute on functions from public;
set local role holdfast_jobs;
alter default privileges revoke execute on functions from public;
set local role holdfast_owner;

grant select on migration to holdfast_app; -- a node refuses a database newer than itself

-- Stable, never immutable: a cached plan would keep the first organisation. After a transaction the setting is '', not absent.
create function current_org() returns uuid language sql stable parallel safe
  return nullif(current_setting('holdfast.org', true), '')::uuid;

create function current_person() returns text language sql stable parallel safe
  return nullif(current_setting('holdfast.person', true), '');

-- The context lasts until the end of the transaction, so that it cannot reach the next borrower of the connection.
-- A writing transaction releases its locks before its flush; the process awaits one shared flush before it answers (ADR 0003).
-- One expression, so that the planner writes it into the calling statement: as a PL/pgSQL function it cost a third of a short read.
create function enter(org uuid, person text, writes boolean) returns text language sql
  return set_config('holdfast.org', coalesce(org::text, ''), true) || set_config('holdfast.person', coalesce(person, ''), true)
    || case when writes then set_config('synchronous_commit', 'off', true) else '' end;

grant execute on function current_org(), current_person() to holdfast_app, holdfast_jobs, holdfast_gate, holdfast_ledger;
grant execute on function enter(uuid, text, boolean) to holdfast_app;

-- What stands behind which fence; the catalogue test compares it with the tables as they are.
create table protected_table (
  name    text primary key,
  kind    text not null check (kind in ('tenant', 'identity', 'plumbing', 'platform')),
  columns text[] not null, -- as captured: a column added later must be protected again
  secret  text[] not null,
  quiet   text[] not null
);

create function refuse_change() returns trigger language plpgsql as $$
begin
  raise exception '% cannot be changed by %', tg_table_name, lower(tg_op) using errcode = 'HF003';
end $$;

create function table_columns(t regclass) returns text[] language sql stable
  return (select array_agg(attname::text order by attnum) from pg_attribute where attrelid = t and attnum > 0 and not attisdropped);

-- Row security for the application; it and nobody else is let in at all. `readable` and `writable` are conditions on a row.
create function fence_rows(t regclass, readable text, writable text) returns void language plpgsql as $$
declare
  policy name;
begin
  execute format('alter table %s enable row level security', t);
  execute format('alter table %s force row level security', t);
  foreach policy in array array['base', 'tenant', 'tenant_insert', 'tenant_update', 'tenant_delete'] loop
    execute format('drop policy if exists %I on %s', policy, t);
  end loop;
  execute format('create policy base on %s to holdfast_app using (true) with check (true)', t);
  -- Restrictive: another permissive policy added by mistake cannot widen it.
  if readable = writable then
    execute format('create policy tenant on %s as restrictive to holdfast_app using (%s) with check (%s)', t, readable, readable);
  else
    execute format('create policy tenant on %s as restrictive for select to holdfast_app using (%s)', t, readable);
    execute format('create policy tenant_insert on %s as restrictive for insert to holdfast_app with check (%s)', t, writable);
    execute format('create policy tenant_update on %s as restrictive for update to holdfast_app using (%s) with check (%s)', t, writable, writable);
    execute format('create policy tenant_delete on %s as restrictive for delete to holdfast_app using (%s)', t, writable);
  end if;
end $$;

-- TRUNCATE knows no rows and so no row security.
create function fence_table(t regclass, kind text, secret text[], quiet text[]) returns void language plpgsql as $$
begin
  execute format('create or replace trigger refuse_truncate before truncate on %s for each statement execute function refuse_change()', t);
  execute format('alter table %s enable always trigger refuse_truncate', t);
  execute format('grant select, insert, update, delete on %s to holdfast_app', t);
  insert into protected_table values (t::text, fence_table.kind, table_columns(t), fence_table.secret, fence_table.quiet)
    on conflict (name) do update set kind = excluded.kind, columns = excluded.columns, secret = excluded.secret, quiet = excluded.quiet;
end $$;

create function require_org_key(t regclass) returns void language plpgsql as $$
begin
  if not exists (select from pg_attribute where attrelid = t and attname = 'org_id' and atttypid = 'uuid'::regtype and attnotnull) then
    raise exception '% needs a column "org_id uuid not null"', t;
  end if;
end $$;

-- A tenant's rows: seen and written only with their organisation entered; every change captured.
-- `secret` columns appear in entries as "secret", so that only whether they changed is on record; `quiet` ones do not appear at all.
create function protect_tenant_table(t regclass, secret text[] default '{}', quiet text[] default '{}') returns void language plpgsql as $$
begin
  perform require_org_key(t), fence_rows(t, 'org_id = (select current_org())', 'org_id = (select current_org())');
  perform fence_table(t, 'tenant', secret, quiet), capture_changes(t, secret, quiet);
end $$;

-- The application writes this column and never reads it back.
create function hide_column(t regclass, col text) returns void language plpgsql as $$
begin
  execute format('revoke select on %s from holdfast_app', t);
  execute format('grant select (%s) on %s to holdfast_app', (select string_agg(quote_ident(c), ', ') from unnest(table_columns(t)) c where c <> col), t);
end $$;

-- A person's rows, who may belong to several organisations: captured for the organisation entered.
create function protect_identity_table(t regclass, readable text, writable text, secret text[] default '{}', quiet text[] default '{}')
returns void language plpgsql as $$
begin
  perform fence_rows(t, readable, writable), fence_table(t, 'identity', secret, quiet), capture_changes(t, secret, quiet);
end $$;

-- A tenant's rows that are not evidence themselves (the idempotency cache); each use is listed with its reason in the catalogue test.
create function protect_plumbing_table(t regclass) returns void language plpgsql as $$
begin
  perform require_org_key(t), fence_rows(t, 'org_id = (select current_org())', 'org_id = (select current_org())');
  perform fence_table(t, 'plumbing', '{}', '{}');
end $$;

-- The installation's own rows: written only by the operator, or before the first organisation exists.
create function protect_platform_table(t regclass) returns void language plpgsql as $$
begin
  perform fence_rows(t, 'true', '(select may_operate())'), fence_table(t, 'platform', '{}', '{}');
end $$;
