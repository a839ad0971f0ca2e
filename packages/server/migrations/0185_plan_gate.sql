-- What an organisation's plan does not contain cannot be set up, whatever the program does (C3). What runs, and what takes something away,
-- goes on: a plan that lapses locks nobody out. docs/adr/0014-single-sign-on.md

-- As packages/contract/src/plans.ts has it; the live check of C3 compares the two.
create function plan_contains(plan text, what text) returns boolean language sql immutable
as $$ select what in ('sso', 'scim') and plan in ('growth', 'enterprise') $$;
grant execute on function plan_contains(text, text) to holdfast_app;

create function need_plan() returns trigger language plpgsql as $$
begin
  if not exists (select from org o where o.id = new.org_id and plan_contains(o.plan, tg_argv[0])) then
    raise exception 'the plan does not contain %', tg_argv[0] using errcode = 'HF006';
  end if;
  return new;
end $$;

create trigger need_plan before insert or update of settings, default_role on sso_connection
  for each row execute function need_plan('sso');
create trigger need_plan_active before update of state on sso_connection
  for each row when (new.state = 'active' and old.state <> 'active') execute function need_plan('sso');
create trigger need_plan before insert on sso_domain for each row execute function need_plan('sso');
create trigger need_plan_proved before update of proved_at on sso_domain
  for each row when (new.proved_at is not null and old.proved_at is null) execute function need_plan('sso');
create trigger need_plan_routed before update of connection_id on sso_domain
  for each row when (new.connection_id is not null and new.connection_id is distinct from old.connection_id) execute function need_plan('sso');
create trigger need_plan before insert on sso_enforcement for each row execute function need_plan('sso');
create trigger need_plan before insert on directory for each row execute function need_plan('scim');
create trigger need_plan_enabled before update of disabled_at on directory
  for each row when (new.disabled_at is null and old.disabled_at is not null) execute function need_plan('scim');
create trigger need_plan_mapped before update of role on directory_group
  for each row when (new.role is not null and new.role is distinct from old.role) execute function need_plan('scim');

-- C3, for the operator: how single sign-on and provisioning stand over all organisations. Numbers only.
grant select (org_id, ended_at, steps) on directory_test to holdfast_gate;
create policy gate on directory_test for select to holdfast_gate using (true);
set local role holdfast_gate;
create function gate_sign_on_standing() returns table (
  connections bigint, proved bigint, shared bigint, enforced bigint, without_way_in bigint, stranded bigint, directories bigint,
  tests bigint, tests_failed bigint)
language sql stable security definer set search_path = pg_catalog, public, pg_temp as $$
  select
    (select count(*) from sso_connection where state = 'active'),
    (select count(*) from sso_domain where proved_at is not null),
    -- proved by more than one organisation
    (select count(*) from (select from sso_domain where proved_at is not null group by domain having count(*) > 1) twice),
    (select count(*) from sso_enforcement),
    -- whose emergency way in is no active Owner's with a passkey
    (select count(*) from sso_enforcement e where not exists (
      select from membership m join person p on p.id = m.person_id
      where m.org_id = e.org_id and m.person_id = e.break_glass and m.role = 'owner' and p.state = 'active'
        and exists (select from passkey k where k.person_id = p.id))),
    -- whose people have neither a provider nor any other way
    (select count(*) from sso_enforcement e join sso_domain d on d.org_id = e.org_id and d.proved_at is not null where not exists (
      select from sso_connection c where c.org_id = d.org_id and c.id = d.connection_id and c.state = 'active')),
    (select count(*) from directory where disabled_at is null),
    (select count(*) from directory_test where ended_at > now() - interval '1 day'),
    (select count(*) from (
      select distinct on (org_id) steps from directory_test where ended_at > now() - interval '1 day' order by org_id, ended_at desc) last
      where jsonb_path_exists(steps, '$[*] ? (@.passed == false)'))
  where may_operate()
$$;
grant execute on function gate_sign_on_standing() to holdfast_app;
set local role holdfast_owner;
