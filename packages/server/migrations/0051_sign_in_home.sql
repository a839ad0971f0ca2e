-- The organisations of whoever signs in, the one they last worked in first: a session begins there.
set local role holdfast_gate;
create or replace function gate_person_by_email(email_index bytea)
returns table (person_id text, password_hash text, state text, org_ids uuid[])
language sql stable security definer set search_path = pg_catalog, public, pg_temp as $$
  select p.id, p.password_hash, p.state, array(
    select m.org_id from membership m where m.person_id = p.id
    order by (select max(s.last_seen_at) from session s where s.person_id = p.id and s.org_id = m.org_id) desc nulls last, m.org_id)
  from person p where p.email_index = gate_person_by_email.email_index
$$;
set local role holdfast_owner;
