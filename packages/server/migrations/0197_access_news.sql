-- Tells the nodes that something about access has changed in an organisation: requests, approvals, grants, and what staff asked for. Who may see what of
-- it, each listener asks by itself. One notice a transaction, however many rows; the number grows, so that a listener can tell news from old ones.
create function tell_of_access() returns trigger language plpgsql as $$
begin
  perform pg_notify('holdfast_people', concat_ws(' ', current_org(), pg_current_xact_id()));
  return null;
end $$;
create trigger tell_of_access after insert or update or delete on access_grant for each statement execute function tell_of_access();
create trigger tell_of_access after insert or update or delete on grant_approval for each statement execute function tell_of_access();
create trigger tell_of_access after insert or update or delete on staff_grant for each statement execute function tell_of_access();
