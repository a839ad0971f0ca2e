-- Whoever waits for a role in a database is told when it is there, or why it is not.
create trigger tell_of_access after insert or update on database_role for each statement execute function tell_of_access();
