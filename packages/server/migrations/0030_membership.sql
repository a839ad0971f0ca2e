-- What members and invitations need beside the tables.

-- Makes the deferred check for an owner (HF002) speak now, so that the operation can say which refusal it is.
create function settle_owner() returns void language plpgsql as $$
begin
  set constraints keep_owner immediate;
  set constraints keep_owner deferred;
end $$;
grant execute on function settle_owner() to holdfast_app;

-- The operator's invitation to a new organisation's first Owner: the inviter is no member there, so it is their role at the operator's that counts.
alter table invitation add column founding boolean not null default false;
select protect_tenant_table('invitation', secret => '{email_index, token_hash}');
-- One open invitation an address; an expired one is taken back before the next.
create unique index invitation_open on invitation (org_id, email_index) where accepted_at is null and revoked_at is null;

-- A key is found by its id before its organisation is known. A command line chooses ids itself: nobody may take one that exists.
drop index api_key_id;
create unique index api_key_id on api_key (id);
create index api_key_owner on api_key (org_id, created_by) where revoked_at is null;

grant select (founding) on invitation to holdfast_gate;
set local role holdfast_gate;
drop function gate_invitation(bytea);
-- `inviter_role` is live, and null when they are gone.
create function gate_invitation(token_hash bytea)
returns table (
  org_id uuid, id text, org_name text, role text, email_index bytea, expires_at timestamptz, accepted_at timestamptz,
  revoked_at timestamptz, invited_by text, inviter_role text, founding boolean)
language sql stable security definer set search_path = pg_catalog, public, pg_temp as $$
  select i.org_id, i.id, o.name, i.role, i.email_index, i.expires_at, i.accepted_at, i.revoked_at, i.invited_by, m.role, i.founding
  from invitation i
    join org o on o.id = i.org_id
    left join membership m on m.org_id = case when i.founding then operator_org() else i.org_id end and m.person_id = i.invited_by
  where i.token_hash = gate_invitation.token_hash
$$;
grant execute on function gate_invitation(bytea) to holdfast_app;
set local role holdfast_owner;
