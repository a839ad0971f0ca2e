-- What an organisation has agreed with the operator. A plan with an end becomes Starter then; which one that was stays to be shown.
-- Rewritten as a type, not as rows: no organisation is entered here, and no chain could say who changed it.
alter table org alter column plan drop default;
alter table org alter column plan type text using case when is_operator then 'enterprise' when plan = 'free' then 'starter' else plan end;
alter table org
  alter column plan set default 'starter',
  add constraint org_plan check (plan in ('starter', 'growth', 'enterprise')),
  add column plan_ends_at timestamptz,
  add column plan_before text check (plan_before in ('growth', 'enterprise')),
  add constraint org_operator_plan check (not is_operator or plan_ends_at is null);
select protect_tenant_table('org');
revoke update on org from holdfast_app;
grant update (slug, name, region, plan, plan_ends_at, plan_before, require_mfa) on org to holdfast_app;
