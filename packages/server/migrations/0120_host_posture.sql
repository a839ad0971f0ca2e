-- What sshd on a host honours, as its agent found by asking it (C7): the ways in that are none of ours; null while an agent does not say.
alter table host add column sshd_checked_at timestamptz;
alter table host add column sshd_accounts int check (sshd_accounts >= 0);
alter table host add column sshd_ways text[] check (cardinality(sshd_ways) <= 20);
alter table host add check ((sshd_checked_at is null) = (sshd_ways is null) and (sshd_ways is null) = (sshd_accounts is null));
-- Captured with its new columns: when sshd was asked, and what it said, is a change that the ledger has.
select protect_tenant_table('host', secret => '{agent_secret_hash}', quiet => '{agent_version, acknowledged, acknowledged_at, last_seen_at}');
