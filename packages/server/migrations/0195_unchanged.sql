-- A command that may find nothing to change, such as a host's word that all is as it was, leaves an entry only where something changed. Whether it
-- did says the capture: what is pending and not taken by an entry fails the commit (recorded_in_ledger), so nothing can be left out by this.
set local role holdfast_ledger;
create function ledger_append_changes(head jsonb) returns bigint language plpgsql security definer
set search_path = pg_catalog, public, pg_temp set enable_seqscan = off set enable_bitmapscan = off as $$
begin
  if not exists (select from ledger_pending p where p.xact = pg_current_xact_id() and p.org_id = current_org()) then
    return null;
  end if;
  return (select a.seq from ledger_append(head) a);
end $$;
grant execute on function ledger_append_changes(jsonb) to holdfast_app;
set local role holdfast_owner;

-- What a host says again and again, and what only says when it said so, is no event of the ledger. Another version of its agent is one.
select protect_tenant_table('host', secret => '{agent_secret_hash}', quiet => '{acknowledged, acknowledged_at, last_seen_at, sshd_checked_at}');
