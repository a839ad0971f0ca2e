-- The capture of these two learns the columns that 0085 and 0086 added.
select protect_tenant_table('policy', quiet => '{reminded_on}'),
  protect_tenant_table('host', secret => '{agent_secret_hash}', quiet => '{agent_version, acknowledged, acknowledged_at, last_seen_at}');
