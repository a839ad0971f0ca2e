-- How far a host's own clock is ahead of ours, as its agent says; null while it has not said. Its sshd judges certificates by that clock.
alter table host add column clock_skew_seconds int;
select protect_tenant_table('host', secret => '{agent_secret_hash}', quiet => '{acknowledged, acknowledged_at, last_seen_at, sshd_checked_at}');
