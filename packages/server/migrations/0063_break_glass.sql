-- Emergency access, as hosts report it; each use is reviewed within a day.
create table break_glass_use (
  org_id         uuid        not null default current_org() references org,
  id             text        not null,
  host_id        text        not null,
  at             timestamptz not null,
  reported_at    timestamptz not null,
  from_sealed    bytea,
  key_id         text,
  reviewed_at    timestamptz,
  reviewed_by    text        references person,
  finding_sealed bytea,
  primary key (org_id, id),
  foreign key (org_id, host_id) references host (org_id, id)
);
select protect_tenant_table('break_glass_use');
