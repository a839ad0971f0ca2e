-- What the operator sees of the organisations: their names, nothing of what is in them.
grant select (created_at) on org to holdfast_gate;
set local role holdfast_gate;
create function operator_organisations(past uuid, max int)
returns table (id uuid, name text, plan text, region text, created_at timestamptz)
language sql stable security definer set search_path = pg_catalog, public, pg_temp as $$
  select o.id, o.name, o.plan, o.region, o.created_at
  from org o
  where exists (select from org mine where mine.is_operator and mine.id = current_org()) and (past is null or o.id < past)
  order by o.id desc limit least(max, 101)
$$;
grant execute on function operator_organisations(uuid, int) to holdfast_app;
set local role holdfast_owner;
