-- What the live checks of the promises last found (P3). Rows of the operator's organisation; that a promise began or ceased to be kept is
-- recorded, that it was looked at again is not.
create table promise_check (
  org_id     uuid        not null default current_org() references org,
  promise    text        not null,
  kept       boolean     not null,
  proof      text        not null,
  checked_at timestamptz not null,
  primary key (org_id, promise)
);
select protect_tenant_table('promise_check', quiet => '{proof, checked_at}');
