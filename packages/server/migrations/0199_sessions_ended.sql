-- When somebody's sessions here were ended: one that is in another organisation just then does not come back by a switch.
alter table membership add column sessions_ended_at timestamptz;
select protect_tenant_table('membership');
grant select (sessions_ended_at) on membership to holdfast_gate;
set local role holdfast_gate;
drop function gate_membership(uuid, text);
create function gate_membership(org uuid, person text)
returns table (role text, requires_mfa boolean, org_is_operator boolean, policy jsonb, sessions_ended_at timestamptz)
language sql stable security definer set search_path = pg_catalog, public, pg_temp as $$
  select m.role, m.role in ('owner', 'admin') or o.require_mfa, o.is_operator,
    sign_in_policy(o.session_minutes, o.idle_minutes, o.lock_minutes, o.networks, o.sign_in_methods), m.sessions_ended_at
  from membership m join org o on o.id = m.org_id where m.org_id = org and m.person_id = person
$$;
grant execute on function gate_membership(uuid, text) to holdfast_app;
set local role holdfast_owner;
