-- None of the operator's own people lets their colleagues in, in advance either: what one set before they came to the operator ends as well.
grant select (set_by) on staff_policy to holdfast_gate;

set local role holdfast_gate;
create or replace function staff_grant_live(org uuid, grant_id text, person text) returns table (role text, write boolean, ends_at timestamptz)
language sql stable strict security definer rows 1 set search_path = pg_catalog, public, pg_temp as $$
  select g.role, g.write, g.ends_at
  from staff_grant g
    join person p on p.id = g.person_id and p.state = 'active'
    join org home on home.is_operator and home.id <> g.org_id
    join membership works on works.org_id = home.id and works.person_id = g.person_id and works.role <> 'viewer'
  where g.org_id = org and g.id = grant_id and g.person_id = person and g.state = 'approved' and g.ends_at > statement_timestamp()
    and (exists (select from membership m where m.org_id = g.org_id and m.person_id = g.approved_by and m.role in ('owner', 'admin')
        and not exists (select from membership own where own.org_id = home.id and own.person_id = m.person_id))
      or exists (select from staff_policy s where s.org_id = g.org_id and s.id = g.policy_id and s.withdrawn_at is null
        and not exists (select from membership theirs where theirs.org_id = home.id and theirs.person_id = s.set_by)))
$$;
reset role;
