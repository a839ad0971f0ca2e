-- Hosts that have not said that they know of an end of access are looked for every few minutes.
create index access_grant_untold on access_grant (org_id, host_id) where state = 'ended' and end_sequence is not null and told_at is null;
