-- Until the day set for acknowledging a policy one counts as cleared for risky work (C8), unless the policy is required at once.
alter table policy add column required_at_once boolean not null default false;
