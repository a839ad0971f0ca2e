-- When each change of access was, for an hour and the last before it: how long a host has not acknowledged counts from the oldest change that it has not, however many come after it.
create table access_change (
  org_id     uuid        not null default current_org() references org,
  sequence   bigint      not null,
  changed_at timestamptz not null,
  primary key (org_id, sequence)
);
select protect_plumbing_table('access_change');
insert into access_change (org_id, sequence, changed_at) select org_id, sequence, changed_at from access_sequence;

create or replace function announce_access(leaving text default null) returns bigint language plpgsql as $$
declare
  counted bigint;
begin
  insert into access_sequence (sequence, changed_at) values (1, clock_timestamp())
    on conflict (org_id) do update set sequence = access_sequence.sequence + 1, changed_at = excluded.changed_at returning sequence into counted;
  delete from access_change c where c.org_id = current_org() and c.sequence <
    (select max(sequence) from access_change where org_id = current_org() and changed_at < clock_timestamp() - interval '1 hour');
  insert into access_change (sequence, changed_at) values (counted, clock_timestamp());
  perform pg_notify('holdfast_access', concat_ws(' ', current_org(), counted, leaving));
  return counted;
end $$;
