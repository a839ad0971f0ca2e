-- The agent of a retired host may say one last thing: that its sessions have ended. When it did.
alter table host add column left_at timestamptz;
grant select (retired_at, left_at) on host to holdfast_gate;
set local role holdfast_gate;
drop function gate_agent(text);
create function gate_agent(id text) returns table (org_id uuid, host_id text, secret_hash bytea, state text, retired_at timestamptz, left_at timestamptz)
language sql stable security definer set search_path = pg_catalog, public, pg_temp as $$
  select h.org_id, h.id, h.agent_secret_hash, h.state, h.retired_at, h.left_at from host h where h.agent_id = gate_agent.id
$$;
grant execute on function gate_agent(text) to holdfast_app;
set local role holdfast_owner;
