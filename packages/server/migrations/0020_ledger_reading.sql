-- Reading the ledger by time, and where its checkpoints are kept outside (L2).

-- The first entry at or after a moment; the chain's length when there is none. Times never decrease along a chain, so some twenty probes of
-- the primary key find it, and no index has to be kept while appending.
create function ledger_seq_at(moment bigint) returns bigint language plpgsql stable as $$
declare
  low  bigint := 0;
  high bigint := coalesce((select l.seq + 1 from ledger l where l.org_id = (select current_org()) order by l.seq desc limit 1), 0);
  mid  bigint;
begin
  while low < high loop
    mid := (low + high) / 2;
    if (select l.at_us from ledger l where l.org_id = (select current_org()) and l.seq = mid) < moment then
      low := mid + 1;
    else
      high := mid;
    end if;
  end loop;
  return low;
end $$;
grant execute on function ledger_seq_at(bigint) to holdfast_app;

create table witness (
  org_id        uuid        not null default current_org() references org,
  id            text        not null,
  kind          text        not null check (kind in ('email', 'webhook')),
  target_sealed bytea       not null,
  created_at    timestamptz not null default now(),
  primary key (org_id, id)
);
select protect_tenant_table('witness');

-- What became of a checkpoint at each place it was sent to. Not evidence itself: the witness holds that.
create table checkpoint_delivery (
  org_id       uuid        not null default current_org() references org,
  size         bigint      not null,
  witness      text        not null, -- a witness's id, or 'file'
  delivered_at timestamptz,
  failure      text,
  primary key (org_id, size, witness),
  foreign key (org_id, size) references ledger_checkpoint (org_id, size)
);
select protect_plumbing_table('checkpoint_delivery');
