-- The ledger entry that the answer kept under an idempotency key was recorded in: a replay names it too.
alter table idempotency add column ledger_seq bigint;
select protect_plumbing_table('idempotency');
