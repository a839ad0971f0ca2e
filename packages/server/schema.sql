-- Written by packages/server/scripts/schema-dump.ts from the migrations. Do not edit.

table access_change (
  org_id uuid not null default current_org(),
  sequence bigint not null,
  changed_at timestamp with time zone not null,
  constraint access_change_org_id_fkey FOREIGN KEY (org_id) REFERENCES org(id),
  constraint access_change_pkey PRIMARY KEY (org_id, sequence)
);
-- row security, forced; owner holdfast_owner
policy base for all to holdfast_app using (true) with check (true);
policy tenant as restrictive for all to holdfast_app using ((org_id = ( SELECT current_org() AS current_org))) with check ((org_id = ( SELECT current_org() AS current_org)));
CREATE TRIGGER refuse_truncate BEFORE TRUNCATE ON public.access_change FOR EACH STATEMENT EXECUTE FUNCTION refuse_change() -- always;
grant delete, insert, select, update to holdfast_app;

table access_grant (
  org_id uuid not null default current_org(),
  id text not null,
  policy_id text not null,
  policy_version integer not null,
  host_id text,
  login text not null,
  person_id text,
  seconds integer not null,
  not_before timestamp with time zone,
  reason_sealed bytea not null,
  ticket text,
  extensions text[] not null,
  source_networks text[] not null,
  extends_id text,
  request_hash text not null,
  requested_at timestamp with time zone not null,
  request_expires_at timestamp with time zone not null,
  state text not null default 'requested'::text,
  starts_at timestamp with time zone,
  ends_at timestamp with time zone,
  ended_at timestamp with time zone,
  end_reason text,
  ended_by text,
  decision_sealed bytea,
  end_sequence bigint,
  told_at timestamp with time zone,
  confirmed_at timestamp with time zone,
  confirmed_by text,
  database_id text,
  service_account_id text,
  key_id text,
  key_generation integer,
  requester_id text not null generated always as (COALESCE(person_id, service_account_id)) stored,
  constraint access_grant_check CHECK (((state = ANY (ARRAY['approved'::text, 'ended'::text])) = ((starts_at IS NOT NULL) AND (ends_at IS NOT NULL)))),
  constraint access_grant_check1 CHECK (((state = 'ended'::text) = (end_reason IS NOT NULL))),
  constraint access_grant_check2 CHECK ((ends_at > starts_at)),
  constraint access_grant_check3 CHECK ((num_nonnulls(host_id, database_id) = 1)),
  constraint access_grant_end_reason_check CHECK ((end_reason = ANY (ARRAY['expired'::text, 'returned'::text, 'revoked'::text, 'host_retired'::text, 'database_retired'::text, 'policy_retired'::text, 'not_entitled'::text, 'account_ended'::text]))),
  constraint access_grant_key CHECK ((num_nonnulls(service_account_id, key_id, key_generation) = ANY (ARRAY[0, 3]))),
  constraint access_grant_login_check CHECK ((login ~ '^[a-z_][a-z0-9_-]{0,31}$'::text)),
  constraint access_grant_request_hash_check CHECK ((request_hash ~ '^[0-9a-f]{64}$'::text)),
  constraint access_grant_requester CHECK ((num_nonnulls(person_id, service_account_id) = 1)),
  constraint access_grant_seconds_check CHECK (((seconds >= 60) AND (seconds <= 2592000))),
  constraint access_grant_state_check CHECK ((state = ANY (ARRAY['requested'::text, 'approved'::text, 'denied'::text, 'cancelled'::text, 'lapsed'::text, 'applied'::text, 'ended'::text]))),
  constraint access_grant_ended_by_fkey FOREIGN KEY (ended_by) REFERENCES person(id),
  constraint access_grant_org_id_database_id_fkey FOREIGN KEY (org_id, database_id) REFERENCES managed_database(org_id, id),
  constraint access_grant_org_id_extends_id_fkey FOREIGN KEY (org_id, extends_id) REFERENCES access_grant(org_id, id),
  constraint access_grant_org_id_fkey FOREIGN KEY (org_id) REFERENCES org(id),
  constraint access_grant_org_id_host_id_fkey FOREIGN KEY (org_id, host_id) REFERENCES host(org_id, id),
  constraint access_grant_org_id_key_id_service_account_id_fkey FOREIGN KEY (org_id, key_id, service_account_id) REFERENCES api_key(org_id, id, service_account_id),
  constraint access_grant_org_id_policy_id_fkey FOREIGN KEY (org_id, policy_id) REFERENCES access_policy(org_id, id),
  constraint access_grant_org_id_service_account_id_fkey FOREIGN KEY (org_id, service_account_id) REFERENCES service_account(org_id, id),
  constraint access_grant_person_id_fkey FOREIGN KEY (person_id) REFERENCES person(id),
  constraint access_grant_pkey PRIMARY KEY (org_id, id),
  constraint access_grant_org_id_id_requester_id_request_hash_key UNIQUE (org_id, id, requester_id, request_hash)
);
CREATE INDEX access_grant_account ON public.access_grant USING btree (org_id, service_account_id, id) WHERE (service_account_id IS NOT NULL);
CREATE UNIQUE INDEX access_grant_asked ON public.access_grant USING btree (org_id, requester_id, host_id, login) WHERE ((state = 'requested'::text) AND (extends_id IS NULL));
CREATE UNIQUE INDEX access_grant_asked_database ON public.access_grant USING btree (org_id, requester_id, database_id, login) WHERE ((state = 'requested'::text) AND (extends_id IS NULL));
CREATE INDEX access_grant_database ON public.access_grant USING btree (org_id, database_id, ends_at);
CREATE INDEX access_grant_ended ON public.access_grant USING btree (org_id, host_id, ended_at) WHERE (state = 'ended'::text);
CREATE UNIQUE INDEX access_grant_extension ON public.access_grant USING btree (org_id, extends_id) WHERE (state = 'requested'::text);
CREATE INDEX access_grant_host ON public.access_grant USING btree (org_id, host_id, ends_at);
CREATE INDEX access_grant_key ON public.access_grant USING btree (org_id, key_id) WHERE (state = ANY (ARRAY['requested'::text, 'approved'::text]));
CREATE INDEX access_grant_open ON public.access_grant USING btree (org_id, state, id) WHERE (state = ANY (ARRAY['requested'::text, 'approved'::text]));
CREATE INDEX access_grant_person ON public.access_grant USING btree (org_id, requester_id, id);
CREATE INDEX access_grant_untold ON public.access_grant USING btree (org_id, host_id) WHERE ((state = 'ended'::text) AND (end_sequence IS NOT NULL) AND (told_at IS NULL));
-- row security, forced; owner holdfast_owner
policy base for all to holdfast_app using (true) with check (true);
policy tenant as restrictive for all to holdfast_app using ((org_id = ( SELECT current_org() AS current_org))) with check ((org_id = ( SELECT current_org() AS current_org)));
CREATE TRIGGER capture AFTER INSERT OR DELETE OR UPDATE ON public.access_grant FOR EACH ROW EXECUTE FUNCTION capture_access_grant() -- always;
CREATE TRIGGER refuse_truncate BEFORE TRUNCATE ON public.access_grant FOR EACH STATEMENT EXECUTE FUNCTION refuse_change() -- always;
CREATE TRIGGER request_is_fixed BEFORE UPDATE ON public.access_grant FOR EACH ROW EXECUTE FUNCTION refuse_other_request();
CREATE TRIGGER tell_of_access AFTER INSERT OR DELETE OR UPDATE ON public.access_grant FOR EACH STATEMENT EXECUTE FUNCTION tell_of_access();
grant delete, insert, select, update to holdfast_app;

table access_log (
  org_id uuid not null default current_org(),
  id text not null,
  at timestamp with time zone not null default now(),
  actor text not null,
  session text,
  operation text not null,
  target text,
  origin_sealed bytea,
  permission text not null,
  outcome text not null,
  rows integer not null default 0,
  batch_seq bigint,
  constraint access_log_org_id_fkey FOREIGN KEY (org_id) REFERENCES org(id),
  constraint access_log_pkey PRIMARY KEY (org_id, id)
);
CREATE INDEX access_log_at ON public.access_log USING btree (org_id, at);
CREATE INDEX access_log_unsealed ON public.access_log USING btree (org_id, id) WHERE (batch_seq IS NULL);
-- row security, forced; owner holdfast_owner
policy base for all to holdfast_app using (true) with check (true);
policy gate for select to holdfast_gate using (true);
policy tenant as restrictive for all to holdfast_app using ((org_id = ( SELECT current_org() AS current_org))) with check ((org_id = ( SELECT current_org() AS current_org)));
CREATE TRIGGER refuse_truncate BEFORE TRUNCATE ON public.access_log FOR EACH STATEMENT EXECUTE FUNCTION refuse_change() -- always;
grant insert, select to holdfast_app;
grant update (batch_seq) to holdfast_app;
grant select (org_id, id, at, actor, session, batch_seq) to holdfast_gate;

table access_policy (
  org_id uuid not null default current_org(),
  id text not null,
  version integer not null,
  name text not null,
  selects jsonb not null,
  logins text[] not null,
  requesters jsonb not null,
  approvers jsonb not null,
  approvals integer not null,
  max_seconds integer not null,
  reason_required boolean not null,
  ticket_pattern text,
  source_networks text[] not null,
  hours jsonb,
  extensions text[] not null,
  api_keys_may_ask boolean not null,
  state text not null default 'active'::text,
  created_by text not null,
  created_at timestamp with time zone not null,
  changed_by text not null,
  changed_at timestamp with time zone not null,
  bastion_id text,
  kind text not null,
  constraint access_policy_approvals_check CHECK ((approvals = ANY (ARRAY[1, 2]))),
  constraint access_policy_check CHECK (((bastion_id IS NULL) OR (extensions = '{}'::text[]))),
  constraint access_policy_check1 CHECK (((kind = 'host'::text) OR ((bastion_id IS NULL) AND (extensions = '{}'::text[]) AND (source_networks = '{}'::text[])))),
  constraint access_policy_kind_check CHECK ((kind = ANY (ARRAY['host'::text, 'database'::text]))),
  constraint access_policy_max_seconds_check CHECK (((max_seconds >= 60) AND (max_seconds <= 2592000))),
  constraint access_policy_name_check CHECK (((length(name) >= 1) AND (length(name) <= 100))),
  constraint access_policy_state_check CHECK ((state = ANY (ARRAY['active'::text, 'retired'::text]))),
  constraint access_policy_version_check CHECK ((version > 0)),
  constraint access_policy_changed_by_fkey FOREIGN KEY (changed_by) REFERENCES person(id),
  constraint access_policy_created_by_fkey FOREIGN KEY (created_by) REFERENCES person(id),
  constraint access_policy_org_id_bastion_id_fkey FOREIGN KEY (org_id, bastion_id) REFERENCES host(org_id, id),
  constraint access_policy_org_id_fkey FOREIGN KEY (org_id) REFERENCES org(id),
  constraint access_policy_pkey PRIMARY KEY (org_id, id)
);
CREATE INDEX access_policy_bastion ON public.access_policy USING btree (org_id, bastion_id) WHERE (bastion_id IS NOT NULL);
-- row security, forced; owner holdfast_owner
policy base for all to holdfast_app using (true) with check (true);
policy tenant as restrictive for all to holdfast_app using ((org_id = ( SELECT current_org() AS current_org))) with check ((org_id = ( SELECT current_org() AS current_org)));
CREATE TRIGGER capture AFTER INSERT OR DELETE OR UPDATE ON public.access_policy FOR EACH ROW EXECUTE FUNCTION capture_access_policy() -- always;
CREATE TRIGGER kind_is_fixed BEFORE UPDATE ON public.access_policy FOR EACH ROW EXECUTE FUNCTION refuse_other_kind();
CREATE TRIGGER refuse_truncate BEFORE TRUNCATE ON public.access_policy FOR EACH STATEMENT EXECUTE FUNCTION refuse_change() -- always;
grant delete, insert, select, update to holdfast_app;

table access_review (
  org_id uuid not null default current_org(),
  id text not null,
  state text not null default 'gathering'::text,
  begun_by text not null,
  begun_at timestamp with time zone not null,
  due_at timestamp with time zone,
  gather_kind integer not null default 0,
  gather_after text not null default ''::text,
  gathered_at timestamp with time zone,
  completed_by text,
  completed_at timestamp with time zone,
  comment text,
  constraint access_review_check CHECK (((state = 'gathering'::text) = (gathered_at IS NULL))),
  constraint access_review_check1 CHECK (((state = 'completed'::text) = (num_nonnulls(completed_by, completed_at, comment) = 3))),
  constraint access_review_comment_check CHECK (((length(comment) >= 1) AND (length(comment) <= 2000))),
  constraint access_review_state_check CHECK ((state = ANY (ARRAY['gathering'::text, 'open'::text, 'completed'::text]))),
  constraint access_review_begun_by_fkey FOREIGN KEY (begun_by) REFERENCES person(id),
  constraint access_review_completed_by_fkey FOREIGN KEY (completed_by) REFERENCES person(id),
  constraint access_review_org_id_fkey FOREIGN KEY (org_id) REFERENCES org(id),
  constraint access_review_pkey PRIMARY KEY (org_id, id)
);
CREATE UNIQUE INDEX access_review_open ON public.access_review USING btree (org_id) WHERE (state <> 'completed'::text);
-- row security, forced; owner holdfast_owner
policy base for all to holdfast_app using (true) with check (true);
policy tenant as restrictive for all to holdfast_app using ((org_id = ( SELECT current_org() AS current_org))) with check ((org_id = ( SELECT current_org() AS current_org)));
CREATE TRIGGER capture AFTER INSERT OR DELETE OR UPDATE ON public.access_review FOR EACH ROW EXECUTE FUNCTION capture_access_review() -- always;
CREATE TRIGGER refuse_truncate BEFORE TRUNCATE ON public.access_review FOR EACH STATEMENT EXECUTE FUNCTION refuse_change() -- always;
CREATE TRIGGER review_is_kept BEFORE DELETE OR UPDATE ON public.access_review FOR EACH ROW EXECUTE FUNCTION refuse_other_review();
grant delete, insert, select, update to holdfast_app;

table access_review_item (
  org_id uuid not null default current_org(),
  review_id text not null,
  id text not null,
  kind text not null,
  ref text not null,
  version text not null,
  label text not null,
  detail text not null,
  person_id text,
  holder_sealed bytea,
  role text,
  since timestamp with time zone not null,
  last_used_at timestamp with time zone,
  expires_at timestamp with time zone,
  proposal text not null,
  reasons text[] not null,
  proposed_role text,
  decision text,
  new_role text,
  reason text,
  decided_by text,
  decided_at timestamp with time zone,
  constraint access_review_item_check CHECK (((decision IS NULL) = (decided_at IS NULL))),
  constraint access_review_item_check1 CHECK (((decision = ANY (ARRAY['keep'::text, 'change'::text, 'remove'::text])) = (decided_by IS NOT NULL))),
  constraint access_review_item_check2 CHECK ((decided_by <> person_id)),
  constraint access_review_item_check3 CHECK (((decision = 'change'::text) = (new_role IS NOT NULL))),
  constraint access_review_item_check4 CHECK (((proposal = 'keep'::text) OR (cardinality(reasons) > 0))),
  constraint access_review_item_decision_check CHECK ((decision = ANY (ARRAY['keep'::text, 'change'::text, 'remove'::text, 'gone'::text, 'nobody_else'::text]))),
  constraint access_review_item_kind_check CHECK ((kind = ANY (ARRAY['member'::text, 'api_key'::text, 'service_account'::text, 'service_key'::text, 'access_rule'::text, 'server_grant'::text, 'database_grant'::text, 'staff_policy'::text, 'break_glass'::text, 'directory_token'::text, 'invitation'::text, 'sso_connection'::text, 'directory_group'::text, 'emergency_key'::text]))),
  constraint access_review_item_proposal_check CHECK ((proposal = ANY (ARRAY['keep'::text, 'attend'::text, 'lower'::text, 'remove'::text]))),
  constraint access_review_item_reason_check CHECK (((length(reason) >= 1) AND (length(reason) <= 500))),
  constraint access_review_item_version_check CHECK ((version ~ '^[0-9a-f]{64}$'::text)),
  constraint access_review_item_decided_by_fkey FOREIGN KEY (decided_by) REFERENCES person(id),
  constraint access_review_item_org_id_fkey FOREIGN KEY (org_id) REFERENCES org(id),
  constraint access_review_item_org_id_review_id_fkey FOREIGN KEY (org_id, review_id) REFERENCES access_review(org_id, id),
  constraint access_review_item_person_id_fkey FOREIGN KEY (person_id) REFERENCES person(id),
  constraint access_review_item_pkey PRIMARY KEY (org_id, review_id, id),
  constraint access_review_item_org_id_review_id_kind_ref_key UNIQUE (org_id, review_id, kind, ref)
);
CREATE INDEX access_review_item_open ON public.access_review_item USING btree (org_id, review_id, id) WHERE (decision IS NULL);
CREATE INDEX access_review_item_person ON public.access_review_item USING btree (org_id, review_id, person_id);
-- row security, forced; owner holdfast_owner
policy base for all to holdfast_app using (true) with check (true);
policy tenant as restrictive for all to holdfast_app using ((org_id = ( SELECT current_org() AS current_org))) with check ((org_id = ( SELECT current_org() AS current_org)));
CREATE TRIGGER capture AFTER INSERT OR DELETE OR UPDATE ON public.access_review_item FOR EACH ROW EXECUTE FUNCTION capture_access_review_item() -- always;
CREATE TRIGGER item_is_kept BEFORE INSERT OR DELETE OR UPDATE ON public.access_review_item FOR EACH ROW EXECUTE FUNCTION refuse_other_review_item();
CREATE TRIGGER refuse_truncate BEFORE TRUNCATE ON public.access_review_item FOR EACH STATEMENT EXECUTE FUNCTION refuse_change() -- always;
grant delete, insert, select, update to holdfast_app;

table access_sequence (
  org_id uuid not null default current_org(),
  sequence bigint not null,
  changed_at timestamp with time zone not null,
  constraint access_sequence_org_id_fkey FOREIGN KEY (org_id) REFERENCES org(id),
  constraint access_sequence_pkey PRIMARY KEY (org_id)
);
-- row security, forced; owner holdfast_owner
policy base for all to holdfast_app using (true) with check (true);
policy tenant as restrictive for all to holdfast_app using ((org_id = ( SELECT current_org() AS current_org))) with check ((org_id = ( SELECT current_org() AS current_org)));
CREATE TRIGGER refuse_truncate BEFORE TRUNCATE ON public.access_sequence FOR EACH STATEMENT EXECUTE FUNCTION refuse_change() -- always;
grant delete, insert, select, update to holdfast_app;

table api_key (
  org_id uuid not null default current_org(),
  id text not null,
  name text not null,
  secret_hash bytea not null,
  role text not null,
  created_by text not null,
  created_at timestamp with time zone not null default now(),
  expires_at timestamp with time zone,
  last_used_at timestamp with time zone,
  revoked_at timestamp with time zone,
  scopes text[],
  networks text[],
  rotated_at timestamp with time zone,
  old_secret_hash bytea,
  old_until timestamp with time zone,
  service_account_id text,
  generation integer not null default 0,
  shown_to text[] not null default '{}'::text[],
  cut_short_at timestamp with time zone,
  cut_short_why text,
  constraint api_key_cut_short CHECK (((cut_short_at IS NULL) = (cut_short_why IS NULL))),
  constraint api_key_cut_short_why_check CHECK ((cut_short_why = ANY (ARRAY['role_lowered'::text, 'left'::text]))),
  constraint api_key_name_check CHECK (((length(name) >= 1) AND (length(name) <= 200))),
  constraint api_key_networks_check CHECK (((cardinality(networks) >= 1) AND (cardinality(networks) <= 20))),
  constraint api_key_old CHECK (((old_secret_hash IS NULL) = (old_until IS NULL))),
  constraint api_key_role_check CHECK ((role = ANY (ARRAY['owner'::text, 'admin'::text, 'reviewer'::text, 'member'::text, 'viewer'::text]))),
  constraint api_key_scopes_check CHECK (((cardinality(scopes) >= 1) AND (cardinality(scopes) <= 100))),
  constraint api_key_service CHECK (((service_account_id IS NULL) OR ((scopes IS NOT NULL) AND (expires_at IS NOT NULL) AND (role <> 'owner'::text)))),
  constraint api_key_created_by_fkey FOREIGN KEY (created_by) REFERENCES person(id),
  constraint api_key_org_id_fkey FOREIGN KEY (org_id) REFERENCES org(id),
  constraint api_key_org_id_service_account_id_fkey FOREIGN KEY (org_id, service_account_id) REFERENCES service_account(org_id, id),
  constraint api_key_pkey PRIMARY KEY (org_id, id),
  constraint api_key_org_id_id_service_account_id_key UNIQUE (org_id, id, service_account_id)
);
CREATE UNIQUE INDEX api_key_id ON public.api_key USING btree (id);
CREATE INDEX api_key_owner ON public.api_key USING btree (org_id, created_by) WHERE (revoked_at IS NULL);
CREATE INDEX api_key_service ON public.api_key USING btree (org_id, service_account_id) WHERE (revoked_at IS NULL);
-- row security, forced; owner holdfast_owner
policy base for all to holdfast_app using (true) with check (true);
policy gate for select to holdfast_gate using (true);
policy tenant as restrictive for all to holdfast_app using ((org_id = ( SELECT current_org() AS current_org))) with check ((org_id = ( SELECT current_org() AS current_org)));
CREATE TRIGGER capture AFTER INSERT OR DELETE OR UPDATE ON public.api_key FOR EACH ROW EXECUTE FUNCTION capture_api_key() -- always;
CREATE TRIGGER note_secret BEFORE INSERT OR UPDATE OF secret_hash ON public.api_key FOR EACH ROW EXECUTE FUNCTION note_secret();
CREATE TRIGGER refuse_truncate BEFORE TRUNCATE ON public.api_key FOR EACH STATEMENT EXECUTE FUNCTION refuse_change() -- always;
grant delete, insert, select, update to holdfast_app;
grant select (org_id, id, secret_hash, role, created_by, expires_at, revoked_at, scopes, networks, old_secret_hash, old_until, service_account_id, generation) to holdfast_gate;

table break_glass_use (
  org_id uuid not null default current_org(),
  id text not null,
  host_id text not null,
  at timestamp with time zone not null,
  reported_at timestamp with time zone not null,
  from_sealed bytea,
  key_id text,
  reviewed_at timestamp with time zone,
  reviewed_by text,
  finding_sealed bytea,
  constraint break_glass_use_org_id_fkey FOREIGN KEY (org_id) REFERENCES org(id),
  constraint break_glass_use_org_id_host_id_fkey FOREIGN KEY (org_id, host_id) REFERENCES host(org_id, id),
  constraint break_glass_use_reviewed_by_fkey FOREIGN KEY (reviewed_by) REFERENCES person(id),
  constraint break_glass_use_pkey PRIMARY KEY (org_id, id)
);
-- row security, forced; owner holdfast_owner
policy base for all to holdfast_app using (true) with check (true);
policy tenant as restrictive for all to holdfast_app using ((org_id = ( SELECT current_org() AS current_org))) with check ((org_id = ( SELECT current_org() AS current_org)));
CREATE TRIGGER capture AFTER INSERT OR DELETE OR UPDATE ON public.break_glass_use FOR EACH ROW EXECUTE FUNCTION capture_break_glass_use() -- always;
CREATE TRIGGER refuse_truncate BEFORE TRUNCATE ON public.break_glass_use FOR EACH STATEMENT EXECUTE FUNCTION refuse_change() -- always;
grant delete, insert, select, update to holdfast_app;

table business_calendar (
  org_id uuid not null default current_org(),
  version integer not null,
  time_zone text not null,
  weekdays integer[] not null,
  holidays jsonb not null default '[]'::jsonb,
  set_by text not null,
  set_at timestamp with time zone not null,
  constraint business_calendar_version_check CHECK ((version > 0)),
  constraint business_calendar_weekdays_check CHECK ((((cardinality(weekdays) >= 1) AND (cardinality(weekdays) <= 7)) AND (weekdays <@ '{1,2,3,4,5,6,7}'::integer[]))),
  constraint business_calendar_org_id_fkey FOREIGN KEY (org_id) REFERENCES org(id),
  constraint business_calendar_set_by_fkey FOREIGN KEY (set_by) REFERENCES person(id),
  constraint business_calendar_pkey PRIMARY KEY (org_id, version)
);
-- row security, forced; owner holdfast_owner
policy base for all to holdfast_app using (true) with check (true);
policy tenant as restrictive for all to holdfast_app using ((org_id = ( SELECT current_org() AS current_org))) with check ((org_id = ( SELECT current_org() AS current_org)));
CREATE TRIGGER capture AFTER INSERT OR DELETE OR UPDATE ON public.business_calendar FOR EACH ROW EXECUTE FUNCTION capture_business_calendar() -- always;
CREATE TRIGGER refuse_change BEFORE DELETE OR UPDATE ON public.business_calendar FOR EACH STATEMENT EXECUTE FUNCTION refuse_change() -- always;
CREATE TRIGGER refuse_truncate BEFORE TRUNCATE ON public.business_calendar FOR EACH STATEMENT EXECUTE FUNCTION refuse_change() -- always;
grant insert, select to holdfast_app;

table checkpoint_delivery (
  org_id uuid not null default current_org(),
  size bigint not null,
  witness text not null,
  delivered_at timestamp with time zone,
  failure text,
  constraint checkpoint_delivery_org_id_fkey FOREIGN KEY (org_id) REFERENCES org(id),
  constraint checkpoint_delivery_org_id_size_fkey FOREIGN KEY (org_id, size) REFERENCES ledger_checkpoint(org_id, size),
  constraint checkpoint_delivery_pkey PRIMARY KEY (org_id, size, witness)
);
-- row security, forced; owner holdfast_owner
policy base for all to holdfast_app using (true) with check (true);
policy tenant as restrictive for all to holdfast_app using ((org_id = ( SELECT current_org() AS current_org))) with check ((org_id = ( SELECT current_org() AS current_org)));
CREATE TRIGGER refuse_truncate BEFORE TRUNCATE ON public.checkpoint_delivery FOR EACH STATEMENT EXECUTE FUNCTION refuse_change() -- always;
grant delete, insert, select, update to holdfast_app;

table data_key (
  scope text not null,
  version integer not null,
  wrapped bytea not null,
  key_id bytea not null,
  ring_version integer not null,
  state text not null default 'active'::text,
  created_at timestamp with time zone not null default now(),
  constraint data_key_scope_check CHECK ((scope ~ '^(org:.+|person:.+|platform)$'::text)),
  constraint data_key_state_check CHECK ((state = ANY (ARRAY['active'::text, 'retired'::text]))),
  constraint data_key_pkey PRIMARY KEY (scope, version)
);
-- row security, forced; owner holdfast_owner
policy base for all to holdfast_app using (true) with check (true);
policy gate for select to holdfast_gate using (true);
policy tenant as restrictive for select to holdfast_app using (((scope = ANY (ARRAY['platform'::text, ('org:'::text || ( SELECT current_org() AS current_org)), ('person:'::text || ( SELECT current_person() AS current_person))])) OR (scope IN ( SELECT ('person:'::text || m.person_id)
   FROM membership m
  WHERE (m.org_id = ( SELECT current_org() AS current_org))))));
policy tenant_delete as restrictive for delete to holdfast_app using (((scope = ANY (ARRAY[('org:'::text || ( SELECT current_org() AS current_org)), ('person:'::text || ( SELECT current_person() AS current_person))])) OR ((scope = 'platform'::text) AND ( SELECT may_operate() AS may_operate))));
policy tenant_insert as restrictive for insert to holdfast_app with check (((scope = ANY (ARRAY[('org:'::text || ( SELECT current_org() AS current_org)), ('person:'::text || ( SELECT current_person() AS current_person))])) OR ((scope = 'platform'::text) AND ( SELECT may_operate() AS may_operate))));
policy tenant_update as restrictive for update to holdfast_app using (((scope = ANY (ARRAY[('org:'::text || ( SELECT current_org() AS current_org)), ('person:'::text || ( SELECT current_person() AS current_person))])) OR ((scope = 'platform'::text) AND ( SELECT may_operate() AS may_operate)))) with check (((scope = ANY (ARRAY[('org:'::text || ( SELECT current_org() AS current_org)), ('person:'::text || ( SELECT current_person() AS current_person))])) OR ((scope = 'platform'::text) AND ( SELECT may_operate() AS may_operate))));
CREATE TRIGGER refuse_truncate BEFORE TRUNCATE ON public.data_key FOR EACH STATEMENT EXECUTE FUNCTION refuse_change() -- always;
grant delete, insert, select, update to holdfast_app;
grant select (scope, version, ring_version) to holdfast_gate;

table database_role (
  org_id uuid not null default current_org(),
  id text not null,
  grant_id text not null,
  database_id text not null,
  name text not null,
  created_at timestamp with time zone not null,
  verifier_sealed bytea,
  made_at timestamp with time zone,
  valid_until timestamp with time zone not null,
  no_login_at timestamp with time zone,
  dead_at timestamp with time zone,
  dropped_at timestamp with time zone,
  backends_ended integer not null default 0,
  tried_at timestamp with time zone,
  trouble text,
  abandoned_at timestamp with time zone,
  abandoned_by text,
  constraint database_role_check CHECK (((dead_at IS NULL) OR (no_login_at IS NOT NULL))),
  constraint database_role_check1 CHECK (((dropped_at IS NULL) OR (dead_at IS NOT NULL))),
  constraint database_role_abandoned_by_fkey FOREIGN KEY (abandoned_by) REFERENCES person(id),
  constraint database_role_org_id_database_id_fkey FOREIGN KEY (org_id, database_id) REFERENCES managed_database(org_id, id),
  constraint database_role_org_id_fkey FOREIGN KEY (org_id) REFERENCES org(id),
  constraint database_role_org_id_grant_id_fkey FOREIGN KEY (org_id, grant_id) REFERENCES access_grant(org_id, id),
  constraint database_role_pkey PRIMARY KEY (org_id, id)
);
CREATE INDEX database_role_grant ON public.database_role USING btree (org_id, grant_id);
CREATE UNIQUE INDEX database_role_name ON public.database_role USING btree (org_id, database_id, name);
CREATE INDEX database_role_open ON public.database_role USING btree (org_id, id) WHERE ((dropped_at IS NULL) AND (abandoned_at IS NULL));
-- row security, forced; owner holdfast_owner
policy base for all to holdfast_app using (true) with check (true);
policy tenant as restrictive for all to holdfast_app using ((org_id = ( SELECT current_org() AS current_org))) with check ((org_id = ( SELECT current_org() AS current_org)));
CREATE TRIGGER capture AFTER INSERT OR DELETE OR UPDATE ON public.database_role FOR EACH ROW EXECUTE FUNCTION capture_database_role() -- always;
CREATE TRIGGER refuse_truncate BEFORE TRUNCATE ON public.database_role FOR EACH STATEMENT EXECUTE FUNCTION refuse_change() -- always;
CREATE TRIGGER tell_of_access AFTER INSERT OR UPDATE ON public.database_role FOR EACH STATEMENT EXECUTE FUNCTION tell_of_access();
grant delete, insert, select, update to holdfast_app;

table directory (
  org_id uuid not null default current_org(),
  id text not null,
  name text not null,
  default_role text not null,
  configured_by text not null,
  created_at timestamp with time zone not null,
  disabled_at timestamp with time zone,
  constraint directory_default_role_check CHECK ((default_role = ANY (ARRAY['reviewer'::text, 'member'::text, 'viewer'::text]))),
  constraint directory_name_check CHECK (((length(name) >= 1) AND (length(name) <= 100))),
  constraint directory_configured_by_fkey FOREIGN KEY (configured_by) REFERENCES person(id),
  constraint directory_org_id_fkey FOREIGN KEY (org_id) REFERENCES org(id),
  constraint directory_pkey PRIMARY KEY (org_id, id)
);
CREATE UNIQUE INDEX directory_one ON public.directory USING btree (org_id);
-- row security, forced; owner holdfast_owner
policy base for all to holdfast_app using (true) with check (true);
policy gate for select to holdfast_gate using (true);
policy tenant as restrictive for all to holdfast_app using ((org_id = ( SELECT current_org() AS current_org))) with check ((org_id = ( SELECT current_org() AS current_org)));
CREATE TRIGGER capture AFTER INSERT OR DELETE OR UPDATE ON public.directory FOR EACH ROW EXECUTE FUNCTION capture_directory() -- always;
CREATE TRIGGER need_plan BEFORE INSERT ON public.directory FOR EACH ROW EXECUTE FUNCTION need_plan('scim');
CREATE TRIGGER need_plan_enabled BEFORE UPDATE OF disabled_at ON public.directory FOR EACH ROW WHEN (((new.disabled_at IS NULL) AND (old.disabled_at IS NOT NULL))) EXECUTE FUNCTION need_plan('scim');
CREATE TRIGGER refuse_truncate BEFORE TRUNCATE ON public.directory FOR EACH STATEMENT EXECUTE FUNCTION refuse_change() -- always;
grant delete, insert, select, update to holdfast_app;
grant select (org_id, id, disabled_at) to holdfast_gate;

table directory_credential (
  org_id uuid not null default current_org(),
  id text not null,
  directory_id text not null,
  kind text not null,
  client_id text,
  secret_hash bytea not null,
  created_at timestamp with time zone not null,
  expires_at timestamp with time zone not null,
  last_used_at timestamp with time zone,
  revoked_at timestamp with time zone,
  issued_by text,
  constraint directory_credential_check CHECK (((kind = 'access'::text) = (client_id IS NOT NULL))),
  constraint directory_credential_kind_check CHECK ((kind = ANY (ARRAY['bearer'::text, 'client'::text, 'access'::text, 'test'::text]))),
  constraint directory_credential_issued_by_fkey FOREIGN KEY (issued_by) REFERENCES person(id),
  constraint directory_credential_org_id_client_id_fkey FOREIGN KEY (org_id, client_id) REFERENCES directory_credential(org_id, id),
  constraint directory_credential_org_id_directory_id_fkey FOREIGN KEY (org_id, directory_id) REFERENCES directory(org_id, id),
  constraint directory_credential_org_id_fkey FOREIGN KEY (org_id) REFERENCES org(id),
  constraint directory_credential_pkey PRIMARY KEY (org_id, id)
);
CREATE INDEX directory_credential_client ON public.directory_credential USING btree (org_id, client_id) WHERE (kind = 'access'::text);
CREATE UNIQUE INDEX directory_credential_id ON public.directory_credential USING btree (id);
CREATE INDEX directory_credential_issuer ON public.directory_credential USING btree (org_id, issued_by) WHERE (revoked_at IS NULL);
-- row security, forced; owner holdfast_owner
policy base for all to holdfast_app using (true) with check (true);
policy gate for select to holdfast_gate using (true);
policy tenant as restrictive for all to holdfast_app using ((org_id = ( SELECT current_org() AS current_org))) with check ((org_id = ( SELECT current_org() AS current_org)));
CREATE TRIGGER capture AFTER INSERT OR DELETE OR UPDATE ON public.directory_credential FOR EACH ROW EXECUTE FUNCTION capture_directory_credential() -- always;
CREATE TRIGGER refuse_truncate BEFORE TRUNCATE ON public.directory_credential FOR EACH STATEMENT EXECUTE FUNCTION refuse_change() -- always;
grant delete, insert, select, update to holdfast_app;
grant select (org_id, id, directory_id, kind, client_id, secret_hash, expires_at, revoked_at) to holdfast_gate;

table directory_group (
  org_id uuid not null default current_org(),
  id text not null,
  directory_id text not null,
  display_name text not null,
  external_id text,
  role text,
  marked boolean not null default false,
  created_at timestamp with time zone not null,
  updated_at timestamp with time zone not null,
  constraint directory_group_check CHECK ((NOT (marked AND (role IS NOT NULL)))),
  constraint directory_group_display_name_check CHECK (((length(display_name) >= 1) AND (length(display_name) <= 256))),
  constraint directory_group_external_id_check CHECK (((length(external_id) >= 1) AND (length(external_id) <= 256))),
  constraint directory_group_role_check CHECK ((role = ANY (ARRAY['admin'::text, 'reviewer'::text, 'member'::text, 'viewer'::text]))),
  constraint directory_group_org_id_directory_id_fkey FOREIGN KEY (org_id, directory_id) REFERENCES directory(org_id, id),
  constraint directory_group_org_id_fkey FOREIGN KEY (org_id) REFERENCES org(id),
  constraint directory_group_pkey PRIMARY KEY (org_id, id)
);
CREATE INDEX directory_group_external ON public.directory_group USING btree (org_id, external_id);
CREATE UNIQUE INDEX directory_group_name ON public.directory_group USING btree (org_id, lower(display_name));
-- row security, forced; owner holdfast_owner
policy base for all to holdfast_app using (true) with check (true);
policy tenant as restrictive for all to holdfast_app using ((org_id = ( SELECT current_org() AS current_org))) with check ((org_id = ( SELECT current_org() AS current_org)));
CREATE TRIGGER capture AFTER INSERT OR DELETE OR UPDATE ON public.directory_group FOR EACH ROW EXECUTE FUNCTION capture_directory_group() -- always;
CREATE TRIGGER need_plan_mapped BEFORE UPDATE OF role ON public.directory_group FOR EACH ROW WHEN (((new.role IS NOT NULL) AND (new.role IS DISTINCT FROM old.role))) EXECUTE FUNCTION need_plan('scim');
CREATE TRIGGER refuse_truncate BEFORE TRUNCATE ON public.directory_group FOR EACH STATEMENT EXECUTE FUNCTION refuse_change() -- always;
grant delete, insert, select, update to holdfast_app;

table directory_group_member (
  org_id uuid not null default current_org(),
  group_id text not null,
  user_id text not null,
  constraint directory_group_member_org_id_fkey FOREIGN KEY (org_id) REFERENCES org(id),
  constraint directory_group_member_org_id_group_id_fkey FOREIGN KEY (org_id, group_id) REFERENCES directory_group(org_id, id) ON DELETE CASCADE,
  constraint directory_group_member_org_id_user_id_fkey FOREIGN KEY (org_id, user_id) REFERENCES directory_user(org_id, id) ON DELETE CASCADE,
  constraint directory_group_member_pkey PRIMARY KEY (org_id, group_id, user_id)
);
CREATE INDEX directory_group_member_user ON public.directory_group_member USING btree (org_id, user_id);
-- row security, forced; owner holdfast_owner
policy base for all to holdfast_app using (true) with check (true);
policy tenant as restrictive for all to holdfast_app using ((org_id = ( SELECT current_org() AS current_org))) with check ((org_id = ( SELECT current_org() AS current_org)));
CREATE TRIGGER capture AFTER INSERT OR DELETE OR UPDATE ON public.directory_group_member FOR EACH ROW EXECUTE FUNCTION capture_directory_group_member() -- always;
CREATE TRIGGER refuse_truncate BEFORE TRUNCATE ON public.directory_group_member FOR EACH STATEMENT EXECUTE FUNCTION refuse_change() -- always;
grant delete, insert, select, update to holdfast_app;

table directory_log (
  org_id uuid not null default current_org(),
  id text not null,
  at timestamp with time zone not null,
  credential_id text not null,
  request_id text not null,
  operation text not null,
  target text,
  status integer not null,
  code text,
  marked boolean not null default false,
  detail_sealed bytea not null,
  constraint directory_log_org_id_fkey FOREIGN KEY (org_id) REFERENCES org(id),
  constraint directory_log_pkey PRIMARY KEY (org_id, id)
);
CREATE INDEX directory_log_age ON public.directory_log USING btree (org_id, at);
CREATE INDEX directory_log_refused ON public.directory_log USING btree (org_id, id DESC) WHERE (code IS NOT NULL);
-- row security, forced; owner holdfast_owner
policy base for all to holdfast_app using (true) with check (true);
policy tenant as restrictive for all to holdfast_app using ((org_id = ( SELECT current_org() AS current_org))) with check ((org_id = ( SELECT current_org() AS current_org)));
CREATE TRIGGER refuse_truncate BEFORE TRUNCATE ON public.directory_log FOR EACH STATEMENT EXECUTE FUNCTION refuse_change() -- always;
grant delete, insert, select, update to holdfast_app;

table directory_test (
  org_id uuid not null default current_org(),
  id text not null,
  asked_by text not null,
  started_at timestamp with time zone not null,
  ended_at timestamp with time zone,
  steps jsonb not null default '[]'::jsonb,
  constraint directory_test_asked_by_fkey FOREIGN KEY (asked_by) REFERENCES person(id),
  constraint directory_test_org_id_fkey FOREIGN KEY (org_id) REFERENCES org(id),
  constraint directory_test_pkey PRIMARY KEY (org_id, id)
);
-- row security, forced; owner holdfast_owner
policy base for all to holdfast_app using (true) with check (true);
policy gate for select to holdfast_gate using (true);
policy tenant as restrictive for all to holdfast_app using ((org_id = ( SELECT current_org() AS current_org))) with check ((org_id = ( SELECT current_org() AS current_org)));
CREATE TRIGGER capture AFTER INSERT OR DELETE OR UPDATE ON public.directory_test FOR EACH ROW EXECUTE FUNCTION capture_directory_test() -- always;
CREATE TRIGGER refuse_truncate BEFORE TRUNCATE ON public.directory_test FOR EACH STATEMENT EXECUTE FUNCTION refuse_change() -- always;
grant delete, insert, select, update to holdfast_app;
grant select (org_id, ended_at, steps) to holdfast_gate;

table directory_user (
  org_id uuid not null default current_org(),
  id text not null,
  directory_id text not null,
  user_name_index bytea not null,
  external_id_index bytea,
  email_index bytea,
  active boolean not null,
  marked boolean not null default false,
  person_id text,
  invitation_id text,
  resource_sealed bytea not null,
  created_at timestamp with time zone not null,
  updated_at timestamp with time zone not null,
  constraint directory_user_check CHECK ((NOT (marked AND ((person_id IS NOT NULL) OR (invitation_id IS NOT NULL))))),
  constraint directory_user_org_id_directory_id_fkey FOREIGN KEY (org_id, directory_id) REFERENCES directory(org_id, id),
  constraint directory_user_org_id_fkey FOREIGN KEY (org_id) REFERENCES org(id),
  constraint directory_user_org_id_invitation_id_fkey FOREIGN KEY (org_id, invitation_id) REFERENCES invitation(org_id, id),
  constraint directory_user_person_id_fkey FOREIGN KEY (person_id) REFERENCES person(id),
  constraint directory_user_pkey PRIMARY KEY (org_id, id)
);
CREATE INDEX directory_user_email ON public.directory_user USING btree (org_id, email_index);
CREATE INDEX directory_user_external ON public.directory_user USING btree (org_id, external_id_index);
CREATE INDEX directory_user_invitation ON public.directory_user USING btree (org_id, invitation_id) WHERE (invitation_id IS NOT NULL);
CREATE UNIQUE INDEX directory_user_name ON public.directory_user USING btree (org_id, user_name_index);
CREATE UNIQUE INDEX directory_user_person ON public.directory_user USING btree (org_id, person_id) WHERE (person_id IS NOT NULL);
-- row security, forced; owner holdfast_owner
policy base for all to holdfast_app using (true) with check (true);
policy tenant as restrictive for all to holdfast_app using ((org_id = ( SELECT current_org() AS current_org))) with check ((org_id = ( SELECT current_org() AS current_org)));
CREATE TRIGGER capture AFTER INSERT OR DELETE OR UPDATE ON public.directory_user FOR EACH ROW EXECUTE FUNCTION capture_directory_user() -- always;
CREATE TRIGGER refuse_truncate BEFORE TRUNCATE ON public.directory_user FOR EACH STATEMENT EXECUTE FUNCTION refuse_change() -- always;
grant delete, insert, select, update to holdfast_app;

table emergency_key (
  org_id uuid not null default current_org(),
  id text not null,
  kind text not null,
  person_id text not null,
  fingerprint text not null,
  kept_sealed bytea not null,
  since timestamp with time zone not null,
  until timestamp with time zone not null,
  tried_at timestamp with time zone,
  registered_by text not null,
  ended_at timestamp with time zone,
  ended_by text,
  constraint emergency_key_check CHECK ((until > since)),
  constraint emergency_key_check1 CHECK ((num_nonnulls(ended_at, ended_by) = ANY (ARRAY[0, 2]))),
  constraint emergency_key_fingerprint_check CHECK ((fingerprint ~ '^SHA256:[A-Za-z0-9+/]{43}$'::text)),
  constraint emergency_key_kind_check CHECK ((kind = ANY (ARRAY['authority'::text, 'certificate'::text]))),
  constraint emergency_key_ended_by_fkey FOREIGN KEY (ended_by) REFERENCES person(id),
  constraint emergency_key_org_id_fkey FOREIGN KEY (org_id) REFERENCES org(id),
  constraint emergency_key_person_id_fkey FOREIGN KEY (person_id) REFERENCES person(id),
  constraint emergency_key_registered_by_fkey FOREIGN KEY (registered_by) REFERENCES person(id),
  constraint emergency_key_pkey PRIMARY KEY (org_id, id)
);
CREATE UNIQUE INDEX emergency_key_held ON public.emergency_key USING btree (org_id, person_id, fingerprint) WHERE (ended_at IS NULL);
CREATE INDEX emergency_key_person ON public.emergency_key USING btree (person_id);
-- row security, forced; owner holdfast_owner
policy base for all to holdfast_app using (true) with check (true);
policy tenant as restrictive for all to holdfast_app using ((org_id = ( SELECT current_org() AS current_org))) with check ((org_id = ( SELECT current_org() AS current_org)));
CREATE TRIGGER capture AFTER INSERT OR DELETE OR UPDATE ON public.emergency_key FOR EACH ROW EXECUTE FUNCTION capture_emergency_key() -- always;
CREATE TRIGGER refuse_truncate BEFORE TRUNCATE ON public.emergency_key FOR EACH STATEMENT EXECUTE FUNCTION refuse_change() -- always;
grant delete, insert, select, update to holdfast_app;

table factor_recovery (
  org_id uuid not null default current_org(),
  id text not null,
  person_id text not null,
  asked_by text not null,
  reason_sealed bytea not null,
  token_hash bytea not null,
  token_sealed bytea not null,
  state text not null default 'asked'::text,
  asked_at timestamp with time zone not null,
  ready_at timestamp with time zone,
  ready_until timestamp with time zone,
  ended_at timestamp with time zone,
  ended_by text,
  constraint factor_recovery_check CHECK ((ready_until > ready_at)),
  constraint factor_recovery_check1 CHECK (((state <> ALL (ARRAY['confirmed'::text, 'used'::text])) OR ((ready_at IS NOT NULL) AND (ready_until IS NOT NULL)))),
  constraint factor_recovery_check2 CHECK (((ended_at IS NULL) = (state = ANY (ARRAY['asked'::text, 'confirmed'::text])))),
  constraint factor_recovery_state_check CHECK ((state = ANY (ARRAY['asked'::text, 'confirmed'::text, 'used'::text, 'stopped'::text, 'refused'::text, 'lapsed'::text]))),
  constraint factor_recovery_asked_by_fkey FOREIGN KEY (asked_by) REFERENCES person(id),
  constraint factor_recovery_ended_by_fkey FOREIGN KEY (ended_by) REFERENCES person(id),
  constraint factor_recovery_org_id_fkey FOREIGN KEY (org_id) REFERENCES org(id),
  constraint factor_recovery_person_id_fkey FOREIGN KEY (person_id) REFERENCES person(id),
  constraint factor_recovery_pkey PRIMARY KEY (org_id, id),
  constraint factor_recovery_org_id_id_person_id_key UNIQUE (org_id, id, person_id)
);
CREATE UNIQUE INDEX factor_recovery_open ON public.factor_recovery USING btree (org_id, person_id) WHERE (state = ANY (ARRAY['asked'::text, 'confirmed'::text]));
CREATE UNIQUE INDEX factor_recovery_token ON public.factor_recovery USING btree (token_hash);
-- row security, forced; owner holdfast_owner
policy base for all to holdfast_app using (true) with check (true);
policy gate for select to holdfast_gate using (true);
policy tenant as restrictive for all to holdfast_app using ((org_id = ( SELECT current_org() AS current_org))) with check ((org_id = ( SELECT current_org() AS current_org)));
CREATE TRIGGER capture AFTER INSERT OR DELETE OR UPDATE ON public.factor_recovery FOR EACH ROW EXECUTE FUNCTION capture_factor_recovery() -- always;
CREATE TRIGGER recovery_is_slow BEFORE UPDATE ON public.factor_recovery FOR EACH ROW EXECUTE FUNCTION refuse_hasty_recovery();
CREATE TRIGGER refuse_truncate BEFORE TRUNCATE ON public.factor_recovery FOR EACH STATEMENT EXECUTE FUNCTION refuse_change() -- always;
grant delete, insert, select, update to holdfast_app;
grant select (org_id, id, person_id, token_hash) to holdfast_gate;

table factor_recovery_confirmation (
  org_id uuid not null default current_org(),
  recovery_id text not null,
  subject_id text not null,
  person_id text not null,
  role text not null,
  at timestamp with time zone not null,
  constraint factor_recovery_confirmation_check CHECK ((person_id <> subject_id)),
  constraint factor_recovery_confirmation_role_check CHECK ((role = ANY (ARRAY['owner'::text, 'admin'::text]))),
  constraint factor_recovery_confirmation_org_id_fkey FOREIGN KEY (org_id) REFERENCES org(id),
  constraint factor_recovery_confirmation_org_id_recovery_id_subject_id_fkey FOREIGN KEY (org_id, recovery_id, subject_id) REFERENCES factor_recovery(org_id, id, person_id),
  constraint factor_recovery_confirmation_person_id_fkey FOREIGN KEY (person_id) REFERENCES person(id),
  constraint factor_recovery_confirmation_pkey PRIMARY KEY (org_id, recovery_id, person_id)
);
-- row security, forced; owner holdfast_owner
policy base for all to holdfast_app using (true) with check (true);
policy tenant as restrictive for all to holdfast_app using ((org_id = ( SELECT current_org() AS current_org))) with check ((org_id = ( SELECT current_org() AS current_org)));
CREATE TRIGGER capture AFTER INSERT OR DELETE OR UPDATE ON public.factor_recovery_confirmation FOR EACH ROW EXECUTE FUNCTION capture_factor_recovery_confirmation() -- always;
CREATE TRIGGER refuse_truncate BEFORE TRUNCATE ON public.factor_recovery_confirmation FOR EACH STATEMENT EXECUTE FUNCTION refuse_change() -- always;
grant delete, insert, select, update to holdfast_app;

table grant_approval (
  org_id uuid not null default current_org(),
  grant_id text not null,
  person_id text not null,
  requester_id text not null,
  request_hash text not null,
  at timestamp with time zone not null,
  constraint grant_approval_check CHECK ((person_id <> requester_id)),
  constraint grant_approval_org_id_fkey FOREIGN KEY (org_id) REFERENCES org(id),
  constraint grant_approval_org_id_grant_id_requester_id_request_hash_fkey FOREIGN KEY (org_id, grant_id, requester_id, request_hash) REFERENCES access_grant(org_id, id, requester_id, request_hash),
  constraint grant_approval_person_id_fkey FOREIGN KEY (person_id) REFERENCES person(id),
  constraint grant_approval_pkey PRIMARY KEY (org_id, grant_id, person_id)
);
-- row security, forced; owner holdfast_owner
policy base for all to holdfast_app using (true) with check (true);
policy tenant as restrictive for all to holdfast_app using ((org_id = ( SELECT current_org() AS current_org))) with check ((org_id = ( SELECT current_org() AS current_org)));
CREATE TRIGGER capture AFTER INSERT OR DELETE OR UPDATE ON public.grant_approval FOR EACH ROW EXECUTE FUNCTION capture_grant_approval() -- always;
CREATE TRIGGER refuse_holder BEFORE INSERT OR UPDATE ON public.grant_approval FOR EACH ROW EXECUTE FUNCTION refuse_holder();
CREATE TRIGGER refuse_truncate BEFORE TRUNCATE ON public.grant_approval FOR EACH STATEMENT EXECUTE FUNCTION refuse_change() -- always;
CREATE TRIGGER tell_of_access AFTER INSERT OR DELETE OR UPDATE ON public.grant_approval FOR EACH STATEMENT EXECUTE FUNCTION tell_of_access();
grant delete, insert, select, update to holdfast_app;

table grant_certificate (
  org_id uuid not null default current_org(),
  serial bigint not null,
  grant_id text not null,
  key_fingerprint text not null,
  issued_at timestamp with time zone not null,
  valid_before timestamp with time zone not null,
  constraint grant_certificate_serial_check CHECK ((serial > 0)),
  constraint grant_certificate_org_id_fkey FOREIGN KEY (org_id) REFERENCES org(id),
  constraint grant_certificate_org_id_grant_id_fkey FOREIGN KEY (org_id, grant_id) REFERENCES access_grant(org_id, id),
  constraint grant_certificate_pkey PRIMARY KEY (org_id, serial)
);
CREATE INDEX grant_certificate_grant ON public.grant_certificate USING btree (org_id, grant_id);
CREATE INDEX grant_certificate_live ON public.grant_certificate USING btree (org_id, valid_before);
-- row security, forced; owner holdfast_owner
policy base for all to holdfast_app using (true) with check (true);
policy tenant as restrictive for all to holdfast_app using ((org_id = ( SELECT current_org() AS current_org))) with check ((org_id = ( SELECT current_org() AS current_org)));
CREATE TRIGGER capture AFTER INSERT OR DELETE OR UPDATE ON public.grant_certificate FOR EACH ROW EXECUTE FUNCTION capture_grant_certificate() -- always;
CREATE TRIGGER refuse_truncate BEFORE TRUNCATE ON public.grant_certificate FOR EACH STATEMENT EXECUTE FUNCTION refuse_change() -- always;
grant delete, insert, select, update to holdfast_app;

table guess (
  name bytea not null,
  failures integer not null default 0,
  last_at timestamp with time zone not null default now(),
  blocked_until timestamp with time zone not null default '-infinity'::timestamp with time zone,
  welcome_at timestamp with time zone,
  constraint guess_pkey PRIMARY KEY (name)
);
CREATE INDEX guess_age ON public.guess USING btree (last_at);
-- row security, forced; owner holdfast_owner
policy gate for all to holdfast_gate using (true) with check (true);
grant delete, insert, select, update to holdfast_gate;

table host (
  org_id uuid not null default current_org(),
  id text not null,
  name text not null,
  environment text not null,
  labels text[] not null default '{}'::text[],
  address text not null,
  port integer not null,
  when_stale text not null,
  state text not null default 'waiting'::text,
  agent_id text,
  agent_secret_hash bytea,
  host_public_key text,
  created_at timestamp with time zone not null,
  enrolled_at timestamp with time zone,
  retired_at timestamp with time zone,
  agent_version text,
  acknowledged bigint,
  acknowledged_at timestamp with time zone,
  last_seen_at timestamp with time zone,
  recorder_login text,
  left_at timestamp with time zone,
  sshd_checked_at timestamp with time zone,
  sshd_accounts integer,
  sshd_ways text[],
  host_authority integer,
  certificate_ends_at timestamp with time zone,
  clock_skew_seconds integer,
  constraint host_address_check CHECK (((length(address) >= 1) AND (length(address) <= 253))),
  constraint host_check CHECK (((state = 'enrolled'::text) <= ((agent_id IS NOT NULL) AND (agent_secret_hash IS NOT NULL) AND (host_public_key IS NOT NULL)))),
  constraint host_check1 CHECK ((((sshd_checked_at IS NULL) = (sshd_ways IS NULL)) AND ((sshd_ways IS NULL) = (sshd_accounts IS NULL)))),
  constraint host_environment_check CHECK ((environment ~ '^[a-z0-9][a-z0-9-]{0,31}$'::text)),
  constraint host_name_check CHECK ((name ~ '^[a-z0-9][a-z0-9-]{0,62}$'::text)),
  constraint host_port_check CHECK (((port >= 1) AND (port <= 65535))),
  constraint host_recorder_login_check CHECK ((recorder_login ~ '^[a-z_][a-z0-9_-]{0,31}$'::text)),
  constraint host_sshd_accounts_check CHECK ((sshd_accounts >= 0)),
  constraint host_sshd_ways_check CHECK ((cardinality(sshd_ways) <= 20)),
  constraint host_state_check CHECK ((state = ANY (ARRAY['waiting'::text, 'enrolled'::text, 'retired'::text]))),
  constraint host_when_stale_check CHECK ((when_stale = ANY (ARRAY['refuse'::text, 'allow'::text]))),
  constraint host_org_id_fkey FOREIGN KEY (org_id) REFERENCES org(id),
  constraint host_pkey PRIMARY KEY (org_id, id)
);
CREATE UNIQUE INDEX host_agent_id ON public.host USING btree (agent_id);
CREATE UNIQUE INDEX host_name ON public.host USING btree (org_id, name) WHERE (state <> 'retired'::text);
-- row security, forced; owner holdfast_owner
policy base for all to holdfast_app using (true) with check (true);
policy gate for select to holdfast_gate using (true);
policy tenant as restrictive for all to holdfast_app using ((org_id = ( SELECT current_org() AS current_org))) with check ((org_id = ( SELECT current_org() AS current_org)));
CREATE TRIGGER capture AFTER INSERT OR DELETE OR UPDATE ON public.host FOR EACH ROW EXECUTE FUNCTION capture_host() -- always;
CREATE TRIGGER refuse_truncate BEFORE TRUNCATE ON public.host FOR EACH STATEMENT EXECUTE FUNCTION refuse_change() -- always;
grant delete, insert, select, update to holdfast_app;
grant select (org_id, id, state, agent_id, agent_secret_hash, retired_at, left_at) to holdfast_gate;

table host_enrolment (
  org_id uuid not null default current_org(),
  id text not null,
  token_hash bytea not null,
  host_id text not null,
  expires_at timestamp with time zone not null,
  used_at timestamp with time zone,
  created_at timestamp with time zone not null,
  constraint host_enrolment_org_id_fkey FOREIGN KEY (org_id) REFERENCES org(id),
  constraint host_enrolment_org_id_host_id_fkey FOREIGN KEY (org_id, host_id) REFERENCES host(org_id, id),
  constraint host_enrolment_pkey PRIMARY KEY (org_id, id)
);
CREATE INDEX host_enrolment_host ON public.host_enrolment USING btree (org_id, host_id);
CREATE INDEX host_enrolment_token ON public.host_enrolment USING btree (token_hash);
-- row security, forced; owner holdfast_owner
policy base for all to holdfast_app using (true) with check (true);
policy gate for select to holdfast_gate using (true);
policy tenant as restrictive for all to holdfast_app using ((org_id = ( SELECT current_org() AS current_org))) with check ((org_id = ( SELECT current_org() AS current_org)));
CREATE TRIGGER capture AFTER INSERT OR DELETE OR UPDATE ON public.host_enrolment FOR EACH ROW EXECUTE FUNCTION capture_host_enrolment() -- always;
CREATE TRIGGER refuse_truncate BEFORE TRUNCATE ON public.host_enrolment FOR EACH STATEMENT EXECUTE FUNCTION refuse_change() -- always;
grant delete, insert, select, update to holdfast_app;
grant select (org_id, token_hash, host_id) to holdfast_gate;

table host_refusal (
  org_id uuid not null default current_org(),
  id text not null,
  host_id text not null,
  at timestamp with time zone not null,
  login text,
  key_id text,
  reason text not null,
  constraint host_refusal_org_id_fkey FOREIGN KEY (org_id) REFERENCES org(id),
  constraint host_refusal_org_id_host_id_fkey FOREIGN KEY (org_id, host_id) REFERENCES host(org_id, id),
  constraint host_refusal_pkey PRIMARY KEY (org_id, id)
);
CREATE INDEX host_refusal_newest ON public.host_refusal USING btree (org_id, host_id, at DESC);
-- row security, forced; owner holdfast_owner
policy base for all to holdfast_app using (true) with check (true);
policy tenant as restrictive for all to holdfast_app using ((org_id = ( SELECT current_org() AS current_org))) with check ((org_id = ( SELECT current_org() AS current_org)));
CREATE TRIGGER capture AFTER INSERT OR DELETE OR UPDATE ON public.host_refusal FOR EACH ROW EXECUTE FUNCTION capture_host_refusal() -- always;
CREATE TRIGGER refuse_truncate BEFORE TRUNCATE ON public.host_refusal FOR EACH STATEMENT EXECUTE FUNCTION refuse_change() -- always;
grant delete, insert, select, update to holdfast_app;

table idempotency (
  org_id uuid not null default current_org(),
  principal text not null,
  key text not null,
  operation text not null,
  request_hash bytea not null,
  status integer,
  response_sealed bytea,
  created_at timestamp with time zone not null default now(),
  ledger_seq bigint,
  constraint idempotency_org_id_fkey FOREIGN KEY (org_id) REFERENCES org(id),
  constraint idempotency_pkey PRIMARY KEY (org_id, principal, key)
);
CREATE INDEX idempotency_age ON public.idempotency USING btree (org_id, created_at);
-- row security, forced; owner holdfast_owner
policy base for all to holdfast_app using (true) with check (true);
policy tenant as restrictive for all to holdfast_app using ((org_id = ( SELECT current_org() AS current_org))) with check ((org_id = ( SELECT current_org() AS current_org)));
CREATE TRIGGER refuse_truncate BEFORE TRUNCATE ON public.idempotency FOR EACH STATEMENT EXECUTE FUNCTION refuse_change() -- always;
grant delete, insert, select, update to holdfast_app;

table invitation (
  org_id uuid not null default current_org(),
  id text not null,
  email_index bytea not null,
  email_sealed bytea not null,
  role text not null,
  token_hash bytea not null,
  invited_by text not null,
  created_at timestamp with time zone not null default now(),
  expires_at timestamp with time zone not null,
  accepted_at timestamp with time zone,
  revoked_at timestamp with time zone,
  founding boolean not null default false,
  constraint invitation_role_check CHECK ((role = ANY (ARRAY['owner'::text, 'admin'::text, 'reviewer'::text, 'member'::text, 'viewer'::text]))),
  constraint invitation_invited_by_fkey FOREIGN KEY (invited_by) REFERENCES person(id),
  constraint invitation_org_id_fkey FOREIGN KEY (org_id) REFERENCES org(id),
  constraint invitation_pkey PRIMARY KEY (org_id, id)
);
CREATE UNIQUE INDEX invitation_open ON public.invitation USING btree (org_id, email_index) WHERE ((accepted_at IS NULL) AND (revoked_at IS NULL));
CREATE INDEX invitation_token ON public.invitation USING btree (token_hash);
-- row security, forced; owner holdfast_owner
policy base for all to holdfast_app using (true) with check (true);
policy gate for select to holdfast_gate using (true);
policy tenant as restrictive for all to holdfast_app using ((org_id = ( SELECT current_org() AS current_org))) with check ((org_id = ( SELECT current_org() AS current_org)));
CREATE TRIGGER capture AFTER INSERT OR DELETE OR UPDATE ON public.invitation FOR EACH ROW EXECUTE FUNCTION capture_invitation() -- always;
CREATE TRIGGER refuse_truncate BEFORE TRUNCATE ON public.invitation FOR EACH STATEMENT EXECUTE FUNCTION refuse_change() -- always;
grant delete, insert, select, update to holdfast_app;
grant select (org_id, id, email_index, role, token_hash, invited_by, expires_at, accepted_at, revoked_at, founding) to holdfast_gate;

table ledger (
  org_id uuid not null,
  seq bigint not null,
  at_us bigint not null,
  prev bytea not null,
  hash bytea not null,
  body text not null,
  constraint ledger_pkey PRIMARY KEY (org_id, seq)
);
-- row security, forced; owner holdfast_owner
policy base for all to holdfast_app using (true) with check (true);
policy ledger for all to holdfast_ledger using (true) with check (true);
policy tenant as restrictive for all to holdfast_app using ((org_id = ( SELECT current_org() AS current_org))) with check ((org_id = ( SELECT current_org() AS current_org)));
CREATE TRIGGER refuse_change BEFORE DELETE OR UPDATE OR TRUNCATE ON public.ledger FOR EACH STATEMENT EXECUTE FUNCTION refuse_change() -- always;
grant select to holdfast_app;
grant insert, select to holdfast_ledger;

table ledger_checkpoint (
  org_id uuid not null,
  size bigint not null,
  root bytea not null,
  head bytea not null,
  note text not null,
  created_at timestamp with time zone not null default now(),
  constraint ledger_checkpoint_size_check CHECK ((size > 0)),
  constraint ledger_checkpoint_pkey PRIMARY KEY (org_id, size)
);
-- row security, forced; owner holdfast_owner
policy base for all to holdfast_app using (true) with check (true);
policy tenant as restrictive for all to holdfast_app using ((org_id = ( SELECT current_org() AS current_org))) with check ((org_id = ( SELECT current_org() AS current_org)));
CREATE TRIGGER refuse_change BEFORE DELETE OR UPDATE OR TRUNCATE ON public.ledger_checkpoint FOR EACH STATEMENT EXECUTE FUNCTION refuse_change() -- always;
grant insert, select to holdfast_app;

table ledger_pending (
  xact xid8 not null,
  n bigint not null generated always as identity,
  org_id uuid,
  change text not null,
  recorded boolean not null default false,
  constraint recorded_in_ledger FOREIGN KEY (recorded) REFERENCES ledger_recorded(recorded) DEFERRABLE INITIALLY DEFERRED,
  constraint ledger_pending_pkey PRIMARY KEY (xact, n)
);

table ledger_recorded (
  recorded boolean not null,
  constraint ledger_recorded_pkey PRIMARY KEY (recorded)
);

table live_session (
  org_id uuid not null default current_org(),
  id text not null,
  host_id text not null,
  grant_id text not null,
  login text not null,
  started_at timestamp with time zone not null,
  told_at timestamp with time zone,
  ended_at timestamp with time zone,
  end_reason text,
  survivors integer,
  constraint live_session_end_reason_check CHECK ((end_reason = ANY (ARRAY['closed'::text, 'expired'::text, 'revoked'::text, 'refused'::text, 'unknown'::text]))),
  constraint live_session_org_id_fkey FOREIGN KEY (org_id) REFERENCES org(id),
  constraint live_session_org_id_grant_id_fkey FOREIGN KEY (org_id, grant_id) REFERENCES access_grant(org_id, id),
  constraint live_session_org_id_host_id_fkey FOREIGN KEY (org_id, host_id) REFERENCES host(org_id, id),
  constraint live_session_pkey PRIMARY KEY (org_id, id)
);
CREATE INDEX live_session_grant ON public.live_session USING btree (org_id, grant_id);
CREATE INDEX live_session_host ON public.live_session USING btree (org_id, host_id, started_at DESC);
-- row security, forced; owner holdfast_owner
policy base for all to holdfast_app using (true) with check (true);
policy tenant as restrictive for all to holdfast_app using ((org_id = ( SELECT current_org() AS current_org))) with check ((org_id = ( SELECT current_org() AS current_org)));
CREATE TRIGGER capture AFTER INSERT OR DELETE OR UPDATE ON public.live_session FOR EACH ROW EXECUTE FUNCTION capture_live_session() -- always;
CREATE TRIGGER refuse_truncate BEFORE TRUNCATE ON public.live_session FOR EACH STATEMENT EXECUTE FUNCTION refuse_change() -- always;
grant delete, insert, select, update to holdfast_app;

table mail (
  org_id uuid not null default current_org(),
  id text not null,
  person_id text,
  to_sealed bytea not null,
  subject_sealed bytea not null,
  text_sealed bytea,
  state text not null default 'queued'::text,
  failure text,
  created_at timestamp with time zone not null default now(),
  sent_at timestamp with time zone,
  constraint mail_state_check CHECK ((state = ANY (ARRAY['queued'::text, 'sent'::text, 'held'::text, 'failed'::text]))),
  constraint mail_org_id_fkey FOREIGN KEY (org_id) REFERENCES org(id),
  constraint mail_person_id_fkey FOREIGN KEY (person_id) REFERENCES person(id),
  constraint mail_pkey PRIMARY KEY (org_id, id)
);
-- row security, forced; owner holdfast_owner
policy base for all to holdfast_app using (true) with check (true);
policy tenant as restrictive for all to holdfast_app using ((org_id = ( SELECT current_org() AS current_org))) with check ((org_id = ( SELECT current_org() AS current_org)));
CREATE TRIGGER capture AFTER INSERT OR DELETE OR UPDATE ON public.mail FOR EACH ROW EXECUTE FUNCTION capture_mail() -- always;
CREATE TRIGGER refuse_truncate BEFORE TRUNCATE ON public.mail FOR EACH STATEMENT EXECUTE FUNCTION refuse_change() -- always;
grant delete, insert, select, update to holdfast_app;

table managed_database (
  org_id uuid not null default current_org(),
  id text not null,
  name text not null,
  environment text not null,
  labels text[] not null,
  address text not null,
  port integer not null,
  database text not null,
  profiles jsonb not null,
  administrator text not null,
  password_sealed bytea,
  ca text,
  state text not null default 'active'::text,
  created_at timestamp with time zone not null,
  retired_at timestamp with time zone,
  checked_at timestamp with time zone,
  trouble text,
  constraint managed_database_address_check CHECK (((length(address) >= 1) AND (length(address) <= 253))),
  constraint managed_database_check CHECK (((password_sealed IS NOT NULL) OR (state = 'retired'::text))),
  constraint managed_database_environment_check CHECK ((environment ~ '^[a-z0-9][a-z0-9-]{0,31}$'::text)),
  constraint managed_database_name_check CHECK ((name ~ '^[a-z0-9][a-z0-9-]{0,62}$'::text)),
  constraint managed_database_port_check CHECK (((port >= 1) AND (port <= 65535))),
  constraint managed_database_state_check CHECK ((state = ANY (ARRAY['active'::text, 'retired'::text]))),
  constraint managed_database_org_id_fkey FOREIGN KEY (org_id) REFERENCES org(id),
  constraint managed_database_pkey PRIMARY KEY (org_id, id)
);
CREATE UNIQUE INDEX managed_database_name ON public.managed_database USING btree (org_id, name) WHERE (state = 'active'::text);
-- row security, forced; owner holdfast_owner
policy base for all to holdfast_app using (true) with check (true);
policy tenant as restrictive for all to holdfast_app using ((org_id = ( SELECT current_org() AS current_org))) with check ((org_id = ( SELECT current_org() AS current_org)));
CREATE TRIGGER capture AFTER INSERT OR DELETE OR UPDATE ON public.managed_database FOR EACH ROW EXECUTE FUNCTION capture_managed_database() -- always;
CREATE TRIGGER database_is_fixed BEFORE UPDATE ON public.managed_database FOR EACH ROW EXECUTE FUNCTION refuse_other_database();
CREATE TRIGGER refuse_truncate BEFORE TRUNCATE ON public.managed_database FOR EACH STATEMENT EXECUTE FUNCTION refuse_change() -- always;
grant delete, insert, select, update to holdfast_app;

table membership (
  org_id uuid not null default current_org(),
  person_id text not null,
  role text not null,
  version integer not null default 1,
  created_at timestamp with time zone not null default now(),
  role_by text not null default 'person'::text,
  sessions_ended_at timestamp with time zone,
  constraint membership_role_by_check CHECK ((role_by = ANY (ARRAY['person'::text, 'directory'::text]))),
  constraint membership_role_check CHECK ((role = ANY (ARRAY['owner'::text, 'admin'::text, 'reviewer'::text, 'member'::text, 'viewer'::text]))),
  constraint no_owner_by_directory CHECK ((NOT ((role = 'owner'::text) AND (role_by = 'directory'::text)))),
  constraint membership_org_id_fkey FOREIGN KEY (org_id) REFERENCES org(id),
  constraint membership_person_id_fkey FOREIGN KEY (person_id) REFERENCES person(id),
  constraint membership_pkey PRIMARY KEY (org_id, person_id),
  constraint keep_owner TRIGGER DEFERRABLE INITIALLY DEFERRED
);
CREATE INDEX membership_person ON public.membership USING btree (person_id);
-- row security, forced; owner holdfast_owner
policy base for all to holdfast_app using (true) with check (true);
policy gate for select to holdfast_gate using (true);
policy tenant as restrictive for all to holdfast_app using ((org_id = ( SELECT current_org() AS current_org))) with check ((org_id = ( SELECT current_org() AS current_org)));
CREATE TRIGGER capture AFTER INSERT OR DELETE OR UPDATE ON public.membership FOR EACH ROW EXECUTE FUNCTION capture_membership() -- always;
CREATE CONSTRAINT TRIGGER keep_owner AFTER DELETE OR UPDATE ON public.membership DEFERRABLE INITIALLY DEFERRED FOR EACH ROW WHEN ((old.role = 'owner'::text)) EXECUTE FUNCTION keep_owner() -- always;
CREATE TRIGGER refuse_truncate BEFORE TRUNCATE ON public.membership FOR EACH STATEMENT EXECUTE FUNCTION refuse_change() -- always;
grant delete, insert, select, update to holdfast_app;
grant select (org_id, person_id, role, version, sessions_ended_at) to holdfast_gate;

table migration (
  name text not null,
  sha256 text not null,
  applied_at timestamp with time zone not null default now(),
  constraint migration_pkey PRIMARY KEY (name)
);
grant select to holdfast_app;

table obligation (
  org_id uuid not null default current_org(),
  id text not null,
  kind text not null,
  subject text not null,
  label_sealed bytea not null,
  person_id text,
  role text,
  opened_at timestamp with time zone not null,
  due_at timestamp with time zone not null,
  calendar_version integer not null,
  terms jsonb not null,
  plan jsonb not null,
  rebased_from text,
  reason text,
  constraint obligation_check CHECK (((person_id IS NULL) <> (role IS NULL))),
  constraint obligation_check1 CHECK (((rebased_from IS NULL) = (reason IS NULL))),
  constraint obligation_role_check CHECK ((role = ANY (ARRAY['owner'::text, 'admin'::text, 'reviewer'::text, 'member'::text, 'viewer'::text]))),
  constraint obligation_subject_check CHECK (((length(subject) >= 1) AND (length(subject) <= 100))),
  constraint obligation_org_id_fkey FOREIGN KEY (org_id) REFERENCES org(id),
  constraint obligation_org_id_rebased_from_fkey FOREIGN KEY (org_id, rebased_from) REFERENCES obligation(org_id, id),
  constraint obligation_person_id_fkey FOREIGN KEY (person_id) REFERENCES person(id),
  constraint obligation_pkey PRIMARY KEY (org_id, id)
);
CREATE INDEX obligation_subject ON public.obligation USING btree (org_id, subject);
-- row security, forced; owner holdfast_owner
policy base for all to holdfast_app using (true) with check (true);
policy tenant as restrictive for all to holdfast_app using ((org_id = ( SELECT current_org() AS current_org))) with check ((org_id = ( SELECT current_org() AS current_org)));
CREATE TRIGGER capture AFTER INSERT OR DELETE OR UPDATE ON public.obligation FOR EACH ROW EXECUTE FUNCTION capture_obligation() -- always;
CREATE TRIGGER refuse_change BEFORE DELETE OR UPDATE ON public.obligation FOR EACH STATEMENT EXECUTE FUNCTION refuse_change() -- always;
CREATE TRIGGER refuse_truncate BEFORE TRUNCATE ON public.obligation FOR EACH STATEMENT EXECUTE FUNCTION refuse_change() -- always;
grant insert, select to holdfast_app;

table obligation_clock (
  org_id uuid not null default current_org(),
  obligation_id text not null,
  kind text not null,
  subject text not null,
  person_id text not null default ''::text,
  role text,
  due_at timestamp with time zone not null,
  wake_at timestamp with time zone,
  paused boolean not null default false,
  constraint obligation_clock_org_id_fkey FOREIGN KEY (org_id) REFERENCES org(id),
  constraint obligation_clock_org_id_obligation_id_fkey FOREIGN KEY (org_id, obligation_id) REFERENCES obligation(org_id, id) DEFERRABLE INITIALLY DEFERRED,
  constraint obligation_clock_pkey PRIMARY KEY (org_id, obligation_id)
);
CREATE INDEX obligation_clock_due ON public.obligation_clock USING btree (org_id, due_at, obligation_id);
CREATE UNIQUE INDEX obligation_clock_once ON public.obligation_clock USING btree (org_id, kind, subject, person_id);
CREATE INDEX obligation_clock_wake ON public.obligation_clock USING btree (wake_at) WHERE (wake_at IS NOT NULL);
-- row security, forced; owner holdfast_owner
policy base for all to holdfast_app using (true) with check (true);
policy gate for select to holdfast_gate using (true);
policy tenant as restrictive for all to holdfast_app using ((org_id = ( SELECT current_org() AS current_org))) with check ((org_id = ( SELECT current_org() AS current_org)));
CREATE TRIGGER refuse_truncate BEFORE TRUNCATE ON public.obligation_clock FOR EACH STATEMENT EXECUTE FUNCTION refuse_change() -- always;
grant delete, insert, select, update to holdfast_app;
grant select (org_id, kind, due_at, wake_at) to holdfast_gate;

table obligation_event (
  org_id uuid not null default current_org(),
  obligation_id text not null,
  step text not null,
  kind text not null,
  at timestamp with time zone not null,
  planned_at timestamp with time zone,
  person_id text,
  escalated_to text,
  reason text,
  due_at timestamp with time zone not null,
  plan jsonb,
  constraint obligation_event_check CHECK (((step = 'ended'::text) = (kind = ANY (ARRAY['met'::text, 'withdrawn'::text, 'rebased'::text])))),
  constraint obligation_event_kind_check CHECK ((kind = ANY (ARRAY['warned'::text, 'skipped'::text, 'breached'::text, 'escalated'::text, 'paused'::text, 'resumed'::text, 'met'::text, 'withdrawn'::text, 'rebased'::text]))),
  constraint obligation_event_org_id_fkey FOREIGN KEY (org_id) REFERENCES org(id),
  constraint obligation_event_org_id_obligation_id_fkey FOREIGN KEY (org_id, obligation_id) REFERENCES obligation(org_id, id),
  constraint obligation_event_person_id_fkey FOREIGN KEY (person_id) REFERENCES person(id),
  constraint obligation_event_pkey PRIMARY KEY (org_id, obligation_id, step)
);
CREATE INDEX obligation_event_ended ON public.obligation_event USING btree (org_id, at, obligation_id) WHERE (step = 'ended'::text);
-- row security, forced; owner holdfast_owner
policy base for all to holdfast_app using (true) with check (true);
policy tenant as restrictive for all to holdfast_app using ((org_id = ( SELECT current_org() AS current_org))) with check ((org_id = ( SELECT current_org() AS current_org)));
CREATE TRIGGER capture AFTER INSERT OR DELETE OR UPDATE ON public.obligation_event FOR EACH ROW EXECUTE FUNCTION capture_obligation_event() -- always;
CREATE TRIGGER refuse_change BEFORE DELETE OR UPDATE ON public.obligation_event FOR EACH STATEMENT EXECUTE FUNCTION refuse_change() -- always;
CREATE TRIGGER refuse_truncate BEFORE TRUNCATE ON public.obligation_event FOR EACH STATEMENT EXECUTE FUNCTION refuse_change() -- always;
grant insert, select to holdfast_app;

table org (
  id uuid not null,
  org_id uuid not null generated always as (id) stored,
  slug text not null,
  name text not null,
  region text not null default 'eu'::text,
  plan text not null default 'starter'::text,
  is_operator boolean not null default false,
  created_at timestamp with time zone not null default now(),
  require_mfa boolean not null default false,
  plan_ends_at timestamp with time zone,
  plan_before text,
  session_minutes integer,
  idle_minutes integer,
  lock_minutes integer,
  networks text[] not null default '{}'::text[],
  sign_in_methods text[] not null default '{password,passkey,sso}'::text[],
  constraint org_idle_minutes_check CHECK (((idle_minutes >= 15) AND (idle_minutes <= 10080))),
  constraint org_lock_minutes_check CHECK (((lock_minutes >= 5) AND (lock_minutes <= 720))),
  constraint org_name_check CHECK (((length(name) >= 1) AND (length(name) <= 200))),
  constraint org_networks_check CHECK ((cardinality(networks) <= 50)),
  constraint org_operator_plan CHECK (((NOT is_operator) OR (plan_ends_at IS NULL))),
  constraint org_plan CHECK ((plan = ANY (ARRAY['starter'::text, 'growth'::text, 'enterprise'::text]))),
  constraint org_plan_before_check CHECK ((plan_before = ANY (ARRAY['growth'::text, 'enterprise'::text]))),
  constraint org_session_minutes_check CHECK (((session_minutes >= 15) AND (session_minutes <= 43200))),
  constraint org_sign_in_methods_check CHECK ((('passkey'::text = ANY (sign_in_methods)) AND (sign_in_methods <@ '{password,passkey,sso}'::text[]))),
  constraint org_slug_check CHECK ((slug ~ '^[a-z0-9][a-z0-9-]{1,62}$'::text)),
  constraint org_pkey PRIMARY KEY (id),
  constraint org_slug_key UNIQUE (slug)
);
CREATE UNIQUE INDEX org_one_operator ON public.org USING btree (is_operator) WHERE is_operator;
-- row security, forced; owner holdfast_owner
policy base for all to holdfast_app using (true) with check (true);
policy gate for select to holdfast_gate using (true);
policy tenant as restrictive for all to holdfast_app using ((org_id = ( SELECT current_org() AS current_org))) with check ((org_id = ( SELECT current_org() AS current_org)));
CREATE TRIGGER capture AFTER INSERT OR DELETE OR UPDATE ON public.org FOR EACH ROW EXECUTE FUNCTION capture_org() -- always;
CREATE TRIGGER refuse_truncate BEFORE TRUNCATE ON public.org FOR EACH STATEMENT EXECUTE FUNCTION refuse_change() -- always;
grant delete, insert, select to holdfast_app;
grant update (slug, name, region, plan, require_mfa, plan_ends_at, plan_before, session_minutes, idle_minutes, lock_minutes, networks, sign_in_methods) to holdfast_app;
grant select (id, slug, name, region, plan, is_operator, created_at, require_mfa, session_minutes, idle_minutes, lock_minutes, networks, sign_in_methods) to holdfast_gate;

table passkey (
  person_id text not null,
  id text not null,
  credential_hash bytea not null,
  credential_sealed bytea not null,
  label_sealed bytea not null,
  sign_count bigint not null,
  backed_up boolean not null,
  created_at timestamp with time zone not null default now(),
  last_used_at timestamp with time zone,
  constraint passkey_person_id_fkey FOREIGN KEY (person_id) REFERENCES person(id),
  constraint passkey_pkey PRIMARY KEY (person_id, id),
  constraint passkey_credential_hash_key UNIQUE (credential_hash)
);
-- row security, forced; owner holdfast_owner
policy base for all to holdfast_app using (true) with check (true);
policy gate for select to holdfast_gate using (true);
policy tenant as restrictive for all to holdfast_app using ((person_id = ( SELECT current_person() AS current_person))) with check ((person_id = ( SELECT current_person() AS current_person)));
CREATE TRIGGER capture AFTER INSERT OR DELETE OR UPDATE ON public.passkey FOR EACH ROW EXECUTE FUNCTION capture_passkey() -- always;
CREATE TRIGGER refuse_truncate BEFORE TRUNCATE ON public.passkey FOR EACH STATEMENT EXECUTE FUNCTION refuse_change() -- always;
grant delete, insert, select, update to holdfast_app;
grant select (person_id, credential_hash) to holdfast_gate;

table passkey_challenge_used (
  challenge_hash bytea not null,
  expires_at timestamp with time zone not null,
  constraint passkey_challenge_used_pkey PRIMARY KEY (challenge_hash)
);
CREATE INDEX passkey_challenge_used_age ON public.passkey_challenge_used USING btree (expires_at);
-- row security, forced; owner holdfast_owner
policy gate for all to holdfast_gate using (true) with check (true);
grant delete, insert, select to holdfast_gate;

table password_reset (
  id text not null,
  person_id text not null,
  token_hash bytea not null,
  created_at timestamp with time zone not null default now(),
  expires_at timestamp with time zone not null,
  used_at timestamp with time zone,
  constraint password_reset_person_id_fkey FOREIGN KEY (person_id) REFERENCES person(id),
  constraint password_reset_pkey PRIMARY KEY (id),
  constraint password_reset_token_hash_key UNIQUE (token_hash)
);
CREATE INDEX password_reset_person ON public.password_reset USING btree (person_id);
-- row security, forced; owner holdfast_owner
policy base for all to holdfast_app using (true) with check (true);
policy gate for select to holdfast_gate using (true);
policy tenant as restrictive for all to holdfast_app using ((person_id = ( SELECT current_person() AS current_person))) with check ((person_id = ( SELECT current_person() AS current_person)));
CREATE TRIGGER capture AFTER INSERT OR DELETE OR UPDATE ON public.password_reset FOR EACH ROW EXECUTE FUNCTION capture_password_reset() -- always;
CREATE TRIGGER refuse_truncate BEFORE TRUNCATE ON public.password_reset FOR EACH STATEMENT EXECUTE FUNCTION refuse_change() -- always;
grant delete, insert, select, update to holdfast_app;
grant select to holdfast_gate;

table person (
  id text not null,
  email_index bytea,
  email_sealed bytea,
  name_sealed bytea,
  password_hash text,
  state text not null default 'active'::text,
  mfa_enrolled_at timestamp with time zone,
  created_at timestamp with time zone not null default now(),
  updated_at timestamp with time zone not null default now(),
  constraint person_state_check CHECK ((state = ANY (ARRAY['invited'::text, 'active'::text, 'suspended'::text, 'erased'::text]))),
  constraint person_pkey PRIMARY KEY (id),
  constraint person_email_index_key UNIQUE (email_index)
);
-- row security, forced; owner holdfast_owner
policy base for all to holdfast_app using (true) with check (true);
policy gate for select to holdfast_gate using (true);
policy tenant as restrictive for select to holdfast_app using (((id = ( SELECT current_person() AS current_person)) OR (EXISTS ( SELECT
   FROM membership m
  WHERE ((m.org_id = ( SELECT current_org() AS current_org)) AND (m.person_id = person.id))))));
policy tenant_delete as restrictive for delete to holdfast_app using ((id = ( SELECT current_person() AS current_person)));
policy tenant_insert as restrictive for insert to holdfast_app with check ((id = ( SELECT current_person() AS current_person)));
policy tenant_update as restrictive for update to holdfast_app using ((id = ( SELECT current_person() AS current_person))) with check ((id = ( SELECT current_person() AS current_person)));
CREATE TRIGGER capture AFTER INSERT OR DELETE OR UPDATE ON public.person FOR EACH ROW EXECUTE FUNCTION capture_person() -- always;
CREATE TRIGGER refuse_truncate BEFORE TRUNCATE ON public.person FOR EACH STATEMENT EXECUTE FUNCTION refuse_change() -- always;
grant delete, insert, update to holdfast_app;
grant select (id, email_index, email_sealed, name_sealed, state, mfa_enrolled_at, created_at, updated_at) to holdfast_app;
grant select (id, email_index, password_hash, state, mfa_enrolled_at) to holdfast_gate;

table platform_secret (
  name text not null,
  version integer not null,
  sealed bytea not null,
  state text not null default 'active'::text,
  created_at timestamp with time zone not null default now(),
  constraint platform_secret_state_check CHECK ((state = ANY (ARRAY['active'::text, 'retired'::text]))),
  constraint platform_secret_pkey PRIMARY KEY (name, version)
);
-- row security, forced; owner holdfast_owner
policy base for all to holdfast_app using (true) with check (true);
policy tenant as restrictive for select to holdfast_app using (true);
policy tenant_delete as restrictive for delete to holdfast_app using (( SELECT may_operate() AS may_operate));
policy tenant_insert as restrictive for insert to holdfast_app with check (( SELECT may_operate() AS may_operate));
policy tenant_update as restrictive for update to holdfast_app using (( SELECT may_operate() AS may_operate)) with check (( SELECT may_operate() AS may_operate));
CREATE TRIGGER refuse_truncate BEFORE TRUNCATE ON public.platform_secret FOR EACH STATEMENT EXECUTE FUNCTION refuse_change() -- always;
grant delete, insert, select, update to holdfast_app;

table policy (
  org_id uuid not null default current_org(),
  id text not null,
  title text not null,
  owner_id text not null,
  promises text[] not null default '{}'::text[],
  review_every_days integer not null,
  retired_at timestamp with time zone,
  reminded_on date,
  created_at timestamp with time zone not null default now(),
  required_at_once boolean not null default false,
  constraint policy_review_every_days_check CHECK (((review_every_days >= 1) AND (review_every_days <= 1100))),
  constraint policy_title_check CHECK (((length(title) >= 1) AND (length(title) <= 200))),
  constraint policy_org_id_fkey FOREIGN KEY (org_id) REFERENCES org(id),
  constraint policy_owner_id_fkey FOREIGN KEY (owner_id) REFERENCES person(id),
  constraint policy_pkey PRIMARY KEY (org_id, id)
);
-- row security, forced; owner holdfast_owner
policy base for all to holdfast_app using (true) with check (true);
policy tenant as restrictive for all to holdfast_app using ((org_id = ( SELECT current_org() AS current_org))) with check ((org_id = ( SELECT current_org() AS current_org)));
CREATE TRIGGER capture AFTER INSERT OR DELETE OR UPDATE ON public.policy FOR EACH ROW EXECUTE FUNCTION capture_policy() -- always;
CREATE TRIGGER refuse_truncate BEFORE TRUNCATE ON public.policy FOR EACH STATEMENT EXECUTE FUNCTION refuse_change() -- always;
grant delete, insert, select, update to holdfast_app;

table policy_acknowledgement (
  org_id uuid not null default current_org(),
  version_id text not null,
  person_id text not null,
  at timestamp with time zone not null,
  statement text not null,
  signature text not null,
  constraint policy_acknowledgement_org_id_fkey FOREIGN KEY (org_id) REFERENCES org(id),
  constraint policy_acknowledgement_org_id_version_id_fkey FOREIGN KEY (org_id, version_id) REFERENCES policy_version(org_id, id),
  constraint policy_acknowledgement_person_id_fkey FOREIGN KEY (person_id) REFERENCES person(id),
  constraint policy_acknowledgement_pkey PRIMARY KEY (org_id, version_id, person_id)
);
-- row security, forced; owner holdfast_owner
policy base for all to holdfast_app using (true) with check (true);
policy tenant as restrictive for all to holdfast_app using ((org_id = ( SELECT current_org() AS current_org))) with check ((org_id = ( SELECT current_org() AS current_org)));
CREATE TRIGGER capture AFTER INSERT OR DELETE OR UPDATE ON public.policy_acknowledgement FOR EACH ROW EXECUTE FUNCTION capture_policy_acknowledgement() -- always;
CREATE TRIGGER refuse_truncate BEFORE TRUNCATE ON public.policy_acknowledgement FOR EACH STATEMENT EXECUTE FUNCTION refuse_change() -- always;
grant delete, insert, select, update to holdfast_app;

table policy_version (
  org_id uuid not null default current_org(),
  id text not null,
  policy_id text not null,
  number integer not null,
  state text not null default 'draft'::text,
  format text not null,
  content_sealed bytea not null,
  bytes integer not null,
  sha256 text not null,
  note text not null,
  author_id text not null,
  editors text[] not null default '{}'::text[],
  created_at timestamp with time zone not null default now(),
  submitted_at timestamp with time zone,
  approved_by text,
  approved_at timestamp with time zone,
  published_at timestamp with time zone,
  acknowledge_by date,
  review_comment text,
  constraint policy_version_check CHECK (((approved_by IS NULL) OR (NOT (approved_by = ANY (editors))))),
  constraint policy_version_format_check CHECK ((format = ANY (ARRAY['markdown'::text, 'pdf'::text]))),
  constraint policy_version_number_check CHECK ((number > 0)),
  constraint policy_version_state_check CHECK ((state = ANY (ARRAY['draft'::text, 'in_review'::text, 'approved'::text, 'published'::text, 'superseded'::text, 'rejected'::text]))),
  constraint policy_version_approved_by_fkey FOREIGN KEY (approved_by) REFERENCES person(id),
  constraint policy_version_author_id_fkey FOREIGN KEY (author_id) REFERENCES person(id),
  constraint policy_version_org_id_fkey FOREIGN KEY (org_id) REFERENCES org(id),
  constraint policy_version_org_id_policy_id_fkey FOREIGN KEY (org_id, policy_id) REFERENCES policy(org_id, id),
  constraint policy_version_pkey PRIMARY KEY (org_id, id),
  constraint policy_version_org_id_policy_id_number_key UNIQUE (org_id, policy_id, number)
);
CREATE UNIQUE INDEX policy_version_open ON public.policy_version USING btree (org_id, policy_id) WHERE (state = ANY (ARRAY['draft'::text, 'in_review'::text, 'approved'::text]));
CREATE UNIQUE INDEX policy_version_published ON public.policy_version USING btree (org_id, policy_id) WHERE (state = 'published'::text);
-- row security, forced; owner holdfast_owner
policy base for all to holdfast_app using (true) with check (true);
policy tenant as restrictive for all to holdfast_app using ((org_id = ( SELECT current_org() AS current_org))) with check ((org_id = ( SELECT current_org() AS current_org)));
CREATE TRIGGER capture AFTER INSERT OR DELETE OR UPDATE ON public.policy_version FOR EACH ROW EXECUTE FUNCTION capture_policy_version() -- always;
CREATE TRIGGER refuse_truncate BEFORE TRUNCATE ON public.policy_version FOR EACH STATEMENT EXECUTE FUNCTION refuse_change() -- always;
grant delete, insert, select, update to holdfast_app;

table promise_check (
  org_id uuid not null default current_org(),
  promise text not null,
  kept boolean not null,
  proof text not null,
  checked_at timestamp with time zone not null,
  constraint promise_check_org_id_fkey FOREIGN KEY (org_id) REFERENCES org(id),
  constraint promise_check_pkey PRIMARY KEY (org_id, promise)
);
-- row security, forced; owner holdfast_owner
policy base for all to holdfast_app using (true) with check (true);
policy tenant as restrictive for all to holdfast_app using ((org_id = ( SELECT current_org() AS current_org))) with check ((org_id = ( SELECT current_org() AS current_org)));
CREATE TRIGGER capture AFTER INSERT OR DELETE OR UPDATE ON public.promise_check FOR EACH ROW EXECUTE FUNCTION capture_promise_check() -- always;
CREATE TRIGGER refuse_truncate BEFORE TRUNCATE ON public.promise_check FOR EACH STATEMENT EXECUTE FUNCTION refuse_change() -- always;
grant delete, insert, select, update to holdfast_app;

table protected_table (
  name text not null,
  kind text not null,
  columns text[] not null,
  secret text[] not null,
  quiet text[] not null,
  constraint protected_table_kind_check CHECK ((kind = ANY (ARRAY['tenant'::text, 'identity'::text, 'plumbing'::text, 'platform'::text]))),
  constraint protected_table_pkey PRIMARY KEY (name)
);
grant select to holdfast_app;

table recording (
  org_id uuid not null default current_org(),
  id text not null,
  grant_id text not null,
  bastion_id text not null,
  session_id text not null,
  kind text not null,
  command_sealed bytea,
  columns integer not null,
  lines integer not null,
  started_at timestamp with time zone not null,
  state text not null default 'running'::text,
  chunks integer not null default 0,
  characters bigint not null default 0,
  head text not null,
  last_at timestamp with time zone not null,
  ended_at timestamp with time zone,
  exit_code integer,
  constraint recording_check CHECK (((state = 'running'::text) = (ended_at IS NULL))),
  constraint recording_columns_check CHECK (((columns >= 1) AND (columns <= 10000))),
  constraint recording_head_check CHECK ((head ~ '^[0-9a-f]{64}$'::text)),
  constraint recording_kind_check CHECK ((kind = ANY (ARRAY['terminal'::text, 'command'::text, 'transfer'::text]))),
  constraint recording_lines_check CHECK (((lines >= 1) AND (lines <= 10000))),
  constraint recording_state_check CHECK ((state = ANY (ARRAY['running'::text, 'complete'::text, 'cut_off'::text]))),
  constraint recording_org_id_bastion_id_fkey FOREIGN KEY (org_id, bastion_id) REFERENCES host(org_id, id),
  constraint recording_org_id_fkey FOREIGN KEY (org_id) REFERENCES org(id),
  constraint recording_org_id_grant_id_fkey FOREIGN KEY (org_id, grant_id) REFERENCES access_grant(org_id, id),
  constraint recording_pkey PRIMARY KEY (org_id, id)
);
CREATE INDEX recording_age ON public.recording USING btree (org_id, started_at);
CREATE INDEX recording_bastion ON public.recording USING btree (org_id, bastion_id);
CREATE INDEX recording_grant ON public.recording USING btree (org_id, grant_id);
CREATE INDEX recording_running ON public.recording USING btree (org_id, last_at) WHERE (state = 'running'::text);
-- row security, forced; owner holdfast_owner
policy base for all to holdfast_app using (true) with check (true);
policy tenant as restrictive for all to holdfast_app using ((org_id = ( SELECT current_org() AS current_org))) with check ((org_id = ( SELECT current_org() AS current_org)));
CREATE TRIGGER capture AFTER INSERT OR DELETE OR UPDATE ON public.recording FOR EACH ROW EXECUTE FUNCTION capture_recording() -- always;
CREATE TRIGGER refuse_truncate BEFORE TRUNCATE ON public.recording FOR EACH STATEMENT EXECUTE FUNCTION refuse_change() -- always;
grant delete, insert, select, update to holdfast_app;

table recording_chunk (
  org_id uuid not null default current_org(),
  recording_id text not null,
  index integer not null,
  hash text not null,
  content_sealed bytea not null,
  at timestamp with time zone not null,
  constraint recording_chunk_hash_check CHECK ((hash ~ '^[0-9a-f]{64}$'::text)),
  constraint recording_chunk_index_check CHECK ((index >= 0)),
  constraint recording_chunk_org_id_fkey FOREIGN KEY (org_id) REFERENCES org(id),
  constraint recording_chunk_org_id_recording_id_fkey FOREIGN KEY (org_id, recording_id) REFERENCES recording(org_id, id) ON DELETE CASCADE,
  constraint recording_chunk_pkey PRIMARY KEY (org_id, recording_id, index)
);
-- row security, forced; owner holdfast_owner
policy base for all to holdfast_app using (true) with check (true);
policy tenant as restrictive for all to holdfast_app using ((org_id = ( SELECT current_org() AS current_org))) with check ((org_id = ( SELECT current_org() AS current_org)));
CREATE TRIGGER capture AFTER INSERT OR DELETE OR UPDATE ON public.recording_chunk FOR EACH ROW EXECUTE FUNCTION capture_recording_chunk() -- always;
CREATE TRIGGER refuse_truncate BEFORE TRUNCATE ON public.recording_chunk FOR EACH STATEMENT EXECUTE FUNCTION refuse_change() -- always;
grant delete, insert, select, update to holdfast_app;

table recovery_code (
  person_id text not null,
  id text not null,
  code_hash bytea not null,
  used_at timestamp with time zone,
  created_at timestamp with time zone not null default now(),
  constraint recovery_code_person_id_fkey FOREIGN KEY (person_id) REFERENCES person(id),
  constraint recovery_code_pkey PRIMARY KEY (person_id, id)
);
-- row security, forced; owner holdfast_owner
policy base for all to holdfast_app using (true) with check (true);
policy tenant as restrictive for all to holdfast_app using ((person_id = ( SELECT current_person() AS current_person))) with check ((person_id = ( SELECT current_person() AS current_person)));
CREATE TRIGGER capture AFTER INSERT OR DELETE OR UPDATE ON public.recovery_code FOR EACH ROW EXECUTE FUNCTION capture_recovery_code() -- always;
CREATE TRIGGER refuse_truncate BEFORE TRUNCATE ON public.recovery_code FOR EACH STATEMENT EXECUTE FUNCTION refuse_change() -- always;
grant delete, insert, select, update to holdfast_app;

table service_account (
  org_id uuid not null default current_org(),
  id text not null,
  name text not null,
  purpose text not null,
  role text not null,
  owner_id text not null,
  review_every_days integer not null,
  created_by text not null,
  created_at timestamp with time zone not null default now(),
  disabled_at timestamp with time zone,
  constraint service_account_name_check CHECK (((length(name) >= 1) AND (length(name) <= 60))),
  constraint service_account_purpose_check CHECK (((length(purpose) >= 1) AND (length(purpose) <= 500))),
  constraint service_account_review_every_days_check CHECK (((review_every_days >= 7) AND (review_every_days <= 365))),
  constraint service_account_role_check CHECK ((role = ANY (ARRAY['admin'::text, 'reviewer'::text, 'member'::text, 'viewer'::text]))),
  constraint service_account_created_by_fkey FOREIGN KEY (created_by) REFERENCES person(id),
  constraint service_account_org_id_fkey FOREIGN KEY (org_id) REFERENCES org(id),
  constraint service_account_owner_id_fkey FOREIGN KEY (owner_id) REFERENCES person(id),
  constraint service_account_pkey PRIMARY KEY (org_id, id)
);
CREATE UNIQUE INDEX service_account_name ON public.service_account USING btree (org_id, name) WHERE (disabled_at IS NULL);
CREATE INDEX service_account_owner ON public.service_account USING btree (org_id, owner_id) WHERE (disabled_at IS NULL);
-- row security, forced; owner holdfast_owner
policy base for all to holdfast_app using (true) with check (true);
policy gate for select to holdfast_gate using (true);
policy tenant as restrictive for all to holdfast_app using ((org_id = ( SELECT current_org() AS current_org))) with check ((org_id = ( SELECT current_org() AS current_org)));
CREATE TRIGGER capture AFTER INSERT OR DELETE OR UPDATE ON public.service_account FOR EACH ROW EXECUTE FUNCTION capture_service_account() -- always;
CREATE TRIGGER refuse_truncate BEFORE TRUNCATE ON public.service_account FOR EACH STATEMENT EXECUTE FUNCTION refuse_change() -- always;
grant delete, insert, select, update to holdfast_app;
grant select (org_id, id, role, disabled_at) to holdfast_gate;

table session (
  id text not null,
  person_id text not null,
  org_id uuid not null default current_org(),
  created_at timestamp with time zone not null default now(),
  last_seen_at timestamp with time zone not null default now(),
  expires_at timestamp with time zone not null,
  idle_expires_at timestamp with time zone not null,
  refresh_seq integer not null default 0,
  refresh_grace_until timestamp with time zone,
  grace_hits integer not null default 0,
  auth_time timestamp with time zone not null default now(),
  amr text[] not null default '{}'::text[],
  mfa_at timestamp with time zone,
  restricted boolean not null default false,
  user_agent_sealed bytea,
  ip_sealed bytea,
  revoked_at timestamp with time zone,
  revoke_reason text,
  staff_grant_id text,
  sso_connection_id text,
  signed_in_at timestamp with time zone not null default now(),
  methods text[] not null,
  attended_at timestamp with time zone default now(),
  constraint session_org_id_fkey FOREIGN KEY (org_id) REFERENCES org(id),
  constraint session_org_id_staff_grant_id_person_id_fkey FOREIGN KEY (org_id, staff_grant_id, person_id) REFERENCES staff_grant(org_id, id, person_id),
  constraint session_person_id_fkey FOREIGN KEY (person_id) REFERENCES person(id),
  constraint session_pkey PRIMARY KEY (id)
);
CREATE INDEX session_org ON public.session USING btree (org_id);
CREATE INDEX session_person ON public.session USING btree (person_id);
-- row security, forced; owner holdfast_owner
policy base for all to holdfast_app using (true) with check (true);
policy gate for select to holdfast_gate using (true);
policy tenant as restrictive for all to holdfast_app using (((person_id = ( SELECT current_person() AS current_person)) OR (org_id = ( SELECT current_org() AS current_org)))) with check (((person_id = ( SELECT current_person() AS current_person)) OR (org_id = ( SELECT current_org() AS current_org))));
CREATE TRIGGER capture AFTER INSERT OR DELETE OR UPDATE ON public.session FOR EACH ROW EXECUTE FUNCTION capture_session() -- always;
CREATE TRIGGER refuse_truncate BEFORE TRUNCATE ON public.session FOR EACH STATEMENT EXECUTE FUNCTION refuse_change() -- always;
CREATE TRIGGER staff_session BEFORE INSERT OR UPDATE OF staff_grant_id, org_id, person_id ON public.session FOR EACH ROW EXECUTE FUNCTION refuse_staff_session();
grant delete, insert, select, update to holdfast_app;
grant select to holdfast_gate;

table signing_key (
  kid text not null,
  public_jwk jsonb not null,
  private_sealed bytea not null,
  state text not null,
  created_at timestamp with time zone not null default now(),
  signing_at timestamp with time zone,
  retired_at timestamp with time zone,
  constraint signing_key_state_check CHECK ((state = ANY (ARRAY['next'::text, 'signing'::text, 'retired'::text]))),
  constraint signing_key_pkey PRIMARY KEY (kid)
);
-- row security, forced; owner holdfast_owner
policy base for all to holdfast_app using (true) with check (true);
policy tenant as restrictive for select to holdfast_app using (true);
policy tenant_delete as restrictive for delete to holdfast_app using (( SELECT may_operate() AS may_operate));
policy tenant_insert as restrictive for insert to holdfast_app with check (( SELECT may_operate() AS may_operate));
policy tenant_update as restrictive for update to holdfast_app using (( SELECT may_operate() AS may_operate)) with check (( SELECT may_operate() AS may_operate));
CREATE TRIGGER refuse_truncate BEFORE TRUNCATE ON public.signing_key FOR EACH STATEMENT EXECUTE FUNCTION refuse_change() -- always;
grant delete, insert, select, update to holdfast_app;

table ssh_rotation (
  org_id uuid not null default current_org(),
  id text not null,
  purpose text not null,
  from_version integer not null,
  to_version integer,
  started_at timestamp with time zone not null,
  started_by text not null,
  sequence bigint,
  made_at timestamp with time zone,
  moves_at timestamp with time zone not null,
  moved_at timestamp with time zone,
  left_out text[] not null default '{}'::text[],
  retired_at timestamp with time zone,
  constraint ssh_rotation_check CHECK ((to_version > from_version)),
  constraint ssh_rotation_check1 CHECK ((((to_version IS NULL) = (made_at IS NULL)) AND ((sequence IS NULL) = (made_at IS NULL)))),
  constraint ssh_rotation_check2 CHECK (((moved_at IS NULL) OR (made_at IS NOT NULL))),
  constraint ssh_rotation_check3 CHECK (((retired_at IS NULL) OR (moved_at IS NOT NULL))),
  constraint ssh_rotation_from_version_check CHECK ((from_version > 0)),
  constraint ssh_rotation_purpose_check CHECK ((purpose = ANY (ARRAY['user'::text, 'host'::text, 'revocations'::text]))),
  constraint ssh_rotation_org_id_fkey FOREIGN KEY (org_id) REFERENCES org(id),
  constraint ssh_rotation_started_by_fkey FOREIGN KEY (started_by) REFERENCES person(id),
  constraint ssh_rotation_pkey PRIMARY KEY (org_id, id)
);
CREATE UNIQUE INDEX ssh_rotation_running ON public.ssh_rotation USING btree (org_id, purpose) WHERE (retired_at IS NULL);
-- row security, forced; owner holdfast_owner
policy base for all to holdfast_app using (true) with check (true);
policy tenant as restrictive for all to holdfast_app using ((org_id = ( SELECT current_org() AS current_org))) with check ((org_id = ( SELECT current_org() AS current_org)));
CREATE TRIGGER capture AFTER INSERT OR DELETE OR UPDATE ON public.ssh_rotation FOR EACH ROW EXECUTE FUNCTION capture_ssh_rotation() -- always;
CREATE TRIGGER refuse_truncate BEFORE TRUNCATE ON public.ssh_rotation FOR EACH STATEMENT EXECUTE FUNCTION refuse_change() -- always;
grant delete, insert, select, update to holdfast_app;

table sso_connection (
  org_id uuid not null default current_org(),
  id text not null,
  kind text not null,
  name text not null,
  state text not null default 'draft'::text,
  settings jsonb not null,
  secret_sealed bytea,
  secret_expires_at timestamp with time zone,
  default_role text,
  changed_at timestamp with time zone not null default now(),
  tested_at timestamp with time zone,
  last_used_at timestamp with time zone,
  created_by text not null,
  created_at timestamp with time zone not null default now(),
  signing_certificate text,
  other_certificate text,
  other_secret_sealed bytea,
  other_is text,
  other_since timestamp with time zone,
  other_tested_at timestamp with time zone,
  constraint sso_connection_default_role_check CHECK ((default_role = ANY (ARRAY['reviewer'::text, 'member'::text, 'viewer'::text]))),
  constraint sso_connection_kind_check CHECK ((kind = ANY (ARRAY['oidc'::text, 'saml'::text]))),
  constraint sso_connection_name_check CHECK (((length(name) >= 1) AND (length(name) <= 100))),
  constraint sso_connection_other CHECK (((num_nonnulls(other_certificate, other_secret_sealed, other_is, other_since) = ANY (ARRAY[0, 4])) AND ((other_certificate IS NULL) OR (signing_certificate IS NOT NULL)) AND ((other_tested_at IS NULL) OR (other_certificate IS NOT NULL)))),
  constraint sso_connection_other_is_check CHECK ((other_is = ANY (ARRAY['next'::text, 'previous'::text]))),
  constraint sso_connection_state_check CHECK ((state = ANY (ARRAY['draft'::text, 'active'::text]))),
  constraint sso_connection_created_by_fkey FOREIGN KEY (created_by) REFERENCES person(id),
  constraint sso_connection_org_id_fkey FOREIGN KEY (org_id) REFERENCES org(id),
  constraint sso_connection_pkey PRIMARY KEY (org_id, id)
);
CREATE INDEX sso_connection_id ON public.sso_connection USING btree (id);
-- row security, forced; owner holdfast_owner
policy base for all to holdfast_app using (true) with check (true);
policy gate for select to holdfast_gate using (true);
policy tenant as restrictive for all to holdfast_app using ((org_id = ( SELECT current_org() AS current_org))) with check ((org_id = ( SELECT current_org() AS current_org)));
CREATE TRIGGER capture AFTER INSERT OR DELETE OR UPDATE ON public.sso_connection FOR EACH ROW EXECUTE FUNCTION capture_sso_connection() -- always;
CREATE TRIGGER need_plan BEFORE INSERT OR UPDATE OF settings, default_role ON public.sso_connection FOR EACH ROW EXECUTE FUNCTION need_plan('sso');
CREATE TRIGGER need_plan_active BEFORE UPDATE OF state ON public.sso_connection FOR EACH ROW WHEN (((new.state = 'active'::text) AND (old.state <> 'active'::text))) EXECUTE FUNCTION need_plan('sso');
CREATE TRIGGER refuse_truncate BEFORE TRUNCATE ON public.sso_connection FOR EACH STATEMENT EXECUTE FUNCTION refuse_change() -- always;
grant delete, insert, select, update to holdfast_app;
grant select (org_id, id, kind, state) to holdfast_gate;

table sso_domain (
  org_id uuid not null default current_org(),
  domain text not null,
  connection_id text,
  token text not null,
  proved_at timestamp with time zone,
  checked_at timestamp with time zone,
  lost_at timestamp with time zone,
  created_at timestamp with time zone not null default now(),
  constraint sso_domain_domain_check CHECK (((domain ~ '^[a-z0-9-]+(\.[a-z0-9-]+)+$'::text) AND (length(domain) <= 253))),
  constraint sso_domain_org_id_connection_id_fkey FOREIGN KEY (org_id, connection_id) REFERENCES sso_connection(org_id, id),
  constraint sso_domain_org_id_fkey FOREIGN KEY (org_id) REFERENCES org(id),
  constraint sso_domain_pkey PRIMARY KEY (org_id, domain)
);
CREATE INDEX sso_domain_connection ON public.sso_domain USING btree (org_id, connection_id);
CREATE UNIQUE INDEX sso_domain_proved ON public.sso_domain USING btree (domain) WHERE (proved_at IS NOT NULL);
-- row security, forced; owner holdfast_owner
policy base for all to holdfast_app using (true) with check (true);
policy gate for select to holdfast_gate using (true);
policy tenant as restrictive for all to holdfast_app using ((org_id = ( SELECT current_org() AS current_org))) with check ((org_id = ( SELECT current_org() AS current_org)));
CREATE TRIGGER capture AFTER INSERT OR DELETE OR UPDATE ON public.sso_domain FOR EACH ROW EXECUTE FUNCTION capture_sso_domain() -- always;
CREATE TRIGGER need_plan BEFORE INSERT ON public.sso_domain FOR EACH ROW EXECUTE FUNCTION need_plan('sso');
CREATE TRIGGER need_plan_proved BEFORE UPDATE OF proved_at ON public.sso_domain FOR EACH ROW WHEN (((new.proved_at IS NOT NULL) AND (old.proved_at IS NULL))) EXECUTE FUNCTION need_plan('sso');
CREATE TRIGGER need_plan_routed BEFORE UPDATE OF connection_id ON public.sso_domain FOR EACH ROW WHEN (((new.connection_id IS NOT NULL) AND (new.connection_id IS DISTINCT FROM old.connection_id))) EXECUTE FUNCTION need_plan('sso');
CREATE TRIGGER refuse_truncate BEFORE TRUNCATE ON public.sso_domain FOR EACH STATEMENT EXECUTE FUNCTION refuse_change() -- always;
grant delete, insert, select, update to holdfast_app;
grant select (org_id, domain, connection_id, proved_at) to holdfast_gate;

table sso_enforcement (
  org_id uuid not null default current_org(),
  break_glass text not null,
  enforced_by text not null,
  enforced_at timestamp with time zone not null,
  constraint sso_enforcement_break_glass_fkey FOREIGN KEY (break_glass) REFERENCES person(id),
  constraint sso_enforcement_enforced_by_fkey FOREIGN KEY (enforced_by) REFERENCES person(id),
  constraint sso_enforcement_org_id_fkey FOREIGN KEY (org_id) REFERENCES org(id),
  constraint sso_enforcement_pkey PRIMARY KEY (org_id, break_glass),
  constraint sso_enforcement_org_id_key UNIQUE (org_id)
);
-- row security, forced; owner holdfast_owner
policy base for all to holdfast_app using (true) with check (true);
policy gate for select to holdfast_gate using (true);
policy tenant as restrictive for all to holdfast_app using ((org_id = ( SELECT current_org() AS current_org))) with check ((org_id = ( SELECT current_org() AS current_org)));
CREATE TRIGGER capture AFTER INSERT OR DELETE OR UPDATE ON public.sso_enforcement FOR EACH ROW EXECUTE FUNCTION capture_sso_enforcement() -- always;
CREATE TRIGGER need_plan BEFORE INSERT ON public.sso_enforcement FOR EACH ROW EXECUTE FUNCTION need_plan('sso');
CREATE TRIGGER refuse_truncate BEFORE TRUNCATE ON public.sso_enforcement FOR EACH STATEMENT EXECUTE FUNCTION refuse_change() -- always;
grant delete, insert, select, update to holdfast_app;
grant select (org_id, break_glass) to holdfast_gate;

table sso_identity (
  org_id uuid not null default current_org(),
  connection_id text not null,
  subject_index bytea not null,
  subject_sealed bytea not null,
  person_id text not null,
  created_at timestamp with time zone not null default now(),
  last_used_at timestamp with time zone,
  name_id_format text,
  constraint sso_identity_name_id_format_check CHECK (((length(name_id_format) >= 1) AND (length(name_id_format) <= 256))),
  constraint sso_identity_org_id_connection_id_fkey FOREIGN KEY (org_id, connection_id) REFERENCES sso_connection(org_id, id),
  constraint sso_identity_org_id_fkey FOREIGN KEY (org_id) REFERENCES org(id),
  constraint sso_identity_person_id_fkey FOREIGN KEY (person_id) REFERENCES person(id),
  constraint sso_identity_pkey PRIMARY KEY (org_id, connection_id, subject_index),
  constraint sso_identity_org_id_connection_id_person_id_key UNIQUE (org_id, connection_id, person_id)
);
CREATE INDEX sso_identity_person ON public.sso_identity USING btree (person_id);
-- row security, forced; owner holdfast_owner
policy base for all to holdfast_app using (true) with check (true);
policy tenant as restrictive for all to holdfast_app using ((org_id = ( SELECT current_org() AS current_org))) with check ((org_id = ( SELECT current_org() AS current_org)));
CREATE TRIGGER capture AFTER INSERT OR DELETE OR UPDATE ON public.sso_identity FOR EACH ROW EXECUTE FUNCTION capture_sso_identity() -- always;
CREATE TRIGGER refuse_truncate BEFORE TRUNCATE ON public.sso_identity FOR EACH STATEMENT EXECUTE FUNCTION refuse_change() -- always;
grant delete, insert, select, update to holdfast_app;

table sso_used (
  hash bytea not null,
  expires_at timestamp with time zone not null,
  constraint sso_used_pkey PRIMARY KEY (hash)
);
CREATE INDEX sso_used_age ON public.sso_used USING btree (expires_at);
-- row security, forced; owner holdfast_owner
policy gate for all to holdfast_gate using (true) with check (true);
grant delete, insert, select to holdfast_gate;

table staff_grant (
  org_id uuid not null default current_org(),
  id text not null,
  person_id text not null,
  role text not null,
  write boolean not null,
  seconds integer not null,
  reason_sealed bytea not null,
  name_sealed bytea not null,
  ticket text,
  request_hash text not null,
  requested_at timestamp with time zone not null,
  request_expires_at timestamp with time zone not null,
  state text not null default 'requested'::text,
  approved_by text,
  policy_id text,
  starts_at timestamp with time zone,
  ends_at timestamp with time zone,
  ended_at timestamp with time zone,
  ended_by text,
  constraint staff_grant_check CHECK ((approved_by <> person_id)),
  constraint staff_grant_check1 CHECK (((state = ANY (ARRAY['approved'::text, 'ended'::text])) = ((starts_at IS NOT NULL) AND (ends_at IS NOT NULL)))),
  constraint staff_grant_check2 CHECK (((state = ANY (ARRAY['approved'::text, 'ended'::text])) = (num_nonnulls(approved_by, policy_id) = 1))),
  constraint staff_grant_check3 CHECK (((state = ANY (ARRAY['denied'::text, 'cancelled'::text, 'ended'::text])) = (ended_at IS NOT NULL))),
  constraint staff_grant_check4 CHECK (((policy_id IS NULL) OR (NOT write))),
  constraint staff_grant_check5 CHECK (((ends_at > starts_at) AND (ends_at <= (starts_at + ((seconds)::double precision * '00:00:01'::interval))))),
  constraint staff_grant_request_hash_check CHECK ((request_hash ~ '^[0-9a-f]{64}$'::text)),
  constraint staff_grant_role_check CHECK ((role = ANY (ARRAY['viewer'::text, 'reviewer'::text]))),
  constraint staff_grant_seconds_check CHECK (((seconds >= 300) AND (seconds <= 28800))),
  constraint staff_grant_state_check CHECK ((state = ANY (ARRAY['requested'::text, 'approved'::text, 'denied'::text, 'cancelled'::text, 'ended'::text]))),
  constraint staff_grant_approved_by_fkey FOREIGN KEY (approved_by) REFERENCES person(id),
  constraint staff_grant_ended_by_fkey FOREIGN KEY (ended_by) REFERENCES person(id),
  constraint staff_grant_org_id_fkey FOREIGN KEY (org_id) REFERENCES org(id),
  constraint staff_grant_org_id_policy_id_fkey FOREIGN KEY (org_id, policy_id) REFERENCES staff_policy(org_id, id),
  constraint staff_grant_person_id_fkey FOREIGN KEY (person_id) REFERENCES person(id),
  constraint staff_grant_pkey PRIMARY KEY (org_id, id),
  constraint staff_grant_org_id_id_person_id_key UNIQUE (org_id, id, person_id)
);
CREATE UNIQUE INDEX staff_grant_asked ON public.staff_grant USING btree (org_id, person_id) WHERE (state = 'requested'::text);
CREATE INDEX staff_grant_open ON public.staff_grant USING btree (org_id, id) WHERE (state = ANY (ARRAY['requested'::text, 'approved'::text]));
CREATE INDEX staff_grant_person ON public.staff_grant USING btree (person_id, id);
-- row security, forced; owner holdfast_owner
policy base for all to holdfast_app using (true) with check (true);
policy gate for select to holdfast_gate using (true);
policy tenant as restrictive for all to holdfast_app using ((org_id = ( SELECT current_org() AS current_org))) with check ((org_id = ( SELECT current_org() AS current_org)));
CREATE TRIGGER capture AFTER INSERT OR DELETE OR UPDATE ON public.staff_grant FOR EACH ROW EXECUTE FUNCTION capture_staff_grant() -- always;
CREATE TRIGGER refuse_truncate BEFORE TRUNCATE ON public.staff_grant FOR EACH STATEMENT EXECUTE FUNCTION refuse_change() -- always;
CREATE TRIGGER request_is_fixed BEFORE UPDATE ON public.staff_grant FOR EACH ROW EXECUTE FUNCTION refuse_other_staff_grant();
CREATE TRIGGER tell_of_access AFTER INSERT OR DELETE OR UPDATE ON public.staff_grant FOR EACH STATEMENT EXECUTE FUNCTION tell_of_access();
grant delete, insert, select, update to holdfast_app;
grant select (org_id, id, person_id, role, write, seconds, ticket, request_hash, requested_at, request_expires_at, state, approved_by, policy_id, starts_at, ends_at, ended_at) to holdfast_gate;

table staff_policy (
  org_id uuid not null default current_org(),
  id text not null,
  role text not null,
  max_seconds integer not null,
  ticket_required boolean not null,
  set_by text not null,
  set_at timestamp with time zone not null,
  withdrawn_at timestamp with time zone,
  withdrawn_by text,
  constraint staff_policy_max_seconds_check CHECK (((max_seconds >= 300) AND (max_seconds <= 28800))),
  constraint staff_policy_role_check CHECK ((role = ANY (ARRAY['viewer'::text, 'reviewer'::text]))),
  constraint staff_policy_org_id_fkey FOREIGN KEY (org_id) REFERENCES org(id),
  constraint staff_policy_set_by_fkey FOREIGN KEY (set_by) REFERENCES person(id),
  constraint staff_policy_withdrawn_by_fkey FOREIGN KEY (withdrawn_by) REFERENCES person(id),
  constraint staff_policy_pkey PRIMARY KEY (org_id, id)
);
CREATE UNIQUE INDEX staff_policy_current ON public.staff_policy USING btree (org_id) WHERE (withdrawn_at IS NULL);
-- row security, forced; owner holdfast_owner
policy base for all to holdfast_app using (true) with check (true);
policy gate for select to holdfast_gate using (true);
policy tenant as restrictive for all to holdfast_app using ((org_id = ( SELECT current_org() AS current_org))) with check ((org_id = ( SELECT current_org() AS current_org)));
CREATE TRIGGER capture AFTER INSERT OR DELETE OR UPDATE ON public.staff_policy FOR EACH ROW EXECUTE FUNCTION capture_staff_policy() -- always;
CREATE TRIGGER refuse_truncate BEFORE TRUNCATE ON public.staff_policy FOR EACH STATEMENT EXECUTE FUNCTION refuse_change() -- always;
grant delete, insert, select, update to holdfast_app;
grant select (org_id, id, set_by, withdrawn_at) to holdfast_gate;

table totp_factor (
  person_id text not null,
  id text not null,
  secret_sealed bytea not null,
  confirmed_at timestamp with time zone,
  last_step bigint not null default 0,
  created_at timestamp with time zone not null default now(),
  label_sealed bytea,
  constraint totp_factor_person_id_fkey FOREIGN KEY (person_id) REFERENCES person(id),
  constraint totp_factor_pkey PRIMARY KEY (person_id, id)
);
-- row security, forced; owner holdfast_owner
policy base for all to holdfast_app using (true) with check (true);
policy gate for select to holdfast_gate using (true);
policy tenant as restrictive for all to holdfast_app using ((person_id = ( SELECT current_person() AS current_person))) with check ((person_id = ( SELECT current_person() AS current_person)));
CREATE TRIGGER capture AFTER INSERT OR DELETE OR UPDATE ON public.totp_factor FOR EACH ROW EXECUTE FUNCTION capture_totp_factor() -- always;
CREATE TRIGGER refuse_truncate BEFORE TRUNCATE ON public.totp_factor FOR EACH STATEMENT EXECUTE FUNCTION refuse_change() -- always;
grant delete, insert, select, update to holdfast_app;
grant select (person_id, confirmed_at) to holdfast_gate;

table witness (
  org_id uuid not null default current_org(),
  id text not null,
  kind text not null,
  target_sealed bytea not null,
  created_at timestamp with time zone not null default now(),
  constraint witness_kind_check CHECK ((kind = ANY (ARRAY['email'::text, 'webhook'::text]))),
  constraint witness_org_id_fkey FOREIGN KEY (org_id) REFERENCES org(id),
  constraint witness_pkey PRIMARY KEY (org_id, id)
);
-- row security, forced; owner holdfast_owner
policy base for all to holdfast_app using (true) with check (true);
policy tenant as restrictive for all to holdfast_app using ((org_id = ( SELECT current_org() AS current_org))) with check ((org_id = ( SELECT current_org() AS current_org)));
CREATE TRIGGER capture AFTER INSERT OR DELETE OR UPDATE ON public.witness FOR EACH ROW EXECUTE FUNCTION capture_witness() -- always;
CREATE TRIGGER refuse_truncate BEFORE TRUNCATE ON public.witness FOR EACH STATEMENT EXECUTE FUNCTION refuse_change() -- always;
grant delete, insert, select, update to holdfast_app;

CREATE OR REPLACE FUNCTION public.access_review_state(kind text, at timestamp with time zone)
 RETURNS TABLE(organisations integer, without integer, overdue integer, own_overdue boolean)
 LANGUAGE sql
 STABLE SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'public', 'pg_temp'
AS $function$
  with standing as materialized (
    select o.id, min(c.due_at) as due_at from org o
      left join obligation_clock c on c.org_id = o.id and c.kind = access_review_state.kind
    where o.created_at < access_review_state.at - interval '1 hour' and exists (select from membership m where m.org_id = o.id)
    group by o.id)
  select count(*)::int, (count(*) filter (where due_at is null))::int, (count(*) filter (where due_at < access_review_state.at))::int,
    coalesce(bool_or(id = operator_org() and due_at < access_review_state.at), false)
  from standing
  where current_org() = operator_org()
$function$
;
-- owner holdfast_gate; execute: holdfast_app

CREATE OR REPLACE FUNCTION public.announce_access(leaving text DEFAULT NULL::text)
 RETURNS bigint
 LANGUAGE plpgsql
AS $function$
declare
  counted bigint;
begin
  insert into access_sequence (sequence, changed_at) values (1, clock_timestamp())
    on conflict (org_id) do update set sequence = access_sequence.sequence + 1, changed_at = excluded.changed_at returning sequence into counted;
  delete from access_change c where c.org_id = current_org() and c.sequence <
    (select max(sequence) from access_change where org_id = current_org() and changed_at < clock_timestamp() - interval '1 hour');
  insert into access_change (sequence, changed_at) values (counted, clock_timestamp());
  perform pg_notify('holdfast_access', concat_ws(' ', current_org(), counted, leaving));
  return counted;
end $function$
;
-- owner holdfast_owner; execute: holdfast_app

CREATE OR REPLACE FUNCTION public.belongs_here_only(person text)
 RETURNS boolean
 LANGUAGE sql
 STABLE SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'public', 'pg_temp'
AS $function$
  select count(*) = 1 and bool_and(m.org_id = current_org()) from membership m where m.person_id = person
$function$
;
-- owner holdfast_gate; execute: holdfast_app

CREATE OR REPLACE FUNCTION public.capture_access_grant()
 RETURNS trigger
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'public', 'pg_temp'
AS $function$
    declare
      before text := '';
      after  text := '';
      key    text;
    begin
      if tg_op = 'INSERT' then
        key := json_build_object('id', new.id)::text; after := json_build_object('confirmed_at', new.confirmed_at, 'confirmed_by', new.confirmed_by, 'database_id', new.database_id, 'decision_sealed', capture_bytes(new.decision_sealed), 'end_reason', new.end_reason, 'end_sequence', new.end_sequence, 'ended_at', new.ended_at, 'ended_by', new.ended_by, 'ends_at', new.ends_at, 'extends_id', new.extends_id, 'extensions', new.extensions, 'host_id', new.host_id, 'id', new.id, 'key_generation', new.key_generation, 'key_id', new.key_id, 'login', new.login, 'not_before', new.not_before, 'org_id', new.org_id, 'person_id', new.person_id, 'policy_id', new.policy_id, 'policy_version', new.policy_version, 'reason_sealed', capture_bytes(new.reason_sealed), 'request_expires_at', new.request_expires_at, 'request_hash', new.request_hash, 'requested_at', new.requested_at, 'seconds', new.seconds, 'service_account_id', new.service_account_id, 'source_networks', new.source_networks, 'starts_at', new.starts_at, 'state', new.state, 'ticket', new.ticket, 'told_at', new.told_at)::text; before := 'null';
      elsif tg_op = 'DELETE' then
        key := json_build_object('id', old.id)::text; after := 'null'; before := json_build_object('confirmed_at', old.confirmed_at, 'confirmed_by', old.confirmed_by, 'database_id', old.database_id, 'decision_sealed', capture_bytes(old.decision_sealed), 'end_reason', old.end_reason, 'end_sequence', old.end_sequence, 'ended_at', old.ended_at, 'ended_by', old.ended_by, 'ends_at', old.ends_at, 'extends_id', old.extends_id, 'extensions', old.extensions, 'host_id', old.host_id, 'id', old.id, 'key_generation', old.key_generation, 'key_id', old.key_id, 'login', old.login, 'not_before', old.not_before, 'org_id', old.org_id, 'person_id', old.person_id, 'policy_id', old.policy_id, 'policy_version', old.policy_version, 'reason_sealed', capture_bytes(old.reason_sealed), 'request_expires_at', old.request_expires_at, 'request_hash', old.request_hash, 'requested_at', old.requested_at, 'seconds', old.seconds, 'service_account_id', old.service_account_id, 'source_networks', old.source_networks, 'starts_at', old.starts_at, 'state', old.state, 'ticket', old.ticket, 'told_at', old.told_at)::text;
      else
        if new.confirmed_at is distinct from old.confirmed_at then
          after := after || ',"confirmed_at":' || coalesce(to_json(new.confirmed_at)::text, 'null'); before := before || ',"confirmed_at":' || coalesce(to_json(old.confirmed_at)::text, 'null');
        end if;
        if new.confirmed_by is distinct from old.confirmed_by then
          after := after || ',"confirmed_by":' || coalesce(to_json(new.confirmed_by)::text, 'null'); before := before || ',"confirmed_by":' || coalesce(to_json(old.confirmed_by)::text, 'null');
        end if;
        if new.database_id is distinct from old.database_id then
          after := after || ',"database_id":' || coalesce(to_json(new.database_id)::text, 'null'); before := before || ',"database_id":' || coalesce(to_json(old.database_id)::text, 'null');
        end if;
        if new.decision_sealed is distinct from old.decision_sealed then
          after := after || ',"decision_sealed":' || coalesce(to_json(capture_bytes(new.decision_sealed))::text, 'null'); before := before || ',"decision_sealed":' || coalesce(to_json(capture_bytes(old.decision_sealed))::text, 'null');
        end if;
        if new.end_reason is distinct from old.end_reason then
          after := after || ',"end_reason":' || coalesce(to_json(new.end_reason)::text, 'null'); before := before || ',"end_reason":' || coalesce(to_json(old.end_reason)::text, 'null');
        end if;
        if new.end_sequence is distinct from old.end_sequence then
          after := after || ',"end_sequence":' || coalesce(to_json(new.end_sequence)::text, 'null'); before := before || ',"end_sequence":' || coalesce(to_json(old.end_sequence)::text, 'null');
        end if;
        if new.ended_at is distinct from old.ended_at then
          after := after || ',"ended_at":' || coalesce(to_json(new.ended_at)::text, 'null'); before := before || ',"ended_at":' || coalesce(to_json(old.ended_at)::text, 'null');
        end if;
        if new.ended_by is distinct from old.ended_by then
          after := after || ',"ended_by":' || coalesce(to_json(new.ended_by)::text, 'null'); before := before || ',"ended_by":' || coalesce(to_json(old.ended_by)::text, 'null');
        end if;
        if new.ends_at is distinct from old.ends_at then
          after := after || ',"ends_at":' || coalesce(to_json(new.ends_at)::text, 'null'); before := before || ',"ends_at":' || coalesce(to_json(old.ends_at)::text, 'null');
        end if;
        if new.extends_id is distinct from old.extends_id then
          after := after || ',"extends_id":' || coalesce(to_json(new.extends_id)::text, 'null'); before := before || ',"extends_id":' || coalesce(to_json(old.extends_id)::text, 'null');
        end if;
        if new.extensions is distinct from old.extensions then
          after := after || ',"extensions":' || coalesce(to_json(new.extensions)::text, 'null'); before := before || ',"extensions":' || coalesce(to_json(old.extensions)::text, 'null');
        end if;
        if new.host_id is distinct from old.host_id then
          after := after || ',"host_id":' || coalesce(to_json(new.host_id)::text, 'null'); before := before || ',"host_id":' || coalesce(to_json(old.host_id)::text, 'null');
        end if;
        if new.id is distinct from old.id then
          after := after || ',"id":' || coalesce(to_json(new.id)::text, 'null'); before := before || ',"id":' || coalesce(to_json(old.id)::text, 'null');
        end if;
        if new.key_generation is distinct from old.key_generation then
          after := after || ',"key_generation":' || coalesce(to_json(new.key_generation)::text, 'null'); before := before || ',"key_generation":' || coalesce(to_json(old.key_generation)::text, 'null');
        end if;
        if new.key_id is distinct from old.key_id then
          after := after || ',"key_id":' || coalesce(to_json(new.key_id)::text, 'null'); before := before || ',"key_id":' || coalesce(to_json(old.key_id)::text, 'null');
        end if;
        if new.login is distinct from old.login then
          after := after || ',"login":' || coalesce(to_json(new.login)::text, 'null'); before := before || ',"login":' || coalesce(to_json(old.login)::text, 'null');
        end if;
        if new.not_before is distinct from old.not_before then
          after := after || ',"not_before":' || coalesce(to_json(new.not_before)::text, 'null'); before := before || ',"not_before":' || coalesce(to_json(old.not_before)::text, 'null');
        end if;
        if new.org_id is distinct from old.org_id then
          after := after || ',"org_id":' || coalesce(to_json(new.org_id)::text, 'null'); before := before || ',"org_id":' || coalesce(to_json(old.org_id)::text, 'null');
        end if;
        if new.person_id is distinct from old.person_id then
          after := after || ',"person_id":' || coalesce(to_json(new.person_id)::text, 'null'); before := before || ',"person_id":' || coalesce(to_json(old.person_id)::text, 'null');
        end if;
        if new.policy_id is distinct from old.policy_id then
          after := after || ',"policy_id":' || coalesce(to_json(new.policy_id)::text, 'null'); before := before || ',"policy_id":' || coalesce(to_json(old.policy_id)::text, 'null');
        end if;
        if new.policy_version is distinct from old.policy_version then
          after := after || ',"policy_version":' || coalesce(to_json(new.policy_version)::text, 'null'); before := before || ',"policy_version":' || coalesce(to_json(old.policy_version)::text, 'null');
        end if;
        if new.reason_sealed is distinct from old.reason_sealed then
          after := after || ',"reason_sealed":' || coalesce(to_json(capture_bytes(new.reason_sealed))::text, 'null'); before := before || ',"reason_sealed":' || coalesce(to_json(capture_bytes(old.reason_sealed))::text, 'null');
        end if;
        if new.request_expires_at is distinct from old.request_expires_at then
          after := after || ',"request_expires_at":' || coalesce(to_json(new.request_expires_at)::text, 'null'); before := before || ',"request_expires_at":' || coalesce(to_json(old.request_expires_at)::text, 'null');
        end if;
        if new.request_hash is distinct from old.request_hash then
          after := after || ',"request_hash":' || coalesce(to_json(new.request_hash)::text, 'null'); before := before || ',"request_hash":' || coalesce(to_json(old.request_hash)::text, 'null');
        end if;
        if new.requested_at is distinct from old.requested_at then
          after := after || ',"requested_at":' || coalesce(to_json(new.requested_at)::text, 'null'); before := before || ',"requested_at":' || coalesce(to_json(old.requested_at)::text, 'null');
        end if;
        if new.seconds is distinct from old.seconds then
          after := after || ',"seconds":' || coalesce(to_json(new.seconds)::text, 'null'); before := before || ',"seconds":' || coalesce(to_json(old.seconds)::text, 'null');
        end if;
        if new.service_account_id is distinct from old.service_account_id then
          after := after || ',"service_account_id":' || coalesce(to_json(new.service_account_id)::text, 'null'); before := before || ',"service_account_id":' || coalesce(to_json(old.service_account_id)::text, 'null');
        end if;
        if new.source_networks is distinct from old.source_networks then
          after := after || ',"source_networks":' || coalesce(to_json(new.source_networks)::text, 'null'); before := before || ',"source_networks":' || coalesce(to_json(old.source_networks)::text, 'null');
        end if;
        if new.starts_at is distinct from old.starts_at then
          after := after || ',"starts_at":' || coalesce(to_json(new.starts_at)::text, 'null'); before := before || ',"starts_at":' || coalesce(to_json(old.starts_at)::text, 'null');
        end if;
        if new.state is distinct from old.state then
          after := after || ',"state":' || coalesce(to_json(new.state)::text, 'null'); before := before || ',"state":' || coalesce(to_json(old.state)::text, 'null');
        end if;
        if new.ticket is distinct from old.ticket then
          after := after || ',"ticket":' || coalesce(to_json(new.ticket)::text, 'null'); before := before || ',"ticket":' || coalesce(to_json(old.ticket)::text, 'null');
        end if;
        if new.told_at is distinct from old.told_at then
          after := after || ',"told_at":' || coalesce(to_json(new.told_at)::text, 'null'); before := before || ',"told_at":' || coalesce(to_json(old.told_at)::text, 'null');
        end if;
        if after = '' then return null; end if;
        key := json_build_object('id', old.id)::text; after := '{' || substr(after, 2) || '}'; before := '{' || substr(before, 2) || '}';
      end if;
      insert into ledger_pending (xact, org_id, change) values (pg_current_xact_id(), current_org(),
        '{"after":' || after || ',"before":' || before || ',"key":' || key || ',"table":"access_grant"}');
      return null;
    end $function$
;
-- owner holdfast_ledger; execute: holdfast_owner

CREATE OR REPLACE FUNCTION public.capture_access_policy()
 RETURNS trigger
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'public', 'pg_temp'
AS $function$
    declare
      before text := '';
      after  text := '';
      key    text;
    begin
      if tg_op = 'INSERT' then
        key := json_build_object('id', new.id)::text; after := json_build_object('api_keys_may_ask', new.api_keys_may_ask, 'approvals', new.approvals, 'approvers', new.approvers, 'bastion_id', new.bastion_id, 'changed_at', new.changed_at, 'changed_by', new.changed_by, 'created_at', new.created_at, 'created_by', new.created_by, 'extensions', new.extensions, 'hours', new.hours, 'id', new.id, 'kind', new.kind, 'logins', new.logins, 'max_seconds', new.max_seconds, 'name', new.name, 'org_id', new.org_id, 'reason_required', new.reason_required, 'requesters', new.requesters, 'selects', new.selects, 'source_networks', new.source_networks, 'state', new.state, 'ticket_pattern', new.ticket_pattern, 'version', new.version)::text; before := 'null';
      elsif tg_op = 'DELETE' then
        key := json_build_object('id', old.id)::text; after := 'null'; before := json_build_object('api_keys_may_ask', old.api_keys_may_ask, 'approvals', old.approvals, 'approvers', old.approvers, 'bastion_id', old.bastion_id, 'changed_at', old.changed_at, 'changed_by', old.changed_by, 'created_at', old.created_at, 'created_by', old.created_by, 'extensions', old.extensions, 'hours', old.hours, 'id', old.id, 'kind', old.kind, 'logins', old.logins, 'max_seconds', old.max_seconds, 'name', old.name, 'org_id', old.org_id, 'reason_required', old.reason_required, 'requesters', old.requesters, 'selects', old.selects, 'source_networks', old.source_networks, 'state', old.state, 'ticket_pattern', old.ticket_pattern, 'version', old.version)::text;
      else
        if new.api_keys_may_ask is distinct from old.api_keys_may_ask then
          after := after || ',"api_keys_may_ask":' || coalesce(to_json(new.api_keys_may_ask)::text, 'null'); before := before || ',"api_keys_may_ask":' || coalesce(to_json(old.api_keys_may_ask)::text, 'null');
        end if;
        if new.approvals is distinct from old.approvals then
          after := after || ',"approvals":' || coalesce(to_json(new.approvals)::text, 'null'); before := before || ',"approvals":' || coalesce(to_json(old.approvals)::text, 'null');
        end if;
        if new.approvers is distinct from old.approvers then
          after := after || ',"approvers":' || coalesce(to_json(new.approvers)::text, 'null'); before := before || ',"approvers":' || coalesce(to_json(old.approvers)::text, 'null');
        end if;
        if new.bastion_id is distinct from old.bastion_id then
          after := after || ',"bastion_id":' || coalesce(to_json(new.bastion_id)::text, 'null'); before := before || ',"bastion_id":' || coalesce(to_json(old.bastion_id)::text, 'null');
        end if;
        if new.changed_at is distinct from old.changed_at then
          after := after || ',"changed_at":' || coalesce(to_json(new.changed_at)::text, 'null'); before := before || ',"changed_at":' || coalesce(to_json(old.changed_at)::text, 'null');
        end if;
        if new.changed_by is distinct from old.changed_by then
          after := after || ',"changed_by":' || coalesce(to_json(new.changed_by)::text, 'null'); before := before || ',"changed_by":' || coalesce(to_json(old.changed_by)::text, 'null');
        end if;
        if new.created_at is distinct from old.created_at then
          after := after || ',"created_at":' || coalesce(to_json(new.created_at)::text, 'null'); before := before || ',"created_at":' || coalesce(to_json(old.created_at)::text, 'null');
        end if;
        if new.created_by is distinct from old.created_by then
          after := after || ',"created_by":' || coalesce(to_json(new.created_by)::text, 'null'); before := before || ',"created_by":' || coalesce(to_json(old.created_by)::text, 'null');
        end if;
        if new.extensions is distinct from old.extensions then
          after := after || ',"extensions":' || coalesce(to_json(new.extensions)::text, 'null'); before := before || ',"extensions":' || coalesce(to_json(old.extensions)::text, 'null');
        end if;
        if new.hours is distinct from old.hours then
          after := after || ',"hours":' || coalesce(to_json(new.hours)::text, 'null'); before := before || ',"hours":' || coalesce(to_json(old.hours)::text, 'null');
        end if;
        if new.id is distinct from old.id then
          after := after || ',"id":' || coalesce(to_json(new.id)::text, 'null'); before := before || ',"id":' || coalesce(to_json(old.id)::text, 'null');
        end if;
        if new.kind is distinct from old.kind then
          after := after || ',"kind":' || coalesce(to_json(new.kind)::text, 'null'); before := before || ',"kind":' || coalesce(to_json(old.kind)::text, 'null');
        end if;
        if new.logins is distinct from old.logins then
          after := after || ',"logins":' || coalesce(to_json(new.logins)::text, 'null'); before := before || ',"logins":' || coalesce(to_json(old.logins)::text, 'null');
        end if;
        if new.max_seconds is distinct from old.max_seconds then
          after := after || ',"max_seconds":' || coalesce(to_json(new.max_seconds)::text, 'null'); before := before || ',"max_seconds":' || coalesce(to_json(old.max_seconds)::text, 'null');
        end if;
        if new.name is distinct from old.name then
          after := after || ',"name":' || coalesce(to_json(new.name)::text, 'null'); before := before || ',"name":' || coalesce(to_json(old.name)::text, 'null');
        end if;
        if new.org_id is distinct from old.org_id then
          after := after || ',"org_id":' || coalesce(to_json(new.org_id)::text, 'null'); before := before || ',"org_id":' || coalesce(to_json(old.org_id)::text, 'null');
        end if;
        if new.reason_required is distinct from old.reason_required then
          after := after || ',"reason_required":' || coalesce(to_json(new.reason_required)::text, 'null'); before := before || ',"reason_required":' || coalesce(to_json(old.reason_required)::text, 'null');
        end if;
        if new.requesters is distinct from old.requesters then
          after := after || ',"requesters":' || coalesce(to_json(new.requesters)::text, 'null'); before := before || ',"requesters":' || coalesce(to_json(old.requesters)::text, 'null');
        end if;
        if new.selects is distinct from old.selects then
          after := after || ',"selects":' || coalesce(to_json(new.selects)::text, 'null'); before := before || ',"selects":' || coalesce(to_json(old.selects)::text, 'null');
        end if;
        if new.source_networks is distinct from old.source_networks then
          after := after || ',"source_networks":' || coalesce(to_json(new.source_networks)::text, 'null'); before := before || ',"source_networks":' || coalesce(to_json(old.source_networks)::text, 'null');
        end if;
        if new.state is distinct from old.state then
          after := after || ',"state":' || coalesce(to_json(new.state)::text, 'null'); before := before || ',"state":' || coalesce(to_json(old.state)::text, 'null');
        end if;
        if new.ticket_pattern is distinct from old.ticket_pattern then
          after := after || ',"ticket_pattern":' || coalesce(to_json(new.ticket_pattern)::text, 'null'); before := before || ',"ticket_pattern":' || coalesce(to_json(old.ticket_pattern)::text, 'null');
        end if;
        if new.version is distinct from old.version then
          after := after || ',"version":' || coalesce(to_json(new.version)::text, 'null'); before := before || ',"version":' || coalesce(to_json(old.version)::text, 'null');
        end if;
        if after = '' then return null; end if;
        key := json_build_object('id', old.id)::text; after := '{' || substr(after, 2) || '}'; before := '{' || substr(before, 2) || '}';
      end if;
      insert into ledger_pending (xact, org_id, change) values (pg_current_xact_id(), current_org(),
        '{"after":' || after || ',"before":' || before || ',"key":' || key || ',"table":"access_policy"}');
      return null;
    end $function$
;
-- owner holdfast_ledger; execute: holdfast_owner

CREATE OR REPLACE FUNCTION public.capture_access_review()
 RETURNS trigger
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'public', 'pg_temp'
AS $function$
    declare
      before text := '';
      after  text := '';
      key    text;
    begin
      if tg_op = 'INSERT' then
        key := json_build_object('id', new.id)::text; after := json_build_object('begun_at', new.begun_at, 'begun_by', new.begun_by, 'comment', new.comment, 'completed_at', new.completed_at, 'completed_by', new.completed_by, 'due_at', new.due_at, 'gathered_at', new.gathered_at, 'id', new.id, 'org_id', new.org_id, 'state', new.state)::text; before := 'null';
      elsif tg_op = 'DELETE' then
        key := json_build_object('id', old.id)::text; after := 'null'; before := json_build_object('begun_at', old.begun_at, 'begun_by', old.begun_by, 'comment', old.comment, 'completed_at', old.completed_at, 'completed_by', old.completed_by, 'due_at', old.due_at, 'gathered_at', old.gathered_at, 'id', old.id, 'org_id', old.org_id, 'state', old.state)::text;
      else
        if new.begun_at is distinct from old.begun_at then
          after := after || ',"begun_at":' || coalesce(to_json(new.begun_at)::text, 'null'); before := before || ',"begun_at":' || coalesce(to_json(old.begun_at)::text, 'null');
        end if;
        if new.begun_by is distinct from old.begun_by then
          after := after || ',"begun_by":' || coalesce(to_json(new.begun_by)::text, 'null'); before := before || ',"begun_by":' || coalesce(to_json(old.begun_by)::text, 'null');
        end if;
        if new.comment is distinct from old.comment then
          after := after || ',"comment":' || coalesce(to_json(new.comment)::text, 'null'); before := before || ',"comment":' || coalesce(to_json(old.comment)::text, 'null');
        end if;
        if new.completed_at is distinct from old.completed_at then
          after := after || ',"completed_at":' || coalesce(to_json(new.completed_at)::text, 'null'); before := before || ',"completed_at":' || coalesce(to_json(old.completed_at)::text, 'null');
        end if;
        if new.completed_by is distinct from old.completed_by then
          after := after || ',"completed_by":' || coalesce(to_json(new.completed_by)::text, 'null'); before := before || ',"completed_by":' || coalesce(to_json(old.completed_by)::text, 'null');
        end if;
        if new.due_at is distinct from old.due_at then
          after := after || ',"due_at":' || coalesce(to_json(new.due_at)::text, 'null'); before := before || ',"due_at":' || coalesce(to_json(old.due_at)::text, 'null');
        end if;
        if new.gathered_at is distinct from old.gathered_at then
          after := after || ',"gathered_at":' || coalesce(to_json(new.gathered_at)::text, 'null'); before := before || ',"gathered_at":' || coalesce(to_json(old.gathered_at)::text, 'null');
        end if;
        if new.id is distinct from old.id then
          after := after || ',"id":' || coalesce(to_json(new.id)::text, 'null'); before := before || ',"id":' || coalesce(to_json(old.id)::text, 'null');
        end if;
        if new.org_id is distinct from old.org_id then
          after := after || ',"org_id":' || coalesce(to_json(new.org_id)::text, 'null'); before := before || ',"org_id":' || coalesce(to_json(old.org_id)::text, 'null');
        end if;
        if new.state is distinct from old.state then
          after := after || ',"state":' || coalesce(to_json(new.state)::text, 'null'); before := before || ',"state":' || coalesce(to_json(old.state)::text, 'null');
        end if;
        if after = '' then return null; end if;
        key := json_build_object('id', old.id)::text; after := '{' || substr(after, 2) || '}'; before := '{' || substr(before, 2) || '}';
      end if;
      insert into ledger_pending (xact, org_id, change) values (pg_current_xact_id(), current_org(),
        '{"after":' || after || ',"before":' || before || ',"key":' || key || ',"table":"access_review"}');
      return null;
    end $function$
;
-- owner holdfast_ledger; execute: holdfast_owner

CREATE OR REPLACE FUNCTION public.capture_access_review_item()
 RETURNS trigger
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'public', 'pg_temp'
AS $function$
    declare
      before text := '';
      after  text := '';
      key    text;
    begin
      if tg_op = 'INSERT' then
        key := json_build_object('id', new.id, 'review_id', new.review_id)::text; after := json_build_object('decided_at', new.decided_at, 'decided_by', new.decided_by, 'decision', new.decision, 'detail', new.detail, 'expires_at', new.expires_at, 'holder_sealed', capture_bytes(new.holder_sealed), 'id', new.id, 'kind', new.kind, 'label', new.label, 'last_used_at', new.last_used_at, 'new_role', new.new_role, 'org_id', new.org_id, 'person_id', new.person_id, 'proposal', new.proposal, 'proposed_role', new.proposed_role, 'reason', new.reason, 'reasons', new.reasons, 'ref', new.ref, 'review_id', new.review_id, 'role', new.role, 'since', new.since, 'version', new.version)::text; before := 'null';
      elsif tg_op = 'DELETE' then
        key := json_build_object('id', old.id, 'review_id', old.review_id)::text; after := 'null'; before := json_build_object('decided_at', old.decided_at, 'decided_by', old.decided_by, 'decision', old.decision, 'detail', old.detail, 'expires_at', old.expires_at, 'holder_sealed', capture_bytes(old.holder_sealed), 'id', old.id, 'kind', old.kind, 'label', old.label, 'last_used_at', old.last_used_at, 'new_role', old.new_role, 'org_id', old.org_id, 'person_id', old.person_id, 'proposal', old.proposal, 'proposed_role', old.proposed_role, 'reason', old.reason, 'reasons', old.reasons, 'ref', old.ref, 'review_id', old.review_id, 'role', old.role, 'since', old.since, 'version', old.version)::text;
      else
        if new.decided_at is distinct from old.decided_at then
          after := after || ',"decided_at":' || coalesce(to_json(new.decided_at)::text, 'null'); before := before || ',"decided_at":' || coalesce(to_json(old.decided_at)::text, 'null');
        end if;
        if new.decided_by is distinct from old.decided_by then
          after := after || ',"decided_by":' || coalesce(to_json(new.decided_by)::text, 'null'); before := before || ',"decided_by":' || coalesce(to_json(old.decided_by)::text, 'null');
        end if;
        if new.decision is distinct from old.decision then
          after := after || ',"decision":' || coalesce(to_json(new.decision)::text, 'null'); before := before || ',"decision":' || coalesce(to_json(old.decision)::text, 'null');
        end if;
        if new.detail is distinct from old.detail then
          after := after || ',"detail":' || coalesce(to_json(new.detail)::text, 'null'); before := before || ',"detail":' || coalesce(to_json(old.detail)::text, 'null');
        end if;
        if new.expires_at is distinct from old.expires_at then
          after := after || ',"expires_at":' || coalesce(to_json(new.expires_at)::text, 'null'); before := before || ',"expires_at":' || coalesce(to_json(old.expires_at)::text, 'null');
        end if;
        if new.holder_sealed is distinct from old.holder_sealed then
          after := after || ',"holder_sealed":' || coalesce(to_json(capture_bytes(new.holder_sealed))::text, 'null'); before := before || ',"holder_sealed":' || coalesce(to_json(capture_bytes(old.holder_sealed))::text, 'null');
        end if;
        if new.id is distinct from old.id then
          after := after || ',"id":' || coalesce(to_json(new.id)::text, 'null'); before := before || ',"id":' || coalesce(to_json(old.id)::text, 'null');
        end if;
        if new.kind is distinct from old.kind then
          after := after || ',"kind":' || coalesce(to_json(new.kind)::text, 'null'); before := before || ',"kind":' || coalesce(to_json(old.kind)::text, 'null');
        end if;
        if new.label is distinct from old.label then
          after := after || ',"label":' || coalesce(to_json(new.label)::text, 'null'); before := before || ',"label":' || coalesce(to_json(old.label)::text, 'null');
        end if;
        if new.last_used_at is distinct from old.last_used_at then
          after := after || ',"last_used_at":' || coalesce(to_json(new.last_used_at)::text, 'null'); before := before || ',"last_used_at":' || coalesce(to_json(old.last_used_at)::text, 'null');
        end if;
        if new.new_role is distinct from old.new_role then
          after := after || ',"new_role":' || coalesce(to_json(new.new_role)::text, 'null'); before := before || ',"new_role":' || coalesce(to_json(old.new_role)::text, 'null');
        end if;
        if new.org_id is distinct from old.org_id then
          after := after || ',"org_id":' || coalesce(to_json(new.org_id)::text, 'null'); before := before || ',"org_id":' || coalesce(to_json(old.org_id)::text, 'null');
        end if;
        if new.person_id is distinct from old.person_id then
          after := after || ',"person_id":' || coalesce(to_json(new.person_id)::text, 'null'); before := before || ',"person_id":' || coalesce(to_json(old.person_id)::text, 'null');
        end if;
        if new.proposal is distinct from old.proposal then
          after := after || ',"proposal":' || coalesce(to_json(new.proposal)::text, 'null'); before := before || ',"proposal":' || coalesce(to_json(old.proposal)::text, 'null');
        end if;
        if new.proposed_role is distinct from old.proposed_role then
          after := after || ',"proposed_role":' || coalesce(to_json(new.proposed_role)::text, 'null'); before := before || ',"proposed_role":' || coalesce(to_json(old.proposed_role)::text, 'null');
        end if;
        if new.reason is distinct from old.reason then
          after := after || ',"reason":' || coalesce(to_json(new.reason)::text, 'null'); before := before || ',"reason":' || coalesce(to_json(old.reason)::text, 'null');
        end if;
        if new.reasons is distinct from old.reasons then
          after := after || ',"reasons":' || coalesce(to_json(new.reasons)::text, 'null'); before := before || ',"reasons":' || coalesce(to_json(old.reasons)::text, 'null');
        end if;
        if new.ref is distinct from old.ref then
          after := after || ',"ref":' || coalesce(to_json(new.ref)::text, 'null'); before := before || ',"ref":' || coalesce(to_json(old.ref)::text, 'null');
        end if;
        if new.review_id is distinct from old.review_id then
          after := after || ',"review_id":' || coalesce(to_json(new.review_id)::text, 'null'); before := before || ',"review_id":' || coalesce(to_json(old.review_id)::text, 'null');
        end if;
        if new.role is distinct from old.role then
          after := after || ',"role":' || coalesce(to_json(new.role)::text, 'null'); before := before || ',"role":' || coalesce(to_json(old.role)::text, 'null');
        end if;
        if new.since is distinct from old.since then
          after := after || ',"since":' || coalesce(to_json(new.since)::text, 'null'); before := before || ',"since":' || coalesce(to_json(old.since)::text, 'null');
        end if;
        if new.version is distinct from old.version then
          after := after || ',"version":' || coalesce(to_json(new.version)::text, 'null'); before := before || ',"version":' || coalesce(to_json(old.version)::text, 'null');
        end if;
        if after = '' then return null; end if;
        key := json_build_object('id', old.id, 'review_id', old.review_id)::text; after := '{' || substr(after, 2) || '}'; before := '{' || substr(before, 2) || '}';
      end if;
      insert into ledger_pending (xact, org_id, change) values (pg_current_xact_id(), current_org(),
        '{"after":' || after || ',"before":' || before || ',"key":' || key || ',"table":"access_review_item"}');
      return null;
    end $function$
;
-- owner holdfast_ledger; execute: holdfast_owner

CREATE OR REPLACE FUNCTION public.capture_api_key()
 RETURNS trigger
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'public', 'pg_temp'
AS $function$
    declare
      before text := '';
      after  text := '';
      key    text;
    begin
      if tg_op = 'INSERT' then
        key := json_build_object('id', new.id)::text; after := json_build_object('created_at', new.created_at, 'created_by', new.created_by, 'cut_short_at', new.cut_short_at, 'cut_short_why', new.cut_short_why, 'expires_at', new.expires_at, 'generation', new.generation, 'id', new.id, 'name', new.name, 'networks', new.networks, 'old_secret_hash', case when new.old_secret_hash is not null then 'secret' end, 'old_until', new.old_until, 'org_id', new.org_id, 'revoked_at', new.revoked_at, 'role', new.role, 'rotated_at', new.rotated_at, 'scopes', new.scopes, 'secret_hash', case when new.secret_hash is not null then 'secret' end, 'service_account_id', new.service_account_id, 'shown_to', new.shown_to)::text; before := 'null';
      elsif tg_op = 'DELETE' then
        key := json_build_object('id', old.id)::text; after := 'null'; before := json_build_object('created_at', old.created_at, 'created_by', old.created_by, 'cut_short_at', old.cut_short_at, 'cut_short_why', old.cut_short_why, 'expires_at', old.expires_at, 'generation', old.generation, 'id', old.id, 'name', old.name, 'networks', old.networks, 'old_secret_hash', case when old.old_secret_hash is not null then 'secret' end, 'old_until', old.old_until, 'org_id', old.org_id, 'revoked_at', old.revoked_at, 'role', old.role, 'rotated_at', old.rotated_at, 'scopes', old.scopes, 'secret_hash', case when old.secret_hash is not null then 'secret' end, 'service_account_id', old.service_account_id, 'shown_to', old.shown_to)::text;
      else
        if new.created_at is distinct from old.created_at then
          after := after || ',"created_at":' || coalesce(to_json(new.created_at)::text, 'null'); before := before || ',"created_at":' || coalesce(to_json(old.created_at)::text, 'null');
        end if;
        if new.created_by is distinct from old.created_by then
          after := after || ',"created_by":' || coalesce(to_json(new.created_by)::text, 'null'); before := before || ',"created_by":' || coalesce(to_json(old.created_by)::text, 'null');
        end if;
        if new.cut_short_at is distinct from old.cut_short_at then
          after := after || ',"cut_short_at":' || coalesce(to_json(new.cut_short_at)::text, 'null'); before := before || ',"cut_short_at":' || coalesce(to_json(old.cut_short_at)::text, 'null');
        end if;
        if new.cut_short_why is distinct from old.cut_short_why then
          after := after || ',"cut_short_why":' || coalesce(to_json(new.cut_short_why)::text, 'null'); before := before || ',"cut_short_why":' || coalesce(to_json(old.cut_short_why)::text, 'null');
        end if;
        if new.expires_at is distinct from old.expires_at then
          after := after || ',"expires_at":' || coalesce(to_json(new.expires_at)::text, 'null'); before := before || ',"expires_at":' || coalesce(to_json(old.expires_at)::text, 'null');
        end if;
        if new.generation is distinct from old.generation then
          after := after || ',"generation":' || coalesce(to_json(new.generation)::text, 'null'); before := before || ',"generation":' || coalesce(to_json(old.generation)::text, 'null');
        end if;
        if new.id is distinct from old.id then
          after := after || ',"id":' || coalesce(to_json(new.id)::text, 'null'); before := before || ',"id":' || coalesce(to_json(old.id)::text, 'null');
        end if;
        if new.name is distinct from old.name then
          after := after || ',"name":' || coalesce(to_json(new.name)::text, 'null'); before := before || ',"name":' || coalesce(to_json(old.name)::text, 'null');
        end if;
        if new.networks is distinct from old.networks then
          after := after || ',"networks":' || coalesce(to_json(new.networks)::text, 'null'); before := before || ',"networks":' || coalesce(to_json(old.networks)::text, 'null');
        end if;
        if new.old_secret_hash is distinct from old.old_secret_hash then
          after := after || ',"old_secret_hash":' || coalesce(to_json(case when new.old_secret_hash is not null then 'secret' end)::text, 'null'); before := before || ',"old_secret_hash":' || coalesce(to_json(case when old.old_secret_hash is not null then 'secret' end)::text, 'null');
        end if;
        if new.old_until is distinct from old.old_until then
          after := after || ',"old_until":' || coalesce(to_json(new.old_until)::text, 'null'); before := before || ',"old_until":' || coalesce(to_json(old.old_until)::text, 'null');
        end if;
        if new.org_id is distinct from old.org_id then
          after := after || ',"org_id":' || coalesce(to_json(new.org_id)::text, 'null'); before := before || ',"org_id":' || coalesce(to_json(old.org_id)::text, 'null');
        end if;
        if new.revoked_at is distinct from old.revoked_at then
          after := after || ',"revoked_at":' || coalesce(to_json(new.revoked_at)::text, 'null'); before := before || ',"revoked_at":' || coalesce(to_json(old.revoked_at)::text, 'null');
        end if;
        if new.role is distinct from old.role then
          after := after || ',"role":' || coalesce(to_json(new.role)::text, 'null'); before := before || ',"role":' || coalesce(to_json(old.role)::text, 'null');
        end if;
        if new.rotated_at is distinct from old.rotated_at then
          after := after || ',"rotated_at":' || coalesce(to_json(new.rotated_at)::text, 'null'); before := before || ',"rotated_at":' || coalesce(to_json(old.rotated_at)::text, 'null');
        end if;
        if new.scopes is distinct from old.scopes then
          after := after || ',"scopes":' || coalesce(to_json(new.scopes)::text, 'null'); before := before || ',"scopes":' || coalesce(to_json(old.scopes)::text, 'null');
        end if;
        if new.secret_hash is distinct from old.secret_hash then
          after := after || ',"secret_hash":' || coalesce(to_json(case when new.secret_hash is not null then 'secret' end)::text, 'null'); before := before || ',"secret_hash":' || coalesce(to_json(case when old.secret_hash is not null then 'secret' end)::text, 'null');
        end if;
        if new.service_account_id is distinct from old.service_account_id then
          after := after || ',"service_account_id":' || coalesce(to_json(new.service_account_id)::text, 'null'); before := before || ',"service_account_id":' || coalesce(to_json(old.service_account_id)::text, 'null');
        end if;
        if new.shown_to is distinct from old.shown_to then
          after := after || ',"shown_to":' || coalesce(to_json(new.shown_to)::text, 'null'); before := before || ',"shown_to":' || coalesce(to_json(old.shown_to)::text, 'null');
        end if;
        if after = '' then return null; end if;
        key := json_build_object('id', old.id)::text; after := '{' || substr(after, 2) || '}'; before := '{' || substr(before, 2) || '}';
      end if;
      insert into ledger_pending (xact, org_id, change) values (pg_current_xact_id(), current_org(),
        '{"after":' || after || ',"before":' || before || ',"key":' || key || ',"table":"api_key"}');
      return null;
    end $function$
;
-- owner holdfast_ledger; execute: holdfast_owner

CREATE OR REPLACE FUNCTION public.capture_break_glass_use()
 RETURNS trigger
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'public', 'pg_temp'
AS $function$
    declare
      before text := '';
      after  text := '';
      key    text;
    begin
      if tg_op = 'INSERT' then
        key := json_build_object('id', new.id)::text; after := json_build_object('at', new.at, 'finding_sealed', capture_bytes(new.finding_sealed), 'from_sealed', capture_bytes(new.from_sealed), 'host_id', new.host_id, 'id', new.id, 'key_id', new.key_id, 'org_id', new.org_id, 'reported_at', new.reported_at, 'reviewed_at', new.reviewed_at, 'reviewed_by', new.reviewed_by)::text; before := 'null';
      elsif tg_op = 'DELETE' then
        key := json_build_object('id', old.id)::text; after := 'null'; before := json_build_object('at', old.at, 'finding_sealed', capture_bytes(old.finding_sealed), 'from_sealed', capture_bytes(old.from_sealed), 'host_id', old.host_id, 'id', old.id, 'key_id', old.key_id, 'org_id', old.org_id, 'reported_at', old.reported_at, 'reviewed_at', old.reviewed_at, 'reviewed_by', old.reviewed_by)::text;
      else
        if new.at is distinct from old.at then
          after := after || ',"at":' || coalesce(to_json(new.at)::text, 'null'); before := before || ',"at":' || coalesce(to_json(old.at)::text, 'null');
        end if;
        if new.finding_sealed is distinct from old.finding_sealed then
          after := after || ',"finding_sealed":' || coalesce(to_json(capture_bytes(new.finding_sealed))::text, 'null'); before := before || ',"finding_sealed":' || coalesce(to_json(capture_bytes(old.finding_sealed))::text, 'null');
        end if;
        if new.from_sealed is distinct from old.from_sealed then
          after := after || ',"from_sealed":' || coalesce(to_json(capture_bytes(new.from_sealed))::text, 'null'); before := before || ',"from_sealed":' || coalesce(to_json(capture_bytes(old.from_sealed))::text, 'null');
        end if;
        if new.host_id is distinct from old.host_id then
          after := after || ',"host_id":' || coalesce(to_json(new.host_id)::text, 'null'); before := before || ',"host_id":' || coalesce(to_json(old.host_id)::text, 'null');
        end if;
        if new.id is distinct from old.id then
          after := after || ',"id":' || coalesce(to_json(new.id)::text, 'null'); before := before || ',"id":' || coalesce(to_json(old.id)::text, 'null');
        end if;
        if new.key_id is distinct from old.key_id then
          after := after || ',"key_id":' || coalesce(to_json(new.key_id)::text, 'null'); before := before || ',"key_id":' || coalesce(to_json(old.key_id)::text, 'null');
        end if;
        if new.org_id is distinct from old.org_id then
          after := after || ',"org_id":' || coalesce(to_json(new.org_id)::text, 'null'); before := before || ',"org_id":' || coalesce(to_json(old.org_id)::text, 'null');
        end if;
        if new.reported_at is distinct from old.reported_at then
          after := after || ',"reported_at":' || coalesce(to_json(new.reported_at)::text, 'null'); before := before || ',"reported_at":' || coalesce(to_json(old.reported_at)::text, 'null');
        end if;
        if new.reviewed_at is distinct from old.reviewed_at then
          after := after || ',"reviewed_at":' || coalesce(to_json(new.reviewed_at)::text, 'null'); before := before || ',"reviewed_at":' || coalesce(to_json(old.reviewed_at)::text, 'null');
        end if;
        if new.reviewed_by is distinct from old.reviewed_by then
          after := after || ',"reviewed_by":' || coalesce(to_json(new.reviewed_by)::text, 'null'); before := before || ',"reviewed_by":' || coalesce(to_json(old.reviewed_by)::text, 'null');
        end if;
        if after = '' then return null; end if;
        key := json_build_object('id', old.id)::text; after := '{' || substr(after, 2) || '}'; before := '{' || substr(before, 2) || '}';
      end if;
      insert into ledger_pending (xact, org_id, change) values (pg_current_xact_id(), current_org(),
        '{"after":' || after || ',"before":' || before || ',"key":' || key || ',"table":"break_glass_use"}');
      return null;
    end $function$
;
-- owner holdfast_ledger; execute: holdfast_owner

CREATE OR REPLACE FUNCTION public.capture_business_calendar()
 RETURNS trigger
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'public', 'pg_temp'
AS $function$
    declare
      before text := '';
      after  text := '';
      key    text;
    begin
      if tg_op = 'INSERT' then
        key := json_build_object('version', new.version)::text; after := json_build_object('holidays', new.holidays, 'org_id', new.org_id, 'set_at', new.set_at, 'set_by', new.set_by, 'time_zone', new.time_zone, 'version', new.version, 'weekdays', new.weekdays)::text; before := 'null';
      elsif tg_op = 'DELETE' then
        key := json_build_object('version', old.version)::text; after := 'null'; before := json_build_object('holidays', old.holidays, 'org_id', old.org_id, 'set_at', old.set_at, 'set_by', old.set_by, 'time_zone', old.time_zone, 'version', old.version, 'weekdays', old.weekdays)::text;
      else
        if new.holidays is distinct from old.holidays then
          after := after || ',"holidays":' || coalesce(to_json(new.holidays)::text, 'null'); before := before || ',"holidays":' || coalesce(to_json(old.holidays)::text, 'null');
        end if;
        if new.org_id is distinct from old.org_id then
          after := after || ',"org_id":' || coalesce(to_json(new.org_id)::text, 'null'); before := before || ',"org_id":' || coalesce(to_json(old.org_id)::text, 'null');
        end if;
        if new.set_at is distinct from old.set_at then
          after := after || ',"set_at":' || coalesce(to_json(new.set_at)::text, 'null'); before := before || ',"set_at":' || coalesce(to_json(old.set_at)::text, 'null');
        end if;
        if new.set_by is distinct from old.set_by then
          after := after || ',"set_by":' || coalesce(to_json(new.set_by)::text, 'null'); before := before || ',"set_by":' || coalesce(to_json(old.set_by)::text, 'null');
        end if;
        if new.time_zone is distinct from old.time_zone then
          after := after || ',"time_zone":' || coalesce(to_json(new.time_zone)::text, 'null'); before := before || ',"time_zone":' || coalesce(to_json(old.time_zone)::text, 'null');
        end if;
        if new.version is distinct from old.version then
          after := after || ',"version":' || coalesce(to_json(new.version)::text, 'null'); before := before || ',"version":' || coalesce(to_json(old.version)::text, 'null');
        end if;
        if new.weekdays is distinct from old.weekdays then
          after := after || ',"weekdays":' || coalesce(to_json(new.weekdays)::text, 'null'); before := before || ',"weekdays":' || coalesce(to_json(old.weekdays)::text, 'null');
        end if;
        if after = '' then return null; end if;
        key := json_build_object('version', old.version)::text; after := '{' || substr(after, 2) || '}'; before := '{' || substr(before, 2) || '}';
      end if;
      insert into ledger_pending (xact, org_id, change) values (pg_current_xact_id(), current_org(),
        '{"after":' || after || ',"before":' || before || ',"key":' || key || ',"table":"business_calendar"}');
      return null;
    end $function$
;
-- owner holdfast_ledger; execute: holdfast_owner

CREATE OR REPLACE FUNCTION public.capture_bytes(value bytea)
 RETURNS json
 LANGUAGE sql
 IMMUTABLE PARALLEL SAFE
RETURN CASE WHEN (length(value) <= 1024) THEN to_json(translate(encode(value, 'base64'::text), '
'::text, ''::text)) WHEN (length(value) > 1024) THEN json_build_object('bytes', length(value), 'sha256', encode(sha256(value), 'hex'::text)) ELSE NULL::json END
;
-- owner holdfast_ledger; execute: holdfast_owner

CREATE OR REPLACE FUNCTION public.capture_changes(t regclass, secret text[], quiet text[])
 RETURNS void
 LANGUAGE plpgsql
AS $functionx$
declare
  columns text[] := (select array_agg(c) from unnest(table_columns(t)) c where c <> all (quiet));
  keys    text[] := (select array_agg(a.attname::text) from pg_index i join pg_attribute a on a.attrelid = i.indrelid and a.attnum = any (i.indkey)
                     where i.indrelid = t and i.indisprimary and a.attname <> 'org_id');
  name    text   := 'capture_' || t::text;
begin
  if keys is null then
    raise exception '% needs a primary key beside org_id', t;
  end if;
  execute 'set local role holdfast_ledger';
  execute format($function$
    create or replace function %1$I() returns trigger language plpgsql security definer set search_path = pg_catalog, public, pg_temp as $body$
    declare
      before text := '';
      after  text := '';
      key    text;
    begin
      if tg_op = 'INSERT' then
        key := %2$s; after := %3$s; before := 'null';
      elsif tg_op = 'DELETE' then
        key := %4$s; after := 'null'; before := %5$s;
      else%6$s
        if after = '' then return null; end if;
        key := %4$s; after := '{' || substr(after, 2) || '}'; before := '{' || substr(before, 2) || '}';
      end if;
      insert into ledger_pending (xact, org_id, change) values (pg_current_xact_id(), current_org(),
        '{"after":' || after || ',"before":' || before || ',"key":' || key || ',"table":%7$s}');
      return null;
    end $body$
    $function$, name, capture_row(t, keys, 'new', '{}'), capture_row(t, columns, 'new', secret), capture_row(t, keys, 'old', '{}'),
    capture_row(t, columns, 'old', secret), capture_differences(t, columns, secret), to_json(t::text));
  execute format('grant execute on function %I() to holdfast_owner', name);
  execute 'set local role holdfast_owner';
  execute format('create or replace trigger capture after insert or update or delete on %s for each row execute function %I()', t, name);
  execute format('alter table %s enable always trigger capture', t);
end $functionx$
;
-- owner holdfast_owner

CREATE OR REPLACE FUNCTION public.capture_database_role()
 RETURNS trigger
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'public', 'pg_temp'
AS $function$
    declare
      before text := '';
      after  text := '';
      key    text;
    begin
      if tg_op = 'INSERT' then
        key := json_build_object('id', new.id)::text; after := json_build_object('abandoned_at', new.abandoned_at, 'abandoned_by', new.abandoned_by, 'backends_ended', new.backends_ended, 'created_at', new.created_at, 'database_id', new.database_id, 'dead_at', new.dead_at, 'dropped_at', new.dropped_at, 'grant_id', new.grant_id, 'id', new.id, 'made_at', new.made_at, 'name', new.name, 'no_login_at', new.no_login_at, 'org_id', new.org_id, 'trouble', new.trouble, 'valid_until', new.valid_until, 'verifier_sealed', case when new.verifier_sealed is not null then 'secret' end)::text; before := 'null';
      elsif tg_op = 'DELETE' then
        key := json_build_object('id', old.id)::text; after := 'null'; before := json_build_object('abandoned_at', old.abandoned_at, 'abandoned_by', old.abandoned_by, 'backends_ended', old.backends_ended, 'created_at', old.created_at, 'database_id', old.database_id, 'dead_at', old.dead_at, 'dropped_at', old.dropped_at, 'grant_id', old.grant_id, 'id', old.id, 'made_at', old.made_at, 'name', old.name, 'no_login_at', old.no_login_at, 'org_id', old.org_id, 'trouble', old.trouble, 'valid_until', old.valid_until, 'verifier_sealed', case when old.verifier_sealed is not null then 'secret' end)::text;
      else
        if new.abandoned_at is distinct from old.abandoned_at then
          after := after || ',"abandoned_at":' || coalesce(to_json(new.abandoned_at)::text, 'null'); before := before || ',"abandoned_at":' || coalesce(to_json(old.abandoned_at)::text, 'null');
        end if;
        if new.abandoned_by is distinct from old.abandoned_by then
          after := after || ',"abandoned_by":' || coalesce(to_json(new.abandoned_by)::text, 'null'); before := before || ',"abandoned_by":' || coalesce(to_json(old.abandoned_by)::text, 'null');
        end if;
        if new.backends_ended is distinct from old.backends_ended then
          after := after || ',"backends_ended":' || coalesce(to_json(new.backends_ended)::text, 'null'); before := before || ',"backends_ended":' || coalesce(to_json(old.backends_ended)::text, 'null');
        end if;
        if new.created_at is distinct from old.created_at then
          after := after || ',"created_at":' || coalesce(to_json(new.created_at)::text, 'null'); before := before || ',"created_at":' || coalesce(to_json(old.created_at)::text, 'null');
        end if;
        if new.database_id is distinct from old.database_id then
          after := after || ',"database_id":' || coalesce(to_json(new.database_id)::text, 'null'); before := before || ',"database_id":' || coalesce(to_json(old.database_id)::text, 'null');
        end if;
        if new.dead_at is distinct from old.dead_at then
          after := after || ',"dead_at":' || coalesce(to_json(new.dead_at)::text, 'null'); before := before || ',"dead_at":' || coalesce(to_json(old.dead_at)::text, 'null');
        end if;
        if new.dropped_at is distinct from old.dropped_at then
          after := after || ',"dropped_at":' || coalesce(to_json(new.dropped_at)::text, 'null'); before := before || ',"dropped_at":' || coalesce(to_json(old.dropped_at)::text, 'null');
        end if;
        if new.grant_id is distinct from old.grant_id then
          after := after || ',"grant_id":' || coalesce(to_json(new.grant_id)::text, 'null'); before := before || ',"grant_id":' || coalesce(to_json(old.grant_id)::text, 'null');
        end if;
        if new.id is distinct from old.id then
          after := after || ',"id":' || coalesce(to_json(new.id)::text, 'null'); before := before || ',"id":' || coalesce(to_json(old.id)::text, 'null');
        end if;
        if new.made_at is distinct from old.made_at then
          after := after || ',"made_at":' || coalesce(to_json(new.made_at)::text, 'null'); before := before || ',"made_at":' || coalesce(to_json(old.made_at)::text, 'null');
        end if;
        if new.name is distinct from old.name then
          after := after || ',"name":' || coalesce(to_json(new.name)::text, 'null'); before := before || ',"name":' || coalesce(to_json(old.name)::text, 'null');
        end if;
        if new.no_login_at is distinct from old.no_login_at then
          after := after || ',"no_login_at":' || coalesce(to_json(new.no_login_at)::text, 'null'); before := before || ',"no_login_at":' || coalesce(to_json(old.no_login_at)::text, 'null');
        end if;
        if new.org_id is distinct from old.org_id then
          after := after || ',"org_id":' || coalesce(to_json(new.org_id)::text, 'null'); before := before || ',"org_id":' || coalesce(to_json(old.org_id)::text, 'null');
        end if;
        if new.trouble is distinct from old.trouble then
          after := after || ',"trouble":' || coalesce(to_json(new.trouble)::text, 'null'); before := before || ',"trouble":' || coalesce(to_json(old.trouble)::text, 'null');
        end if;
        if new.valid_until is distinct from old.valid_until then
          after := after || ',"valid_until":' || coalesce(to_json(new.valid_until)::text, 'null'); before := before || ',"valid_until":' || coalesce(to_json(old.valid_until)::text, 'null');
        end if;
        if new.verifier_sealed is distinct from old.verifier_sealed then
          after := after || ',"verifier_sealed":' || coalesce(to_json(case when new.verifier_sealed is not null then 'secret' end)::text, 'null'); before := before || ',"verifier_sealed":' || coalesce(to_json(case when old.verifier_sealed is not null then 'secret' end)::text, 'null');
        end if;
        if after = '' then return null; end if;
        key := json_build_object('id', old.id)::text; after := '{' || substr(after, 2) || '}'; before := '{' || substr(before, 2) || '}';
      end if;
      insert into ledger_pending (xact, org_id, change) values (pg_current_xact_id(), current_org(),
        '{"after":' || after || ',"before":' || before || ',"key":' || key || ',"table":"database_role"}');
      return null;
    end $function$
;
-- owner holdfast_ledger; execute: holdfast_owner

CREATE OR REPLACE FUNCTION public.capture_differences(t regclass, columns text[], secret text[])
 RETURNS text
 LANGUAGE sql
 STABLE
RETURN (SELECT string_agg(format('
        if new.%1$I is distinct from old.%1$I then
          after := after || %2$L || coalesce(to_json(%3$s)::text, ''null''); before := before || %2$L || coalesce(to_json(%4$s)::text, ''null'');
        end if;'::text, col.col, ((','::text || to_json(col.col)) || ':'::text), capture_value(capture_differences.t, col.col, 'new'::text, capture_differences.secret), capture_value(capture_differences.t, col.col, 'old'::text, capture_differences.secret)), ''::text ORDER BY (col.col COLLATE "C")) AS string_agg FROM unnest(capture_differences.columns) col(col))
;
-- owner holdfast_owner; execute: holdfast_ledger

CREATE OR REPLACE FUNCTION public.capture_directory()
 RETURNS trigger
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'public', 'pg_temp'
AS $function$
    declare
      before text := '';
      after  text := '';
      key    text;
    begin
      if tg_op = 'INSERT' then
        key := json_build_object('id', new.id)::text; after := json_build_object('configured_by', new.configured_by, 'created_at', new.created_at, 'default_role', new.default_role, 'disabled_at', new.disabled_at, 'id', new.id, 'name', new.name, 'org_id', new.org_id)::text; before := 'null';
      elsif tg_op = 'DELETE' then
        key := json_build_object('id', old.id)::text; after := 'null'; before := json_build_object('configured_by', old.configured_by, 'created_at', old.created_at, 'default_role', old.default_role, 'disabled_at', old.disabled_at, 'id', old.id, 'name', old.name, 'org_id', old.org_id)::text;
      else
        if new.configured_by is distinct from old.configured_by then
          after := after || ',"configured_by":' || coalesce(to_json(new.configured_by)::text, 'null'); before := before || ',"configured_by":' || coalesce(to_json(old.configured_by)::text, 'null');
        end if;
        if new.created_at is distinct from old.created_at then
          after := after || ',"created_at":' || coalesce(to_json(new.created_at)::text, 'null'); before := before || ',"created_at":' || coalesce(to_json(old.created_at)::text, 'null');
        end if;
        if new.default_role is distinct from old.default_role then
          after := after || ',"default_role":' || coalesce(to_json(new.default_role)::text, 'null'); before := before || ',"default_role":' || coalesce(to_json(old.default_role)::text, 'null');
        end if;
        if new.disabled_at is distinct from old.disabled_at then
          after := after || ',"disabled_at":' || coalesce(to_json(new.disabled_at)::text, 'null'); before := before || ',"disabled_at":' || coalesce(to_json(old.disabled_at)::text, 'null');
        end if;
        if new.id is distinct from old.id then
          after := after || ',"id":' || coalesce(to_json(new.id)::text, 'null'); before := before || ',"id":' || coalesce(to_json(old.id)::text, 'null');
        end if;
        if new.name is distinct from old.name then
          after := after || ',"name":' || coalesce(to_json(new.name)::text, 'null'); before := before || ',"name":' || coalesce(to_json(old.name)::text, 'null');
        end if;
        if new.org_id is distinct from old.org_id then
          after := after || ',"org_id":' || coalesce(to_json(new.org_id)::text, 'null'); before := before || ',"org_id":' || coalesce(to_json(old.org_id)::text, 'null');
        end if;
        if after = '' then return null; end if;
        key := json_build_object('id', old.id)::text; after := '{' || substr(after, 2) || '}'; before := '{' || substr(before, 2) || '}';
      end if;
      insert into ledger_pending (xact, org_id, change) values (pg_current_xact_id(), current_org(),
        '{"after":' || after || ',"before":' || before || ',"key":' || key || ',"table":"directory"}');
      return null;
    end $function$
;
-- owner holdfast_ledger; execute: holdfast_owner

CREATE OR REPLACE FUNCTION public.capture_directory_credential()
 RETURNS trigger
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'public', 'pg_temp'
AS $function$
    declare
      before text := '';
      after  text := '';
      key    text;
    begin
      if tg_op = 'INSERT' then
        key := json_build_object('id', new.id)::text; after := json_build_object('client_id', new.client_id, 'created_at', new.created_at, 'directory_id', new.directory_id, 'expires_at', new.expires_at, 'id', new.id, 'issued_by', new.issued_by, 'kind', new.kind, 'org_id', new.org_id, 'revoked_at', new.revoked_at, 'secret_hash', case when new.secret_hash is not null then 'secret' end)::text; before := 'null';
      elsif tg_op = 'DELETE' then
        key := json_build_object('id', old.id)::text; after := 'null'; before := json_build_object('client_id', old.client_id, 'created_at', old.created_at, 'directory_id', old.directory_id, 'expires_at', old.expires_at, 'id', old.id, 'issued_by', old.issued_by, 'kind', old.kind, 'org_id', old.org_id, 'revoked_at', old.revoked_at, 'secret_hash', case when old.secret_hash is not null then 'secret' end)::text;
      else
        if new.client_id is distinct from old.client_id then
          after := after || ',"client_id":' || coalesce(to_json(new.client_id)::text, 'null'); before := before || ',"client_id":' || coalesce(to_json(old.client_id)::text, 'null');
        end if;
        if new.created_at is distinct from old.created_at then
          after := after || ',"created_at":' || coalesce(to_json(new.created_at)::text, 'null'); before := before || ',"created_at":' || coalesce(to_json(old.created_at)::text, 'null');
        end if;
        if new.directory_id is distinct from old.directory_id then
          after := after || ',"directory_id":' || coalesce(to_json(new.directory_id)::text, 'null'); before := before || ',"directory_id":' || coalesce(to_json(old.directory_id)::text, 'null');
        end if;
        if new.expires_at is distinct from old.expires_at then
          after := after || ',"expires_at":' || coalesce(to_json(new.expires_at)::text, 'null'); before := before || ',"expires_at":' || coalesce(to_json(old.expires_at)::text, 'null');
        end if;
        if new.id is distinct from old.id then
          after := after || ',"id":' || coalesce(to_json(new.id)::text, 'null'); before := before || ',"id":' || coalesce(to_json(old.id)::text, 'null');
        end if;
        if new.issued_by is distinct from old.issued_by then
          after := after || ',"issued_by":' || coalesce(to_json(new.issued_by)::text, 'null'); before := before || ',"issued_by":' || coalesce(to_json(old.issued_by)::text, 'null');
        end if;
        if new.kind is distinct from old.kind then
          after := after || ',"kind":' || coalesce(to_json(new.kind)::text, 'null'); before := before || ',"kind":' || coalesce(to_json(old.kind)::text, 'null');
        end if;
        if new.org_id is distinct from old.org_id then
          after := after || ',"org_id":' || coalesce(to_json(new.org_id)::text, 'null'); before := before || ',"org_id":' || coalesce(to_json(old.org_id)::text, 'null');
        end if;
        if new.revoked_at is distinct from old.revoked_at then
          after := after || ',"revoked_at":' || coalesce(to_json(new.revoked_at)::text, 'null'); before := before || ',"revoked_at":' || coalesce(to_json(old.revoked_at)::text, 'null');
        end if;
        if new.secret_hash is distinct from old.secret_hash then
          after := after || ',"secret_hash":' || coalesce(to_json(case when new.secret_hash is not null then 'secret' end)::text, 'null'); before := before || ',"secret_hash":' || coalesce(to_json(case when old.secret_hash is not null then 'secret' end)::text, 'null');
        end if;
        if after = '' then return null; end if;
        key := json_build_object('id', old.id)::text; after := '{' || substr(after, 2) || '}'; before := '{' || substr(before, 2) || '}';
      end if;
      insert into ledger_pending (xact, org_id, change) values (pg_current_xact_id(), current_org(),
        '{"after":' || after || ',"before":' || before || ',"key":' || key || ',"table":"directory_credential"}');
      return null;
    end $function$
;
-- owner holdfast_ledger; execute: holdfast_owner

CREATE OR REPLACE FUNCTION public.capture_directory_group()
 RETURNS trigger
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'public', 'pg_temp'
AS $function$
    declare
      before text := '';
      after  text := '';
      key    text;
    begin
      if tg_op = 'INSERT' then
        key := json_build_object('id', new.id)::text; after := json_build_object('created_at', new.created_at, 'directory_id', new.directory_id, 'display_name', new.display_name, 'external_id', new.external_id, 'id', new.id, 'marked', new.marked, 'org_id', new.org_id, 'role', new.role, 'updated_at', new.updated_at)::text; before := 'null';
      elsif tg_op = 'DELETE' then
        key := json_build_object('id', old.id)::text; after := 'null'; before := json_build_object('created_at', old.created_at, 'directory_id', old.directory_id, 'display_name', old.display_name, 'external_id', old.external_id, 'id', old.id, 'marked', old.marked, 'org_id', old.org_id, 'role', old.role, 'updated_at', old.updated_at)::text;
      else
        if new.created_at is distinct from old.created_at then
          after := after || ',"created_at":' || coalesce(to_json(new.created_at)::text, 'null'); before := before || ',"created_at":' || coalesce(to_json(old.created_at)::text, 'null');
        end if;
        if new.directory_id is distinct from old.directory_id then
          after := after || ',"directory_id":' || coalesce(to_json(new.directory_id)::text, 'null'); before := before || ',"directory_id":' || coalesce(to_json(old.directory_id)::text, 'null');
        end if;
        if new.display_name is distinct from old.display_name then
          after := after || ',"display_name":' || coalesce(to_json(new.display_name)::text, 'null'); before := before || ',"display_name":' || coalesce(to_json(old.display_name)::text, 'null');
        end if;
        if new.external_id is distinct from old.external_id then
          after := after || ',"external_id":' || coalesce(to_json(new.external_id)::text, 'null'); before := before || ',"external_id":' || coalesce(to_json(old.external_id)::text, 'null');
        end if;
        if new.id is distinct from old.id then
          after := after || ',"id":' || coalesce(to_json(new.id)::text, 'null'); before := before || ',"id":' || coalesce(to_json(old.id)::text, 'null');
        end if;
        if new.marked is distinct from old.marked then
          after := after || ',"marked":' || coalesce(to_json(new.marked)::text, 'null'); before := before || ',"marked":' || coalesce(to_json(old.marked)::text, 'null');
        end if;
        if new.org_id is distinct from old.org_id then
          after := after || ',"org_id":' || coalesce(to_json(new.org_id)::text, 'null'); before := before || ',"org_id":' || coalesce(to_json(old.org_id)::text, 'null');
        end if;
        if new.role is distinct from old.role then
          after := after || ',"role":' || coalesce(to_json(new.role)::text, 'null'); before := before || ',"role":' || coalesce(to_json(old.role)::text, 'null');
        end if;
        if new.updated_at is distinct from old.updated_at then
          after := after || ',"updated_at":' || coalesce(to_json(new.updated_at)::text, 'null'); before := before || ',"updated_at":' || coalesce(to_json(old.updated_at)::text, 'null');
        end if;
        if after = '' then return null; end if;
        key := json_build_object('id', old.id)::text; after := '{' || substr(after, 2) || '}'; before := '{' || substr(before, 2) || '}';
      end if;
      insert into ledger_pending (xact, org_id, change) values (pg_current_xact_id(), current_org(),
        '{"after":' || after || ',"before":' || before || ',"key":' || key || ',"table":"directory_group"}');
      return null;
    end $function$
;
-- owner holdfast_ledger; execute: holdfast_owner

CREATE OR REPLACE FUNCTION public.capture_directory_group_member()
 RETURNS trigger
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'public', 'pg_temp'
AS $function$
    declare
      before text := '';
      after  text := '';
      key    text;
    begin
      if tg_op = 'INSERT' then
        key := json_build_object('group_id', new.group_id, 'user_id', new.user_id)::text; after := json_build_object('group_id', new.group_id, 'org_id', new.org_id, 'user_id', new.user_id)::text; before := 'null';
      elsif tg_op = 'DELETE' then
        key := json_build_object('group_id', old.group_id, 'user_id', old.user_id)::text; after := 'null'; before := json_build_object('group_id', old.group_id, 'org_id', old.org_id, 'user_id', old.user_id)::text;
      else
        if new.group_id is distinct from old.group_id then
          after := after || ',"group_id":' || coalesce(to_json(new.group_id)::text, 'null'); before := before || ',"group_id":' || coalesce(to_json(old.group_id)::text, 'null');
        end if;
        if new.org_id is distinct from old.org_id then
          after := after || ',"org_id":' || coalesce(to_json(new.org_id)::text, 'null'); before := before || ',"org_id":' || coalesce(to_json(old.org_id)::text, 'null');
        end if;
        if new.user_id is distinct from old.user_id then
          after := after || ',"user_id":' || coalesce(to_json(new.user_id)::text, 'null'); before := before || ',"user_id":' || coalesce(to_json(old.user_id)::text, 'null');
        end if;
        if after = '' then return null; end if;
        key := json_build_object('group_id', old.group_id, 'user_id', old.user_id)::text; after := '{' || substr(after, 2) || '}'; before := '{' || substr(before, 2) || '}';
      end if;
      insert into ledger_pending (xact, org_id, change) values (pg_current_xact_id(), current_org(),
        '{"after":' || after || ',"before":' || before || ',"key":' || key || ',"table":"directory_group_member"}');
      return null;
    end $function$
;
-- owner holdfast_ledger; execute: holdfast_owner

CREATE OR REPLACE FUNCTION public.capture_directory_test()
 RETURNS trigger
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'public', 'pg_temp'
AS $function$
    declare
      before text := '';
      after  text := '';
      key    text;
    begin
      if tg_op = 'INSERT' then
        key := json_build_object('id', new.id)::text; after := json_build_object('asked_by', new.asked_by, 'ended_at', new.ended_at, 'id', new.id, 'org_id', new.org_id, 'started_at', new.started_at, 'steps', new.steps)::text; before := 'null';
      elsif tg_op = 'DELETE' then
        key := json_build_object('id', old.id)::text; after := 'null'; before := json_build_object('asked_by', old.asked_by, 'ended_at', old.ended_at, 'id', old.id, 'org_id', old.org_id, 'started_at', old.started_at, 'steps', old.steps)::text;
      else
        if new.asked_by is distinct from old.asked_by then
          after := after || ',"asked_by":' || coalesce(to_json(new.asked_by)::text, 'null'); before := before || ',"asked_by":' || coalesce(to_json(old.asked_by)::text, 'null');
        end if;
        if new.ended_at is distinct from old.ended_at then
          after := after || ',"ended_at":' || coalesce(to_json(new.ended_at)::text, 'null'); before := before || ',"ended_at":' || coalesce(to_json(old.ended_at)::text, 'null');
        end if;
        if new.id is distinct from old.id then
          after := after || ',"id":' || coalesce(to_json(new.id)::text, 'null'); before := before || ',"id":' || coalesce(to_json(old.id)::text, 'null');
        end if;
        if new.org_id is distinct from old.org_id then
          after := after || ',"org_id":' || coalesce(to_json(new.org_id)::text, 'null'); before := before || ',"org_id":' || coalesce(to_json(old.org_id)::text, 'null');
        end if;
        if new.started_at is distinct from old.started_at then
          after := after || ',"started_at":' || coalesce(to_json(new.started_at)::text, 'null'); before := before || ',"started_at":' || coalesce(to_json(old.started_at)::text, 'null');
        end if;
        if new.steps is distinct from old.steps then
          after := after || ',"steps":' || coalesce(to_json(new.steps)::text, 'null'); before := before || ',"steps":' || coalesce(to_json(old.steps)::text, 'null');
        end if;
        if after = '' then return null; end if;
        key := json_build_object('id', old.id)::text; after := '{' || substr(after, 2) || '}'; before := '{' || substr(before, 2) || '}';
      end if;
      insert into ledger_pending (xact, org_id, change) values (pg_current_xact_id(), current_org(),
        '{"after":' || after || ',"before":' || before || ',"key":' || key || ',"table":"directory_test"}');
      return null;
    end $function$
;
-- owner holdfast_ledger; execute: holdfast_owner

CREATE OR REPLACE FUNCTION public.capture_directory_user()
 RETURNS trigger
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'public', 'pg_temp'
AS $function$
    declare
      before text := '';
      after  text := '';
      key    text;
    begin
      if tg_op = 'INSERT' then
        key := json_build_object('id', new.id)::text; after := json_build_object('active', new.active, 'created_at', new.created_at, 'directory_id', new.directory_id, 'email_index', case when new.email_index is not null then 'secret' end, 'external_id_index', case when new.external_id_index is not null then 'secret' end, 'id', new.id, 'invitation_id', new.invitation_id, 'marked', new.marked, 'org_id', new.org_id, 'person_id', new.person_id, 'resource_sealed', case when new.resource_sealed is not null then 'secret' end, 'updated_at', new.updated_at, 'user_name_index', case when new.user_name_index is not null then 'secret' end)::text; before := 'null';
      elsif tg_op = 'DELETE' then
        key := json_build_object('id', old.id)::text; after := 'null'; before := json_build_object('active', old.active, 'created_at', old.created_at, 'directory_id', old.directory_id, 'email_index', case when old.email_index is not null then 'secret' end, 'external_id_index', case when old.external_id_index is not null then 'secret' end, 'id', old.id, 'invitation_id', old.invitation_id, 'marked', old.marked, 'org_id', old.org_id, 'person_id', old.person_id, 'resource_sealed', case when old.resource_sealed is not null then 'secret' end, 'updated_at', old.updated_at, 'user_name_index', case when old.user_name_index is not null then 'secret' end)::text;
      else
        if new.active is distinct from old.active then
          after := after || ',"active":' || coalesce(to_json(new.active)::text, 'null'); before := before || ',"active":' || coalesce(to_json(old.active)::text, 'null');
        end if;
        if new.created_at is distinct from old.created_at then
          after := after || ',"created_at":' || coalesce(to_json(new.created_at)::text, 'null'); before := before || ',"created_at":' || coalesce(to_json(old.created_at)::text, 'null');
        end if;
        if new.directory_id is distinct from old.directory_id then
          after := after || ',"directory_id":' || coalesce(to_json(new.directory_id)::text, 'null'); before := before || ',"directory_id":' || coalesce(to_json(old.directory_id)::text, 'null');
        end if;
        if new.email_index is distinct from old.email_index then
          after := after || ',"email_index":' || coalesce(to_json(case when new.email_index is not null then 'secret' end)::text, 'null'); before := before || ',"email_index":' || coalesce(to_json(case when old.email_index is not null then 'secret' end)::text, 'null');
        end if;
        if new.external_id_index is distinct from old.external_id_index then
          after := after || ',"external_id_index":' || coalesce(to_json(case when new.external_id_index is not null then 'secret' end)::text, 'null'); before := before || ',"external_id_index":' || coalesce(to_json(case when old.external_id_index is not null then 'secret' end)::text, 'null');
        end if;
        if new.id is distinct from old.id then
          after := after || ',"id":' || coalesce(to_json(new.id)::text, 'null'); before := before || ',"id":' || coalesce(to_json(old.id)::text, 'null');
        end if;
        if new.invitation_id is distinct from old.invitation_id then
          after := after || ',"invitation_id":' || coalesce(to_json(new.invitation_id)::text, 'null'); before := before || ',"invitation_id":' || coalesce(to_json(old.invitation_id)::text, 'null');
        end if;
        if new.marked is distinct from old.marked then
          after := after || ',"marked":' || coalesce(to_json(new.marked)::text, 'null'); before := before || ',"marked":' || coalesce(to_json(old.marked)::text, 'null');
        end if;
        if new.org_id is distinct from old.org_id then
          after := after || ',"org_id":' || coalesce(to_json(new.org_id)::text, 'null'); before := before || ',"org_id":' || coalesce(to_json(old.org_id)::text, 'null');
        end if;
        if new.person_id is distinct from old.person_id then
          after := after || ',"person_id":' || coalesce(to_json(new.person_id)::text, 'null'); before := before || ',"person_id":' || coalesce(to_json(old.person_id)::text, 'null');
        end if;
        if new.resource_sealed is distinct from old.resource_sealed then
          after := after || ',"resource_sealed":' || coalesce(to_json(case when new.resource_sealed is not null then 'secret' end)::text, 'null'); before := before || ',"resource_sealed":' || coalesce(to_json(case when old.resource_sealed is not null then 'secret' end)::text, 'null');
        end if;
        if new.updated_at is distinct from old.updated_at then
          after := after || ',"updated_at":' || coalesce(to_json(new.updated_at)::text, 'null'); before := before || ',"updated_at":' || coalesce(to_json(old.updated_at)::text, 'null');
        end if;
        if new.user_name_index is distinct from old.user_name_index then
          after := after || ',"user_name_index":' || coalesce(to_json(case when new.user_name_index is not null then 'secret' end)::text, 'null'); before := before || ',"user_name_index":' || coalesce(to_json(case when old.user_name_index is not null then 'secret' end)::text, 'null');
        end if;
        if after = '' then return null; end if;
        key := json_build_object('id', old.id)::text; after := '{' || substr(after, 2) || '}'; before := '{' || substr(before, 2) || '}';
      end if;
      insert into ledger_pending (xact, org_id, change) values (pg_current_xact_id(), current_org(),
        '{"after":' || after || ',"before":' || before || ',"key":' || key || ',"table":"directory_user"}');
      return null;
    end $function$
;
-- owner holdfast_ledger; execute: holdfast_owner

CREATE OR REPLACE FUNCTION public.capture_emergency_key()
 RETURNS trigger
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'public', 'pg_temp'
AS $function$
    declare
      before text := '';
      after  text := '';
      key    text;
    begin
      if tg_op = 'INSERT' then
        key := json_build_object('id', new.id)::text; after := json_build_object('ended_at', new.ended_at, 'ended_by', new.ended_by, 'fingerprint', new.fingerprint, 'id', new.id, 'kept_sealed', capture_bytes(new.kept_sealed), 'kind', new.kind, 'org_id', new.org_id, 'person_id', new.person_id, 'registered_by', new.registered_by, 'since', new.since, 'tried_at', new.tried_at, 'until', new.until)::text; before := 'null';
      elsif tg_op = 'DELETE' then
        key := json_build_object('id', old.id)::text; after := 'null'; before := json_build_object('ended_at', old.ended_at, 'ended_by', old.ended_by, 'fingerprint', old.fingerprint, 'id', old.id, 'kept_sealed', capture_bytes(old.kept_sealed), 'kind', old.kind, 'org_id', old.org_id, 'person_id', old.person_id, 'registered_by', old.registered_by, 'since', old.since, 'tried_at', old.tried_at, 'until', old.until)::text;
      else
        if new.ended_at is distinct from old.ended_at then
          after := after || ',"ended_at":' || coalesce(to_json(new.ended_at)::text, 'null'); before := before || ',"ended_at":' || coalesce(to_json(old.ended_at)::text, 'null');
        end if;
        if new.ended_by is distinct from old.ended_by then
          after := after || ',"ended_by":' || coalesce(to_json(new.ended_by)::text, 'null'); before := before || ',"ended_by":' || coalesce(to_json(old.ended_by)::text, 'null');
        end if;
        if new.fingerprint is distinct from old.fingerprint then
          after := after || ',"fingerprint":' || coalesce(to_json(new.fingerprint)::text, 'null'); before := before || ',"fingerprint":' || coalesce(to_json(old.fingerprint)::text, 'null');
        end if;
        if new.id is distinct from old.id then
          after := after || ',"id":' || coalesce(to_json(new.id)::text, 'null'); before := before || ',"id":' || coalesce(to_json(old.id)::text, 'null');
        end if;
        if new.kept_sealed is distinct from old.kept_sealed then
          after := after || ',"kept_sealed":' || coalesce(to_json(capture_bytes(new.kept_sealed))::text, 'null'); before := before || ',"kept_sealed":' || coalesce(to_json(capture_bytes(old.kept_sealed))::text, 'null');
        end if;
        if new.kind is distinct from old.kind then
          after := after || ',"kind":' || coalesce(to_json(new.kind)::text, 'null'); before := before || ',"kind":' || coalesce(to_json(old.kind)::text, 'null');
        end if;
        if new.org_id is distinct from old.org_id then
          after := after || ',"org_id":' || coalesce(to_json(new.org_id)::text, 'null'); before := before || ',"org_id":' || coalesce(to_json(old.org_id)::text, 'null');
        end if;
        if new.person_id is distinct from old.person_id then
          after := after || ',"person_id":' || coalesce(to_json(new.person_id)::text, 'null'); before := before || ',"person_id":' || coalesce(to_json(old.person_id)::text, 'null');
        end if;
        if new.registered_by is distinct from old.registered_by then
          after := after || ',"registered_by":' || coalesce(to_json(new.registered_by)::text, 'null'); before := before || ',"registered_by":' || coalesce(to_json(old.registered_by)::text, 'null');
        end if;
        if new.since is distinct from old.since then
          after := after || ',"since":' || coalesce(to_json(new.since)::text, 'null'); before := before || ',"since":' || coalesce(to_json(old.since)::text, 'null');
        end if;
        if new.tried_at is distinct from old.tried_at then
          after := after || ',"tried_at":' || coalesce(to_json(new.tried_at)::text, 'null'); before := before || ',"tried_at":' || coalesce(to_json(old.tried_at)::text, 'null');
        end if;
        if new.until is distinct from old.until then
          after := after || ',"until":' || coalesce(to_json(new.until)::text, 'null'); before := before || ',"until":' || coalesce(to_json(old.until)::text, 'null');
        end if;
        if after = '' then return null; end if;
        key := json_build_object('id', old.id)::text; after := '{' || substr(after, 2) || '}'; before := '{' || substr(before, 2) || '}';
      end if;
      insert into ledger_pending (xact, org_id, change) values (pg_current_xact_id(), current_org(),
        '{"after":' || after || ',"before":' || before || ',"key":' || key || ',"table":"emergency_key"}');
      return null;
    end $function$
;
-- owner holdfast_ledger; execute: holdfast_owner

CREATE OR REPLACE FUNCTION public.capture_factor_recovery()
 RETURNS trigger
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'public', 'pg_temp'
AS $function$
    declare
      before text := '';
      after  text := '';
      key    text;
    begin
      if tg_op = 'INSERT' then
        key := json_build_object('id', new.id)::text; after := json_build_object('asked_at', new.asked_at, 'asked_by', new.asked_by, 'ended_at', new.ended_at, 'ended_by', new.ended_by, 'id', new.id, 'org_id', new.org_id, 'person_id', new.person_id, 'ready_at', new.ready_at, 'ready_until', new.ready_until, 'reason_sealed', capture_bytes(new.reason_sealed), 'state', new.state, 'token_hash', case when new.token_hash is not null then 'secret' end, 'token_sealed', capture_bytes(new.token_sealed))::text; before := 'null';
      elsif tg_op = 'DELETE' then
        key := json_build_object('id', old.id)::text; after := 'null'; before := json_build_object('asked_at', old.asked_at, 'asked_by', old.asked_by, 'ended_at', old.ended_at, 'ended_by', old.ended_by, 'id', old.id, 'org_id', old.org_id, 'person_id', old.person_id, 'ready_at', old.ready_at, 'ready_until', old.ready_until, 'reason_sealed', capture_bytes(old.reason_sealed), 'state', old.state, 'token_hash', case when old.token_hash is not null then 'secret' end, 'token_sealed', capture_bytes(old.token_sealed))::text;
      else
        if new.asked_at is distinct from old.asked_at then
          after := after || ',"asked_at":' || coalesce(to_json(new.asked_at)::text, 'null'); before := before || ',"asked_at":' || coalesce(to_json(old.asked_at)::text, 'null');
        end if;
        if new.asked_by is distinct from old.asked_by then
          after := after || ',"asked_by":' || coalesce(to_json(new.asked_by)::text, 'null'); before := before || ',"asked_by":' || coalesce(to_json(old.asked_by)::text, 'null');
        end if;
        if new.ended_at is distinct from old.ended_at then
          after := after || ',"ended_at":' || coalesce(to_json(new.ended_at)::text, 'null'); before := before || ',"ended_at":' || coalesce(to_json(old.ended_at)::text, 'null');
        end if;
        if new.ended_by is distinct from old.ended_by then
          after := after || ',"ended_by":' || coalesce(to_json(new.ended_by)::text, 'null'); before := before || ',"ended_by":' || coalesce(to_json(old.ended_by)::text, 'null');
        end if;
        if new.id is distinct from old.id then
          after := after || ',"id":' || coalesce(to_json(new.id)::text, 'null'); before := before || ',"id":' || coalesce(to_json(old.id)::text, 'null');
        end if;
        if new.org_id is distinct from old.org_id then
          after := after || ',"org_id":' || coalesce(to_json(new.org_id)::text, 'null'); before := before || ',"org_id":' || coalesce(to_json(old.org_id)::text, 'null');
        end if;
        if new.person_id is distinct from old.person_id then
          after := after || ',"person_id":' || coalesce(to_json(new.person_id)::text, 'null'); before := before || ',"person_id":' || coalesce(to_json(old.person_id)::text, 'null');
        end if;
        if new.ready_at is distinct from old.ready_at then
          after := after || ',"ready_at":' || coalesce(to_json(new.ready_at)::text, 'null'); before := before || ',"ready_at":' || coalesce(to_json(old.ready_at)::text, 'null');
        end if;
        if new.ready_until is distinct from old.ready_until then
          after := after || ',"ready_until":' || coalesce(to_json(new.ready_until)::text, 'null'); before := before || ',"ready_until":' || coalesce(to_json(old.ready_until)::text, 'null');
        end if;
        if new.reason_sealed is distinct from old.reason_sealed then
          after := after || ',"reason_sealed":' || coalesce(to_json(capture_bytes(new.reason_sealed))::text, 'null'); before := before || ',"reason_sealed":' || coalesce(to_json(capture_bytes(old.reason_sealed))::text, 'null');
        end if;
        if new.state is distinct from old.state then
          after := after || ',"state":' || coalesce(to_json(new.state)::text, 'null'); before := before || ',"state":' || coalesce(to_json(old.state)::text, 'null');
        end if;
        if new.token_hash is distinct from old.token_hash then
          after := after || ',"token_hash":' || coalesce(to_json(case when new.token_hash is not null then 'secret' end)::text, 'null'); before := before || ',"token_hash":' || coalesce(to_json(case when old.token_hash is not null then 'secret' end)::text, 'null');
        end if;
        if new.token_sealed is distinct from old.token_sealed then
          after := after || ',"token_sealed":' || coalesce(to_json(capture_bytes(new.token_sealed))::text, 'null'); before := before || ',"token_sealed":' || coalesce(to_json(capture_bytes(old.token_sealed))::text, 'null');
        end if;
        if after = '' then return null; end if;
        key := json_build_object('id', old.id)::text; after := '{' || substr(after, 2) || '}'; before := '{' || substr(before, 2) || '}';
      end if;
      insert into ledger_pending (xact, org_id, change) values (pg_current_xact_id(), current_org(),
        '{"after":' || after || ',"before":' || before || ',"key":' || key || ',"table":"factor_recovery"}');
      return null;
    end $function$
;
-- owner holdfast_ledger; execute: holdfast_owner

CREATE OR REPLACE FUNCTION public.capture_factor_recovery_confirmation()
 RETURNS trigger
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'public', 'pg_temp'
AS $function$
    declare
      before text := '';
      after  text := '';
      key    text;
    begin
      if tg_op = 'INSERT' then
        key := json_build_object('person_id', new.person_id, 'recovery_id', new.recovery_id)::text; after := json_build_object('at', new.at, 'org_id', new.org_id, 'person_id', new.person_id, 'recovery_id', new.recovery_id, 'role', new.role, 'subject_id', new.subject_id)::text; before := 'null';
      elsif tg_op = 'DELETE' then
        key := json_build_object('person_id', old.person_id, 'recovery_id', old.recovery_id)::text; after := 'null'; before := json_build_object('at', old.at, 'org_id', old.org_id, 'person_id', old.person_id, 'recovery_id', old.recovery_id, 'role', old.role, 'subject_id', old.subject_id)::text;
      else
        if new.at is distinct from old.at then
          after := after || ',"at":' || coalesce(to_json(new.at)::text, 'null'); before := before || ',"at":' || coalesce(to_json(old.at)::text, 'null');
        end if;
        if new.org_id is distinct from old.org_id then
          after := after || ',"org_id":' || coalesce(to_json(new.org_id)::text, 'null'); before := before || ',"org_id":' || coalesce(to_json(old.org_id)::text, 'null');
        end if;
        if new.person_id is distinct from old.person_id then
          after := after || ',"person_id":' || coalesce(to_json(new.person_id)::text, 'null'); before := before || ',"person_id":' || coalesce(to_json(old.person_id)::text, 'null');
        end if;
        if new.recovery_id is distinct from old.recovery_id then
          after := after || ',"recovery_id":' || coalesce(to_json(new.recovery_id)::text, 'null'); before := before || ',"recovery_id":' || coalesce(to_json(old.recovery_id)::text, 'null');
        end if;
        if new.role is distinct from old.role then
          after := after || ',"role":' || coalesce(to_json(new.role)::text, 'null'); before := before || ',"role":' || coalesce(to_json(old.role)::text, 'null');
        end if;
        if new.subject_id is distinct from old.subject_id then
          after := after || ',"subject_id":' || coalesce(to_json(new.subject_id)::text, 'null'); before := before || ',"subject_id":' || coalesce(to_json(old.subject_id)::text, 'null');
        end if;
        if after = '' then return null; end if;
        key := json_build_object('person_id', old.person_id, 'recovery_id', old.recovery_id)::text; after := '{' || substr(after, 2) || '}'; before := '{' || substr(before, 2) || '}';
      end if;
      insert into ledger_pending (xact, org_id, change) values (pg_current_xact_id(), current_org(),
        '{"after":' || after || ',"before":' || before || ',"key":' || key || ',"table":"factor_recovery_confirmation"}');
      return null;
    end $function$
;
-- owner holdfast_ledger; execute: holdfast_owner

CREATE OR REPLACE FUNCTION public.capture_grant_approval()
 RETURNS trigger
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'public', 'pg_temp'
AS $function$
    declare
      before text := '';
      after  text := '';
      key    text;
    begin
      if tg_op = 'INSERT' then
        key := json_build_object('grant_id', new.grant_id, 'person_id', new.person_id)::text; after := json_build_object('at', new.at, 'grant_id', new.grant_id, 'org_id', new.org_id, 'person_id', new.person_id, 'request_hash', new.request_hash, 'requester_id', new.requester_id)::text; before := 'null';
      elsif tg_op = 'DELETE' then
        key := json_build_object('grant_id', old.grant_id, 'person_id', old.person_id)::text; after := 'null'; before := json_build_object('at', old.at, 'grant_id', old.grant_id, 'org_id', old.org_id, 'person_id', old.person_id, 'request_hash', old.request_hash, 'requester_id', old.requester_id)::text;
      else
        if new.at is distinct from old.at then
          after := after || ',"at":' || coalesce(to_json(new.at)::text, 'null'); before := before || ',"at":' || coalesce(to_json(old.at)::text, 'null');
        end if;
        if new.grant_id is distinct from old.grant_id then
          after := after || ',"grant_id":' || coalesce(to_json(new.grant_id)::text, 'null'); before := before || ',"grant_id":' || coalesce(to_json(old.grant_id)::text, 'null');
        end if;
        if new.org_id is distinct from old.org_id then
          after := after || ',"org_id":' || coalesce(to_json(new.org_id)::text, 'null'); before := before || ',"org_id":' || coalesce(to_json(old.org_id)::text, 'null');
        end if;
        if new.person_id is distinct from old.person_id then
          after := after || ',"person_id":' || coalesce(to_json(new.person_id)::text, 'null'); before := before || ',"person_id":' || coalesce(to_json(old.person_id)::text, 'null');
        end if;
        if new.request_hash is distinct from old.request_hash then
          after := after || ',"request_hash":' || coalesce(to_json(new.request_hash)::text, 'null'); before := before || ',"request_hash":' || coalesce(to_json(old.request_hash)::text, 'null');
        end if;
        if new.requester_id is distinct from old.requester_id then
          after := after || ',"requester_id":' || coalesce(to_json(new.requester_id)::text, 'null'); before := before || ',"requester_id":' || coalesce(to_json(old.requester_id)::text, 'null');
        end if;
        if after = '' then return null; end if;
        key := json_build_object('grant_id', old.grant_id, 'person_id', old.person_id)::text; after := '{' || substr(after, 2) || '}'; before := '{' || substr(before, 2) || '}';
      end if;
      insert into ledger_pending (xact, org_id, change) values (pg_current_xact_id(), current_org(),
        '{"after":' || after || ',"before":' || before || ',"key":' || key || ',"table":"grant_approval"}');
      return null;
    end $function$
;
-- owner holdfast_ledger; execute: holdfast_owner

CREATE OR REPLACE FUNCTION public.capture_grant_certificate()
 RETURNS trigger
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'public', 'pg_temp'
AS $function$
    declare
      before text := '';
      after  text := '';
      key    text;
    begin
      if tg_op = 'INSERT' then
        key := json_build_object('serial', new.serial)::text; after := json_build_object('grant_id', new.grant_id, 'issued_at', new.issued_at, 'key_fingerprint', new.key_fingerprint, 'org_id', new.org_id, 'serial', new.serial, 'valid_before', new.valid_before)::text; before := 'null';
      elsif tg_op = 'DELETE' then
        key := json_build_object('serial', old.serial)::text; after := 'null'; before := json_build_object('grant_id', old.grant_id, 'issued_at', old.issued_at, 'key_fingerprint', old.key_fingerprint, 'org_id', old.org_id, 'serial', old.serial, 'valid_before', old.valid_before)::text;
      else
        if new.grant_id is distinct from old.grant_id then
          after := after || ',"grant_id":' || coalesce(to_json(new.grant_id)::text, 'null'); before := before || ',"grant_id":' || coalesce(to_json(old.grant_id)::text, 'null');
        end if;
        if new.issued_at is distinct from old.issued_at then
          after := after || ',"issued_at":' || coalesce(to_json(new.issued_at)::text, 'null'); before := before || ',"issued_at":' || coalesce(to_json(old.issued_at)::text, 'null');
        end if;
        if new.key_fingerprint is distinct from old.key_fingerprint then
          after := after || ',"key_fingerprint":' || coalesce(to_json(new.key_fingerprint)::text, 'null'); before := before || ',"key_fingerprint":' || coalesce(to_json(old.key_fingerprint)::text, 'null');
        end if;
        if new.org_id is distinct from old.org_id then
          after := after || ',"org_id":' || coalesce(to_json(new.org_id)::text, 'null'); before := before || ',"org_id":' || coalesce(to_json(old.org_id)::text, 'null');
        end if;
        if new.serial is distinct from old.serial then
          after := after || ',"serial":' || coalesce(to_json(new.serial)::text, 'null'); before := before || ',"serial":' || coalesce(to_json(old.serial)::text, 'null');
        end if;
        if new.valid_before is distinct from old.valid_before then
          after := after || ',"valid_before":' || coalesce(to_json(new.valid_before)::text, 'null'); before := before || ',"valid_before":' || coalesce(to_json(old.valid_before)::text, 'null');
        end if;
        if after = '' then return null; end if;
        key := json_build_object('serial', old.serial)::text; after := '{' || substr(after, 2) || '}'; before := '{' || substr(before, 2) || '}';
      end if;
      insert into ledger_pending (xact, org_id, change) values (pg_current_xact_id(), current_org(),
        '{"after":' || after || ',"before":' || before || ',"key":' || key || ',"table":"grant_certificate"}');
      return null;
    end $function$
;
-- owner holdfast_ledger; execute: holdfast_owner

CREATE OR REPLACE FUNCTION public.capture_host()
 RETURNS trigger
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'public', 'pg_temp'
AS $function$
    declare
      before text := '';
      after  text := '';
      key    text;
    begin
      if tg_op = 'INSERT' then
        key := json_build_object('id', new.id)::text; after := json_build_object('address', new.address, 'agent_id', new.agent_id, 'agent_secret_hash', case when new.agent_secret_hash is not null then 'secret' end, 'agent_version', new.agent_version, 'certificate_ends_at', new.certificate_ends_at, 'clock_skew_seconds', new.clock_skew_seconds, 'created_at', new.created_at, 'enrolled_at', new.enrolled_at, 'environment', new.environment, 'host_authority', new.host_authority, 'host_public_key', new.host_public_key, 'id', new.id, 'labels', new.labels, 'left_at', new.left_at, 'name', new.name, 'org_id', new.org_id, 'port', new.port, 'recorder_login', new.recorder_login, 'retired_at', new.retired_at, 'sshd_accounts', new.sshd_accounts, 'sshd_ways', new.sshd_ways, 'state', new.state, 'when_stale', new.when_stale)::text; before := 'null';
      elsif tg_op = 'DELETE' then
        key := json_build_object('id', old.id)::text; after := 'null'; before := json_build_object('address', old.address, 'agent_id', old.agent_id, 'agent_secret_hash', case when old.agent_secret_hash is not null then 'secret' end, 'agent_version', old.agent_version, 'certificate_ends_at', old.certificate_ends_at, 'clock_skew_seconds', old.clock_skew_seconds, 'created_at', old.created_at, 'enrolled_at', old.enrolled_at, 'environment', old.environment, 'host_authority', old.host_authority, 'host_public_key', old.host_public_key, 'id', old.id, 'labels', old.labels, 'left_at', old.left_at, 'name', old.name, 'org_id', old.org_id, 'port', old.port, 'recorder_login', old.recorder_login, 'retired_at', old.retired_at, 'sshd_accounts', old.sshd_accounts, 'sshd_ways', old.sshd_ways, 'state', old.state, 'when_stale', old.when_stale)::text;
      else
        if new.address is distinct from old.address then
          after := after || ',"address":' || coalesce(to_json(new.address)::text, 'null'); before := before || ',"address":' || coalesce(to_json(old.address)::text, 'null');
        end if;
        if new.agent_id is distinct from old.agent_id then
          after := after || ',"agent_id":' || coalesce(to_json(new.agent_id)::text, 'null'); before := before || ',"agent_id":' || coalesce(to_json(old.agent_id)::text, 'null');
        end if;
        if new.agent_secret_hash is distinct from old.agent_secret_hash then
          after := after || ',"agent_secret_hash":' || coalesce(to_json(case when new.agent_secret_hash is not null then 'secret' end)::text, 'null'); before := before || ',"agent_secret_hash":' || coalesce(to_json(case when old.agent_secret_hash is not null then 'secret' end)::text, 'null');
        end if;
        if new.agent_version is distinct from old.agent_version then
          after := after || ',"agent_version":' || coalesce(to_json(new.agent_version)::text, 'null'); before := before || ',"agent_version":' || coalesce(to_json(old.agent_version)::text, 'null');
        end if;
        if new.certificate_ends_at is distinct from old.certificate_ends_at then
          after := after || ',"certificate_ends_at":' || coalesce(to_json(new.certificate_ends_at)::text, 'null'); before := before || ',"certificate_ends_at":' || coalesce(to_json(old.certificate_ends_at)::text, 'null');
        end if;
        if new.clock_skew_seconds is distinct from old.clock_skew_seconds then
          after := after || ',"clock_skew_seconds":' || coalesce(to_json(new.clock_skew_seconds)::text, 'null'); before := before || ',"clock_skew_seconds":' || coalesce(to_json(old.clock_skew_seconds)::text, 'null');
        end if;
        if new.created_at is distinct from old.created_at then
          after := after || ',"created_at":' || coalesce(to_json(new.created_at)::text, 'null'); before := before || ',"created_at":' || coalesce(to_json(old.created_at)::text, 'null');
        end if;
        if new.enrolled_at is distinct from old.enrolled_at then
          after := after || ',"enrolled_at":' || coalesce(to_json(new.enrolled_at)::text, 'null'); before := before || ',"enrolled_at":' || coalesce(to_json(old.enrolled_at)::text, 'null');
        end if;
        if new.environment is distinct from old.environment then
          after := after || ',"environment":' || coalesce(to_json(new.environment)::text, 'null'); before := before || ',"environment":' || coalesce(to_json(old.environment)::text, 'null');
        end if;
        if new.host_authority is distinct from old.host_authority then
          after := after || ',"host_authority":' || coalesce(to_json(new.host_authority)::text, 'null'); before := before || ',"host_authority":' || coalesce(to_json(old.host_authority)::text, 'null');
        end if;
        if new.host_public_key is distinct from old.host_public_key then
          after := after || ',"host_public_key":' || coalesce(to_json(new.host_public_key)::text, 'null'); before := before || ',"host_public_key":' || coalesce(to_json(old.host_public_key)::text, 'null');
        end if;
        if new.id is distinct from old.id then
          after := after || ',"id":' || coalesce(to_json(new.id)::text, 'null'); before := before || ',"id":' || coalesce(to_json(old.id)::text, 'null');
        end if;
        if new.labels is distinct from old.labels then
          after := after || ',"labels":' || coalesce(to_json(new.labels)::text, 'null'); before := before || ',"labels":' || coalesce(to_json(old.labels)::text, 'null');
        end if;
        if new.left_at is distinct from old.left_at then
          after := after || ',"left_at":' || coalesce(to_json(new.left_at)::text, 'null'); before := before || ',"left_at":' || coalesce(to_json(old.left_at)::text, 'null');
        end if;
        if new.name is distinct from old.name then
          after := after || ',"name":' || coalesce(to_json(new.name)::text, 'null'); before := before || ',"name":' || coalesce(to_json(old.name)::text, 'null');
        end if;
        if new.org_id is distinct from old.org_id then
          after := after || ',"org_id":' || coalesce(to_json(new.org_id)::text, 'null'); before := before || ',"org_id":' || coalesce(to_json(old.org_id)::text, 'null');
        end if;
        if new.port is distinct from old.port then
          after := after || ',"port":' || coalesce(to_json(new.port)::text, 'null'); before := before || ',"port":' || coalesce(to_json(old.port)::text, 'null');
        end if;
        if new.recorder_login is distinct from old.recorder_login then
          after := after || ',"recorder_login":' || coalesce(to_json(new.recorder_login)::text, 'null'); before := before || ',"recorder_login":' || coalesce(to_json(old.recorder_login)::text, 'null');
        end if;
        if new.retired_at is distinct from old.retired_at then
          after := after || ',"retired_at":' || coalesce(to_json(new.retired_at)::text, 'null'); before := before || ',"retired_at":' || coalesce(to_json(old.retired_at)::text, 'null');
        end if;
        if new.sshd_accounts is distinct from old.sshd_accounts then
          after := after || ',"sshd_accounts":' || coalesce(to_json(new.sshd_accounts)::text, 'null'); before := before || ',"sshd_accounts":' || coalesce(to_json(old.sshd_accounts)::text, 'null');
        end if;
        if new.sshd_ways is distinct from old.sshd_ways then
          after := after || ',"sshd_ways":' || coalesce(to_json(new.sshd_ways)::text, 'null'); before := before || ',"sshd_ways":' || coalesce(to_json(old.sshd_ways)::text, 'null');
        end if;
        if new.state is distinct from old.state then
          after := after || ',"state":' || coalesce(to_json(new.state)::text, 'null'); before := before || ',"state":' || coalesce(to_json(old.state)::text, 'null');
        end if;
        if new.when_stale is distinct from old.when_stale then
          after := after || ',"when_stale":' || coalesce(to_json(new.when_stale)::text, 'null'); before := before || ',"when_stale":' || coalesce(to_json(old.when_stale)::text, 'null');
        end if;
        if after = '' then return null; end if;
        key := json_build_object('id', old.id)::text; after := '{' || substr(after, 2) || '}'; before := '{' || substr(before, 2) || '}';
      end if;
      insert into ledger_pending (xact, org_id, change) values (pg_current_xact_id(), current_org(),
        '{"after":' || after || ',"before":' || before || ',"key":' || key || ',"table":"host"}');
      return null;
    end $function$
;
-- owner holdfast_ledger; execute: holdfast_owner

CREATE OR REPLACE FUNCTION public.capture_host_enrolment()
 RETURNS trigger
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'public', 'pg_temp'
AS $function$
    declare
      before text := '';
      after  text := '';
      key    text;
    begin
      if tg_op = 'INSERT' then
        key := json_build_object('id', new.id)::text; after := json_build_object('created_at', new.created_at, 'expires_at', new.expires_at, 'host_id', new.host_id, 'id', new.id, 'org_id', new.org_id, 'token_hash', case when new.token_hash is not null then 'secret' end, 'used_at', new.used_at)::text; before := 'null';
      elsif tg_op = 'DELETE' then
        key := json_build_object('id', old.id)::text; after := 'null'; before := json_build_object('created_at', old.created_at, 'expires_at', old.expires_at, 'host_id', old.host_id, 'id', old.id, 'org_id', old.org_id, 'token_hash', case when old.token_hash is not null then 'secret' end, 'used_at', old.used_at)::text;
      else
        if new.created_at is distinct from old.created_at then
          after := after || ',"created_at":' || coalesce(to_json(new.created_at)::text, 'null'); before := before || ',"created_at":' || coalesce(to_json(old.created_at)::text, 'null');
        end if;
        if new.expires_at is distinct from old.expires_at then
          after := after || ',"expires_at":' || coalesce(to_json(new.expires_at)::text, 'null'); before := before || ',"expires_at":' || coalesce(to_json(old.expires_at)::text, 'null');
        end if;
        if new.host_id is distinct from old.host_id then
          after := after || ',"host_id":' || coalesce(to_json(new.host_id)::text, 'null'); before := before || ',"host_id":' || coalesce(to_json(old.host_id)::text, 'null');
        end if;
        if new.id is distinct from old.id then
          after := after || ',"id":' || coalesce(to_json(new.id)::text, 'null'); before := before || ',"id":' || coalesce(to_json(old.id)::text, 'null');
        end if;
        if new.org_id is distinct from old.org_id then
          after := after || ',"org_id":' || coalesce(to_json(new.org_id)::text, 'null'); before := before || ',"org_id":' || coalesce(to_json(old.org_id)::text, 'null');
        end if;
        if new.token_hash is distinct from old.token_hash then
          after := after || ',"token_hash":' || coalesce(to_json(case when new.token_hash is not null then 'secret' end)::text, 'null'); before := before || ',"token_hash":' || coalesce(to_json(case when old.token_hash is not null then 'secret' end)::text, 'null');
        end if;
        if new.used_at is distinct from old.used_at then
          after := after || ',"used_at":' || coalesce(to_json(new.used_at)::text, 'null'); before := before || ',"used_at":' || coalesce(to_json(old.used_at)::text, 'null');
        end if;
        if after = '' then return null; end if;
        key := json_build_object('id', old.id)::text; after := '{' || substr(after, 2) || '}'; before := '{' || substr(before, 2) || '}';
      end if;
      insert into ledger_pending (xact, org_id, change) values (pg_current_xact_id(), current_org(),
        '{"after":' || after || ',"before":' || before || ',"key":' || key || ',"table":"host_enrolment"}');
      return null;
    end $function$
;
-- owner holdfast_ledger; execute: holdfast_owner

CREATE OR REPLACE FUNCTION public.capture_host_refusal()
 RETURNS trigger
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'public', 'pg_temp'
AS $function$
    declare
      before text := '';
      after  text := '';
      key    text;
    begin
      if tg_op = 'INSERT' then
        key := json_build_object('id', new.id)::text; after := json_build_object('at', new.at, 'host_id', new.host_id, 'id', new.id, 'key_id', new.key_id, 'login', new.login, 'org_id', new.org_id, 'reason', new.reason)::text; before := 'null';
      elsif tg_op = 'DELETE' then
        key := json_build_object('id', old.id)::text; after := 'null'; before := json_build_object('at', old.at, 'host_id', old.host_id, 'id', old.id, 'key_id', old.key_id, 'login', old.login, 'org_id', old.org_id, 'reason', old.reason)::text;
      else
        if new.at is distinct from old.at then
          after := after || ',"at":' || coalesce(to_json(new.at)::text, 'null'); before := before || ',"at":' || coalesce(to_json(old.at)::text, 'null');
        end if;
        if new.host_id is distinct from old.host_id then
          after := after || ',"host_id":' || coalesce(to_json(new.host_id)::text, 'null'); before := before || ',"host_id":' || coalesce(to_json(old.host_id)::text, 'null');
        end if;
        if new.id is distinct from old.id then
          after := after || ',"id":' || coalesce(to_json(new.id)::text, 'null'); before := before || ',"id":' || coalesce(to_json(old.id)::text, 'null');
        end if;
        if new.key_id is distinct from old.key_id then
          after := after || ',"key_id":' || coalesce(to_json(new.key_id)::text, 'null'); before := before || ',"key_id":' || coalesce(to_json(old.key_id)::text, 'null');
        end if;
        if new.login is distinct from old.login then
          after := after || ',"login":' || coalesce(to_json(new.login)::text, 'null'); before := before || ',"login":' || coalesce(to_json(old.login)::text, 'null');
        end if;
        if new.org_id is distinct from old.org_id then
          after := after || ',"org_id":' || coalesce(to_json(new.org_id)::text, 'null'); before := before || ',"org_id":' || coalesce(to_json(old.org_id)::text, 'null');
        end if;
        if new.reason is distinct from old.reason then
          after := after || ',"reason":' || coalesce(to_json(new.reason)::text, 'null'); before := before || ',"reason":' || coalesce(to_json(old.reason)::text, 'null');
        end if;
        if after = '' then return null; end if;
        key := json_build_object('id', old.id)::text; after := '{' || substr(after, 2) || '}'; before := '{' || substr(before, 2) || '}';
      end if;
      insert into ledger_pending (xact, org_id, change) values (pg_current_xact_id(), current_org(),
        '{"after":' || after || ',"before":' || before || ',"key":' || key || ',"table":"host_refusal"}');
      return null;
    end $function$
;
-- owner holdfast_ledger; execute: holdfast_owner

CREATE OR REPLACE FUNCTION public.capture_invitation()
 RETURNS trigger
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'public', 'pg_temp'
AS $function$
    declare
      before text := '';
      after  text := '';
      key    text;
    begin
      if tg_op = 'INSERT' then
        key := json_build_object('id', new.id)::text; after := json_build_object('accepted_at', new.accepted_at, 'created_at', new.created_at, 'email_index', case when new.email_index is not null then 'secret' end, 'email_sealed', capture_bytes(new.email_sealed), 'expires_at', new.expires_at, 'founding', new.founding, 'id', new.id, 'invited_by', new.invited_by, 'org_id', new.org_id, 'revoked_at', new.revoked_at, 'role', new.role, 'token_hash', case when new.token_hash is not null then 'secret' end)::text; before := 'null';
      elsif tg_op = 'DELETE' then
        key := json_build_object('id', old.id)::text; after := 'null'; before := json_build_object('accepted_at', old.accepted_at, 'created_at', old.created_at, 'email_index', case when old.email_index is not null then 'secret' end, 'email_sealed', capture_bytes(old.email_sealed), 'expires_at', old.expires_at, 'founding', old.founding, 'id', old.id, 'invited_by', old.invited_by, 'org_id', old.org_id, 'revoked_at', old.revoked_at, 'role', old.role, 'token_hash', case when old.token_hash is not null then 'secret' end)::text;
      else
        if new.accepted_at is distinct from old.accepted_at then
          after := after || ',"accepted_at":' || coalesce(to_json(new.accepted_at)::text, 'null'); before := before || ',"accepted_at":' || coalesce(to_json(old.accepted_at)::text, 'null');
        end if;
        if new.created_at is distinct from old.created_at then
          after := after || ',"created_at":' || coalesce(to_json(new.created_at)::text, 'null'); before := before || ',"created_at":' || coalesce(to_json(old.created_at)::text, 'null');
        end if;
        if new.email_index is distinct from old.email_index then
          after := after || ',"email_index":' || coalesce(to_json(case when new.email_index is not null then 'secret' end)::text, 'null'); before := before || ',"email_index":' || coalesce(to_json(case when old.email_index is not null then 'secret' end)::text, 'null');
        end if;
        if new.email_sealed is distinct from old.email_sealed then
          after := after || ',"email_sealed":' || coalesce(to_json(capture_bytes(new.email_sealed))::text, 'null'); before := before || ',"email_sealed":' || coalesce(to_json(capture_bytes(old.email_sealed))::text, 'null');
        end if;
        if new.expires_at is distinct from old.expires_at then
          after := after || ',"expires_at":' || coalesce(to_json(new.expires_at)::text, 'null'); before := before || ',"expires_at":' || coalesce(to_json(old.expires_at)::text, 'null');
        end if;
        if new.founding is distinct from old.founding then
          after := after || ',"founding":' || coalesce(to_json(new.founding)::text, 'null'); before := before || ',"founding":' || coalesce(to_json(old.founding)::text, 'null');
        end if;
        if new.id is distinct from old.id then
          after := after || ',"id":' || coalesce(to_json(new.id)::text, 'null'); before := before || ',"id":' || coalesce(to_json(old.id)::text, 'null');
        end if;
        if new.invited_by is distinct from old.invited_by then
          after := after || ',"invited_by":' || coalesce(to_json(new.invited_by)::text, 'null'); before := before || ',"invited_by":' || coalesce(to_json(old.invited_by)::text, 'null');
        end if;
        if new.org_id is distinct from old.org_id then
          after := after || ',"org_id":' || coalesce(to_json(new.org_id)::text, 'null'); before := before || ',"org_id":' || coalesce(to_json(old.org_id)::text, 'null');
        end if;
        if new.revoked_at is distinct from old.revoked_at then
          after := after || ',"revoked_at":' || coalesce(to_json(new.revoked_at)::text, 'null'); before := before || ',"revoked_at":' || coalesce(to_json(old.revoked_at)::text, 'null');
        end if;
        if new.role is distinct from old.role then
          after := after || ',"role":' || coalesce(to_json(new.role)::text, 'null'); before := before || ',"role":' || coalesce(to_json(old.role)::text, 'null');
        end if;
        if new.token_hash is distinct from old.token_hash then
          after := after || ',"token_hash":' || coalesce(to_json(case when new.token_hash is not null then 'secret' end)::text, 'null'); before := before || ',"token_hash":' || coalesce(to_json(case when old.token_hash is not null then 'secret' end)::text, 'null');
        end if;
        if after = '' then return null; end if;
        key := json_build_object('id', old.id)::text; after := '{' || substr(after, 2) || '}'; before := '{' || substr(before, 2) || '}';
      end if;
      insert into ledger_pending (xact, org_id, change) values (pg_current_xact_id(), current_org(),
        '{"after":' || after || ',"before":' || before || ',"key":' || key || ',"table":"invitation"}');
      return null;
    end $function$
;
-- owner holdfast_ledger; execute: holdfast_owner

CREATE OR REPLACE FUNCTION public.capture_live_session()
 RETURNS trigger
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'public', 'pg_temp'
AS $function$
    declare
      before text := '';
      after  text := '';
      key    text;
    begin
      if tg_op = 'INSERT' then
        key := json_build_object('id', new.id)::text; after := json_build_object('end_reason', new.end_reason, 'ended_at', new.ended_at, 'grant_id', new.grant_id, 'host_id', new.host_id, 'id', new.id, 'login', new.login, 'org_id', new.org_id, 'started_at', new.started_at, 'survivors', new.survivors, 'told_at', new.told_at)::text; before := 'null';
      elsif tg_op = 'DELETE' then
        key := json_build_object('id', old.id)::text; after := 'null'; before := json_build_object('end_reason', old.end_reason, 'ended_at', old.ended_at, 'grant_id', old.grant_id, 'host_id', old.host_id, 'id', old.id, 'login', old.login, 'org_id', old.org_id, 'started_at', old.started_at, 'survivors', old.survivors, 'told_at', old.told_at)::text;
      else
        if new.end_reason is distinct from old.end_reason then
          after := after || ',"end_reason":' || coalesce(to_json(new.end_reason)::text, 'null'); before := before || ',"end_reason":' || coalesce(to_json(old.end_reason)::text, 'null');
        end if;
        if new.ended_at is distinct from old.ended_at then
          after := after || ',"ended_at":' || coalesce(to_json(new.ended_at)::text, 'null'); before := before || ',"ended_at":' || coalesce(to_json(old.ended_at)::text, 'null');
        end if;
        if new.grant_id is distinct from old.grant_id then
          after := after || ',"grant_id":' || coalesce(to_json(new.grant_id)::text, 'null'); before := before || ',"grant_id":' || coalesce(to_json(old.grant_id)::text, 'null');
        end if;
        if new.host_id is distinct from old.host_id then
          after := after || ',"host_id":' || coalesce(to_json(new.host_id)::text, 'null'); before := before || ',"host_id":' || coalesce(to_json(old.host_id)::text, 'null');
        end if;
        if new.id is distinct from old.id then
          after := after || ',"id":' || coalesce(to_json(new.id)::text, 'null'); before := before || ',"id":' || coalesce(to_json(old.id)::text, 'null');
        end if;
        if new.login is distinct from old.login then
          after := after || ',"login":' || coalesce(to_json(new.login)::text, 'null'); before := before || ',"login":' || coalesce(to_json(old.login)::text, 'null');
        end if;
        if new.org_id is distinct from old.org_id then
          after := after || ',"org_id":' || coalesce(to_json(new.org_id)::text, 'null'); before := before || ',"org_id":' || coalesce(to_json(old.org_id)::text, 'null');
        end if;
        if new.started_at is distinct from old.started_at then
          after := after || ',"started_at":' || coalesce(to_json(new.started_at)::text, 'null'); before := before || ',"started_at":' || coalesce(to_json(old.started_at)::text, 'null');
        end if;
        if new.survivors is distinct from old.survivors then
          after := after || ',"survivors":' || coalesce(to_json(new.survivors)::text, 'null'); before := before || ',"survivors":' || coalesce(to_json(old.survivors)::text, 'null');
        end if;
        if new.told_at is distinct from old.told_at then
          after := after || ',"told_at":' || coalesce(to_json(new.told_at)::text, 'null'); before := before || ',"told_at":' || coalesce(to_json(old.told_at)::text, 'null');
        end if;
        if after = '' then return null; end if;
        key := json_build_object('id', old.id)::text; after := '{' || substr(after, 2) || '}'; before := '{' || substr(before, 2) || '}';
      end if;
      insert into ledger_pending (xact, org_id, change) values (pg_current_xact_id(), current_org(),
        '{"after":' || after || ',"before":' || before || ',"key":' || key || ',"table":"live_session"}');
      return null;
    end $function$
;
-- owner holdfast_ledger; execute: holdfast_owner

CREATE OR REPLACE FUNCTION public.capture_mail()
 RETURNS trigger
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'public', 'pg_temp'
AS $function$
    declare
      before text := '';
      after  text := '';
      key    text;
    begin
      if tg_op = 'INSERT' then
        key := json_build_object('id', new.id)::text; after := json_build_object('created_at', new.created_at, 'failure', new.failure, 'id', new.id, 'org_id', new.org_id, 'person_id', new.person_id, 'sent_at', new.sent_at, 'state', new.state, 'subject_sealed', case when new.subject_sealed is not null then 'secret' end, 'text_sealed', case when new.text_sealed is not null then 'secret' end, 'to_sealed', case when new.to_sealed is not null then 'secret' end)::text; before := 'null';
      elsif tg_op = 'DELETE' then
        key := json_build_object('id', old.id)::text; after := 'null'; before := json_build_object('created_at', old.created_at, 'failure', old.failure, 'id', old.id, 'org_id', old.org_id, 'person_id', old.person_id, 'sent_at', old.sent_at, 'state', old.state, 'subject_sealed', case when old.subject_sealed is not null then 'secret' end, 'text_sealed', case when old.text_sealed is not null then 'secret' end, 'to_sealed', case when old.to_sealed is not null then 'secret' end)::text;
      else
        if new.created_at is distinct from old.created_at then
          after := after || ',"created_at":' || coalesce(to_json(new.created_at)::text, 'null'); before := before || ',"created_at":' || coalesce(to_json(old.created_at)::text, 'null');
        end if;
        if new.failure is distinct from old.failure then
          after := after || ',"failure":' || coalesce(to_json(new.failure)::text, 'null'); before := before || ',"failure":' || coalesce(to_json(old.failure)::text, 'null');
        end if;
        if new.id is distinct from old.id then
          after := after || ',"id":' || coalesce(to_json(new.id)::text, 'null'); before := before || ',"id":' || coalesce(to_json(old.id)::text, 'null');
        end if;
        if new.org_id is distinct from old.org_id then
          after := after || ',"org_id":' || coalesce(to_json(new.org_id)::text, 'null'); before := before || ',"org_id":' || coalesce(to_json(old.org_id)::text, 'null');
        end if;
        if new.person_id is distinct from old.person_id then
          after := after || ',"person_id":' || coalesce(to_json(new.person_id)::text, 'null'); before := before || ',"person_id":' || coalesce(to_json(old.person_id)::text, 'null');
        end if;
        if new.sent_at is distinct from old.sent_at then
          after := after || ',"sent_at":' || coalesce(to_json(new.sent_at)::text, 'null'); before := before || ',"sent_at":' || coalesce(to_json(old.sent_at)::text, 'null');
        end if;
        if new.state is distinct from old.state then
          after := after || ',"state":' || coalesce(to_json(new.state)::text, 'null'); before := before || ',"state":' || coalesce(to_json(old.state)::text, 'null');
        end if;
        if new.subject_sealed is distinct from old.subject_sealed then
          after := after || ',"subject_sealed":' || coalesce(to_json(case when new.subject_sealed is not null then 'secret' end)::text, 'null'); before := before || ',"subject_sealed":' || coalesce(to_json(case when old.subject_sealed is not null then 'secret' end)::text, 'null');
        end if;
        if new.text_sealed is distinct from old.text_sealed then
          after := after || ',"text_sealed":' || coalesce(to_json(case when new.text_sealed is not null then 'secret' end)::text, 'null'); before := before || ',"text_sealed":' || coalesce(to_json(case when old.text_sealed is not null then 'secret' end)::text, 'null');
        end if;
        if new.to_sealed is distinct from old.to_sealed then
          after := after || ',"to_sealed":' || coalesce(to_json(case when new.to_sealed is not null then 'secret' end)::text, 'null'); before := before || ',"to_sealed":' || coalesce(to_json(case when old.to_sealed is not null then 'secret' end)::text, 'null');
        end if;
        if after = '' then return null; end if;
        key := json_build_object('id', old.id)::text; after := '{' || substr(after, 2) || '}'; before := '{' || substr(before, 2) || '}';
      end if;
      insert into ledger_pending (xact, org_id, change) values (pg_current_xact_id(), current_org(),
        '{"after":' || after || ',"before":' || before || ',"key":' || key || ',"table":"mail"}');
      return null;
    end $function$
;
-- owner holdfast_ledger; execute: holdfast_owner

CREATE OR REPLACE FUNCTION public.capture_managed_database()
 RETURNS trigger
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'public', 'pg_temp'
AS $function$
    declare
      before text := '';
      after  text := '';
      key    text;
    begin
      if tg_op = 'INSERT' then
        key := json_build_object('id', new.id)::text; after := json_build_object('address', new.address, 'administrator', new.administrator, 'ca', new.ca, 'created_at', new.created_at, 'database', new.database, 'environment', new.environment, 'id', new.id, 'labels', new.labels, 'name', new.name, 'org_id', new.org_id, 'password_sealed', capture_bytes(new.password_sealed), 'port', new.port, 'profiles', new.profiles, 'retired_at', new.retired_at, 'state', new.state)::text; before := 'null';
      elsif tg_op = 'DELETE' then
        key := json_build_object('id', old.id)::text; after := 'null'; before := json_build_object('address', old.address, 'administrator', old.administrator, 'ca', old.ca, 'created_at', old.created_at, 'database', old.database, 'environment', old.environment, 'id', old.id, 'labels', old.labels, 'name', old.name, 'org_id', old.org_id, 'password_sealed', capture_bytes(old.password_sealed), 'port', old.port, 'profiles', old.profiles, 'retired_at', old.retired_at, 'state', old.state)::text;
      else
        if new.address is distinct from old.address then
          after := after || ',"address":' || coalesce(to_json(new.address)::text, 'null'); before := before || ',"address":' || coalesce(to_json(old.address)::text, 'null');
        end if;
        if new.administrator is distinct from old.administrator then
          after := after || ',"administrator":' || coalesce(to_json(new.administrator)::text, 'null'); before := before || ',"administrator":' || coalesce(to_json(old.administrator)::text, 'null');
        end if;
        if new.ca is distinct from old.ca then
          after := after || ',"ca":' || coalesce(to_json(new.ca)::text, 'null'); before := before || ',"ca":' || coalesce(to_json(old.ca)::text, 'null');
        end if;
        if new.created_at is distinct from old.created_at then
          after := after || ',"created_at":' || coalesce(to_json(new.created_at)::text, 'null'); before := before || ',"created_at":' || coalesce(to_json(old.created_at)::text, 'null');
        end if;
        if new.database is distinct from old.database then
          after := after || ',"database":' || coalesce(to_json(new.database)::text, 'null'); before := before || ',"database":' || coalesce(to_json(old.database)::text, 'null');
        end if;
        if new.environment is distinct from old.environment then
          after := after || ',"environment":' || coalesce(to_json(new.environment)::text, 'null'); before := before || ',"environment":' || coalesce(to_json(old.environment)::text, 'null');
        end if;
        if new.id is distinct from old.id then
          after := after || ',"id":' || coalesce(to_json(new.id)::text, 'null'); before := before || ',"id":' || coalesce(to_json(old.id)::text, 'null');
        end if;
        if new.labels is distinct from old.labels then
          after := after || ',"labels":' || coalesce(to_json(new.labels)::text, 'null'); before := before || ',"labels":' || coalesce(to_json(old.labels)::text, 'null');
        end if;
        if new.name is distinct from old.name then
          after := after || ',"name":' || coalesce(to_json(new.name)::text, 'null'); before := before || ',"name":' || coalesce(to_json(old.name)::text, 'null');
        end if;
        if new.org_id is distinct from old.org_id then
          after := after || ',"org_id":' || coalesce(to_json(new.org_id)::text, 'null'); before := before || ',"org_id":' || coalesce(to_json(old.org_id)::text, 'null');
        end if;
        if new.password_sealed is distinct from old.password_sealed then
          after := after || ',"password_sealed":' || coalesce(to_json(capture_bytes(new.password_sealed))::text, 'null'); before := before || ',"password_sealed":' || coalesce(to_json(capture_bytes(old.password_sealed))::text, 'null');
        end if;
        if new.port is distinct from old.port then
          after := after || ',"port":' || coalesce(to_json(new.port)::text, 'null'); before := before || ',"port":' || coalesce(to_json(old.port)::text, 'null');
        end if;
        if new.profiles is distinct from old.profiles then
          after := after || ',"profiles":' || coalesce(to_json(new.profiles)::text, 'null'); before := before || ',"profiles":' || coalesce(to_json(old.profiles)::text, 'null');
        end if;
        if new.retired_at is distinct from old.retired_at then
          after := after || ',"retired_at":' || coalesce(to_json(new.retired_at)::text, 'null'); before := before || ',"retired_at":' || coalesce(to_json(old.retired_at)::text, 'null');
        end if;
        if new.state is distinct from old.state then
          after := after || ',"state":' || coalesce(to_json(new.state)::text, 'null'); before := before || ',"state":' || coalesce(to_json(old.state)::text, 'null');
        end if;
        if after = '' then return null; end if;
        key := json_build_object('id', old.id)::text; after := '{' || substr(after, 2) || '}'; before := '{' || substr(before, 2) || '}';
      end if;
      insert into ledger_pending (xact, org_id, change) values (pg_current_xact_id(), current_org(),
        '{"after":' || after || ',"before":' || before || ',"key":' || key || ',"table":"managed_database"}');
      return null;
    end $function$
;
-- owner holdfast_ledger; execute: holdfast_owner

CREATE OR REPLACE FUNCTION public.capture_membership()
 RETURNS trigger
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'public', 'pg_temp'
AS $function$
    declare
      before text := '';
      after  text := '';
      key    text;
    begin
      if tg_op = 'INSERT' then
        key := json_build_object('person_id', new.person_id)::text; after := json_build_object('created_at', new.created_at, 'org_id', new.org_id, 'person_id', new.person_id, 'role', new.role, 'role_by', new.role_by, 'sessions_ended_at', new.sessions_ended_at, 'version', new.version)::text; before := 'null';
      elsif tg_op = 'DELETE' then
        key := json_build_object('person_id', old.person_id)::text; after := 'null'; before := json_build_object('created_at', old.created_at, 'org_id', old.org_id, 'person_id', old.person_id, 'role', old.role, 'role_by', old.role_by, 'sessions_ended_at', old.sessions_ended_at, 'version', old.version)::text;
      else
        if new.created_at is distinct from old.created_at then
          after := after || ',"created_at":' || coalesce(to_json(new.created_at)::text, 'null'); before := before || ',"created_at":' || coalesce(to_json(old.created_at)::text, 'null');
        end if;
        if new.org_id is distinct from old.org_id then
          after := after || ',"org_id":' || coalesce(to_json(new.org_id)::text, 'null'); before := before || ',"org_id":' || coalesce(to_json(old.org_id)::text, 'null');
        end if;
        if new.person_id is distinct from old.person_id then
          after := after || ',"person_id":' || coalesce(to_json(new.person_id)::text, 'null'); before := before || ',"person_id":' || coalesce(to_json(old.person_id)::text, 'null');
        end if;
        if new.role is distinct from old.role then
          after := after || ',"role":' || coalesce(to_json(new.role)::text, 'null'); before := before || ',"role":' || coalesce(to_json(old.role)::text, 'null');
        end if;
        if new.role_by is distinct from old.role_by then
          after := after || ',"role_by":' || coalesce(to_json(new.role_by)::text, 'null'); before := before || ',"role_by":' || coalesce(to_json(old.role_by)::text, 'null');
        end if;
        if new.sessions_ended_at is distinct from old.sessions_ended_at then
          after := after || ',"sessions_ended_at":' || coalesce(to_json(new.sessions_ended_at)::text, 'null'); before := before || ',"sessions_ended_at":' || coalesce(to_json(old.sessions_ended_at)::text, 'null');
        end if;
        if new.version is distinct from old.version then
          after := after || ',"version":' || coalesce(to_json(new.version)::text, 'null'); before := before || ',"version":' || coalesce(to_json(old.version)::text, 'null');
        end if;
        if after = '' then return null; end if;
        key := json_build_object('person_id', old.person_id)::text; after := '{' || substr(after, 2) || '}'; before := '{' || substr(before, 2) || '}';
      end if;
      insert into ledger_pending (xact, org_id, change) values (pg_current_xact_id(), current_org(),
        '{"after":' || after || ',"before":' || before || ',"key":' || key || ',"table":"membership"}');
      return null;
    end $function$
;
-- owner holdfast_ledger; execute: holdfast_owner

CREATE OR REPLACE FUNCTION public.capture_obligation()
 RETURNS trigger
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'public', 'pg_temp'
AS $function$
    declare
      before text := '';
      after  text := '';
      key    text;
    begin
      if tg_op = 'INSERT' then
        key := json_build_object('id', new.id)::text; after := json_build_object('calendar_version', new.calendar_version, 'due_at', new.due_at, 'id', new.id, 'kind', new.kind, 'label_sealed', capture_bytes(new.label_sealed), 'opened_at', new.opened_at, 'org_id', new.org_id, 'person_id', new.person_id, 'plan', new.plan, 'reason', new.reason, 'rebased_from', new.rebased_from, 'role', new.role, 'subject', new.subject, 'terms', new.terms)::text; before := 'null';
      elsif tg_op = 'DELETE' then
        key := json_build_object('id', old.id)::text; after := 'null'; before := json_build_object('calendar_version', old.calendar_version, 'due_at', old.due_at, 'id', old.id, 'kind', old.kind, 'label_sealed', capture_bytes(old.label_sealed), 'opened_at', old.opened_at, 'org_id', old.org_id, 'person_id', old.person_id, 'plan', old.plan, 'reason', old.reason, 'rebased_from', old.rebased_from, 'role', old.role, 'subject', old.subject, 'terms', old.terms)::text;
      else
        if new.calendar_version is distinct from old.calendar_version then
          after := after || ',"calendar_version":' || coalesce(to_json(new.calendar_version)::text, 'null'); before := before || ',"calendar_version":' || coalesce(to_json(old.calendar_version)::text, 'null');
        end if;
        if new.due_at is distinct from old.due_at then
          after := after || ',"due_at":' || coalesce(to_json(new.due_at)::text, 'null'); before := before || ',"due_at":' || coalesce(to_json(old.due_at)::text, 'null');
        end if;
        if new.id is distinct from old.id then
          after := after || ',"id":' || coalesce(to_json(new.id)::text, 'null'); before := before || ',"id":' || coalesce(to_json(old.id)::text, 'null');
        end if;
        if new.kind is distinct from old.kind then
          after := after || ',"kind":' || coalesce(to_json(new.kind)::text, 'null'); before := before || ',"kind":' || coalesce(to_json(old.kind)::text, 'null');
        end if;
        if new.label_sealed is distinct from old.label_sealed then
          after := after || ',"label_sealed":' || coalesce(to_json(capture_bytes(new.label_sealed))::text, 'null'); before := before || ',"label_sealed":' || coalesce(to_json(capture_bytes(old.label_sealed))::text, 'null');
        end if;
        if new.opened_at is distinct from old.opened_at then
          after := after || ',"opened_at":' || coalesce(to_json(new.opened_at)::text, 'null'); before := before || ',"opened_at":' || coalesce(to_json(old.opened_at)::text, 'null');
        end if;
        if new.org_id is distinct from old.org_id then
          after := after || ',"org_id":' || coalesce(to_json(new.org_id)::text, 'null'); before := before || ',"org_id":' || coalesce(to_json(old.org_id)::text, 'null');
        end if;
        if new.person_id is distinct from old.person_id then
          after := after || ',"person_id":' || coalesce(to_json(new.person_id)::text, 'null'); before := before || ',"person_id":' || coalesce(to_json(old.person_id)::text, 'null');
        end if;
        if new.plan is distinct from old.plan then
          after := after || ',"plan":' || coalesce(to_json(new.plan)::text, 'null'); before := before || ',"plan":' || coalesce(to_json(old.plan)::text, 'null');
        end if;
        if new.reason is distinct from old.reason then
          after := after || ',"reason":' || coalesce(to_json(new.reason)::text, 'null'); before := before || ',"reason":' || coalesce(to_json(old.reason)::text, 'null');
        end if;
        if new.rebased_from is distinct from old.rebased_from then
          after := after || ',"rebased_from":' || coalesce(to_json(new.rebased_from)::text, 'null'); before := before || ',"rebased_from":' || coalesce(to_json(old.rebased_from)::text, 'null');
        end if;
        if new.role is distinct from old.role then
          after := after || ',"role":' || coalesce(to_json(new.role)::text, 'null'); before := before || ',"role":' || coalesce(to_json(old.role)::text, 'null');
        end if;
        if new.subject is distinct from old.subject then
          after := after || ',"subject":' || coalesce(to_json(new.subject)::text, 'null'); before := before || ',"subject":' || coalesce(to_json(old.subject)::text, 'null');
        end if;
        if new.terms is distinct from old.terms then
          after := after || ',"terms":' || coalesce(to_json(new.terms)::text, 'null'); before := before || ',"terms":' || coalesce(to_json(old.terms)::text, 'null');
        end if;
        if after = '' then return null; end if;
        key := json_build_object('id', old.id)::text; after := '{' || substr(after, 2) || '}'; before := '{' || substr(before, 2) || '}';
      end if;
      insert into ledger_pending (xact, org_id, change) values (pg_current_xact_id(), current_org(),
        '{"after":' || after || ',"before":' || before || ',"key":' || key || ',"table":"obligation"}');
      return null;
    end $function$
;
-- owner holdfast_ledger; execute: holdfast_owner

CREATE OR REPLACE FUNCTION public.capture_obligation_event()
 RETURNS trigger
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'public', 'pg_temp'
AS $function$
    declare
      before text := '';
      after  text := '';
      key    text;
    begin
      if tg_op = 'INSERT' then
        key := json_build_object('obligation_id', new.obligation_id, 'step', new.step)::text; after := json_build_object('at', new.at, 'due_at', new.due_at, 'escalated_to', new.escalated_to, 'kind', new.kind, 'obligation_id', new.obligation_id, 'org_id', new.org_id, 'person_id', new.person_id, 'plan', new.plan, 'planned_at', new.planned_at, 'reason', new.reason, 'step', new.step)::text; before := 'null';
      elsif tg_op = 'DELETE' then
        key := json_build_object('obligation_id', old.obligation_id, 'step', old.step)::text; after := 'null'; before := json_build_object('at', old.at, 'due_at', old.due_at, 'escalated_to', old.escalated_to, 'kind', old.kind, 'obligation_id', old.obligation_id, 'org_id', old.org_id, 'person_id', old.person_id, 'plan', old.plan, 'planned_at', old.planned_at, 'reason', old.reason, 'step', old.step)::text;
      else
        if new.at is distinct from old.at then
          after := after || ',"at":' || coalesce(to_json(new.at)::text, 'null'); before := before || ',"at":' || coalesce(to_json(old.at)::text, 'null');
        end if;
        if new.due_at is distinct from old.due_at then
          after := after || ',"due_at":' || coalesce(to_json(new.due_at)::text, 'null'); before := before || ',"due_at":' || coalesce(to_json(old.due_at)::text, 'null');
        end if;
        if new.escalated_to is distinct from old.escalated_to then
          after := after || ',"escalated_to":' || coalesce(to_json(new.escalated_to)::text, 'null'); before := before || ',"escalated_to":' || coalesce(to_json(old.escalated_to)::text, 'null');
        end if;
        if new.kind is distinct from old.kind then
          after := after || ',"kind":' || coalesce(to_json(new.kind)::text, 'null'); before := before || ',"kind":' || coalesce(to_json(old.kind)::text, 'null');
        end if;
        if new.obligation_id is distinct from old.obligation_id then
          after := after || ',"obligation_id":' || coalesce(to_json(new.obligation_id)::text, 'null'); before := before || ',"obligation_id":' || coalesce(to_json(old.obligation_id)::text, 'null');
        end if;
        if new.org_id is distinct from old.org_id then
          after := after || ',"org_id":' || coalesce(to_json(new.org_id)::text, 'null'); before := before || ',"org_id":' || coalesce(to_json(old.org_id)::text, 'null');
        end if;
        if new.person_id is distinct from old.person_id then
          after := after || ',"person_id":' || coalesce(to_json(new.person_id)::text, 'null'); before := before || ',"person_id":' || coalesce(to_json(old.person_id)::text, 'null');
        end if;
        if new.plan is distinct from old.plan then
          after := after || ',"plan":' || coalesce(to_json(new.plan)::text, 'null'); before := before || ',"plan":' || coalesce(to_json(old.plan)::text, 'null');
        end if;
        if new.planned_at is distinct from old.planned_at then
          after := after || ',"planned_at":' || coalesce(to_json(new.planned_at)::text, 'null'); before := before || ',"planned_at":' || coalesce(to_json(old.planned_at)::text, 'null');
        end if;
        if new.reason is distinct from old.reason then
          after := after || ',"reason":' || coalesce(to_json(new.reason)::text, 'null'); before := before || ',"reason":' || coalesce(to_json(old.reason)::text, 'null');
        end if;
        if new.step is distinct from old.step then
          after := after || ',"step":' || coalesce(to_json(new.step)::text, 'null'); before := before || ',"step":' || coalesce(to_json(old.step)::text, 'null');
        end if;
        if after = '' then return null; end if;
        key := json_build_object('obligation_id', old.obligation_id, 'step', old.step)::text; after := '{' || substr(after, 2) || '}'; before := '{' || substr(before, 2) || '}';
      end if;
      insert into ledger_pending (xact, org_id, change) values (pg_current_xact_id(), current_org(),
        '{"after":' || after || ',"before":' || before || ',"key":' || key || ',"table":"obligation_event"}');
      return null;
    end $function$
;
-- owner holdfast_ledger; execute: holdfast_owner

CREATE OR REPLACE FUNCTION public.capture_org()
 RETURNS trigger
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'public', 'pg_temp'
AS $function$
    declare
      before text := '';
      after  text := '';
      key    text;
    begin
      if tg_op = 'INSERT' then
        key := json_build_object('id', new.id)::text; after := json_build_object('created_at', new.created_at, 'id', new.id, 'idle_minutes', new.idle_minutes, 'is_operator', new.is_operator, 'lock_minutes', new.lock_minutes, 'name', new.name, 'networks', new.networks, 'org_id', new.org_id, 'plan', new.plan, 'plan_before', new.plan_before, 'plan_ends_at', new.plan_ends_at, 'region', new.region, 'require_mfa', new.require_mfa, 'session_minutes', new.session_minutes, 'sign_in_methods', new.sign_in_methods, 'slug', new.slug)::text; before := 'null';
      elsif tg_op = 'DELETE' then
        key := json_build_object('id', old.id)::text; after := 'null'; before := json_build_object('created_at', old.created_at, 'id', old.id, 'idle_minutes', old.idle_minutes, 'is_operator', old.is_operator, 'lock_minutes', old.lock_minutes, 'name', old.name, 'networks', old.networks, 'org_id', old.org_id, 'plan', old.plan, 'plan_before', old.plan_before, 'plan_ends_at', old.plan_ends_at, 'region', old.region, 'require_mfa', old.require_mfa, 'session_minutes', old.session_minutes, 'sign_in_methods', old.sign_in_methods, 'slug', old.slug)::text;
      else
        if new.created_at is distinct from old.created_at then
          after := after || ',"created_at":' || coalesce(to_json(new.created_at)::text, 'null'); before := before || ',"created_at":' || coalesce(to_json(old.created_at)::text, 'null');
        end if;
        if new.id is distinct from old.id then
          after := after || ',"id":' || coalesce(to_json(new.id)::text, 'null'); before := before || ',"id":' || coalesce(to_json(old.id)::text, 'null');
        end if;
        if new.idle_minutes is distinct from old.idle_minutes then
          after := after || ',"idle_minutes":' || coalesce(to_json(new.idle_minutes)::text, 'null'); before := before || ',"idle_minutes":' || coalesce(to_json(old.idle_minutes)::text, 'null');
        end if;
        if new.is_operator is distinct from old.is_operator then
          after := after || ',"is_operator":' || coalesce(to_json(new.is_operator)::text, 'null'); before := before || ',"is_operator":' || coalesce(to_json(old.is_operator)::text, 'null');
        end if;
        if new.lock_minutes is distinct from old.lock_minutes then
          after := after || ',"lock_minutes":' || coalesce(to_json(new.lock_minutes)::text, 'null'); before := before || ',"lock_minutes":' || coalesce(to_json(old.lock_minutes)::text, 'null');
        end if;
        if new.name is distinct from old.name then
          after := after || ',"name":' || coalesce(to_json(new.name)::text, 'null'); before := before || ',"name":' || coalesce(to_json(old.name)::text, 'null');
        end if;
        if new.networks is distinct from old.networks then
          after := after || ',"networks":' || coalesce(to_json(new.networks)::text, 'null'); before := before || ',"networks":' || coalesce(to_json(old.networks)::text, 'null');
        end if;
        if new.org_id is distinct from old.org_id then
          after := after || ',"org_id":' || coalesce(to_json(new.org_id)::text, 'null'); before := before || ',"org_id":' || coalesce(to_json(old.org_id)::text, 'null');
        end if;
        if new.plan is distinct from old.plan then
          after := after || ',"plan":' || coalesce(to_json(new.plan)::text, 'null'); before := before || ',"plan":' || coalesce(to_json(old.plan)::text, 'null');
        end if;
        if new.plan_before is distinct from old.plan_before then
          after := after || ',"plan_before":' || coalesce(to_json(new.plan_before)::text, 'null'); before := before || ',"plan_before":' || coalesce(to_json(old.plan_before)::text, 'null');
        end if;
        if new.plan_ends_at is distinct from old.plan_ends_at then
          after := after || ',"plan_ends_at":' || coalesce(to_json(new.plan_ends_at)::text, 'null'); before := before || ',"plan_ends_at":' || coalesce(to_json(old.plan_ends_at)::text, 'null');
        end if;
        if new.region is distinct from old.region then
          after := after || ',"region":' || coalesce(to_json(new.region)::text, 'null'); before := before || ',"region":' || coalesce(to_json(old.region)::text, 'null');
        end if;
        if new.require_mfa is distinct from old.require_mfa then
          after := after || ',"require_mfa":' || coalesce(to_json(new.require_mfa)::text, 'null'); before := before || ',"require_mfa":' || coalesce(to_json(old.require_mfa)::text, 'null');
        end if;
        if new.session_minutes is distinct from old.session_minutes then
          after := after || ',"session_minutes":' || coalesce(to_json(new.session_minutes)::text, 'null'); before := before || ',"session_minutes":' || coalesce(to_json(old.session_minutes)::text, 'null');
        end if;
        if new.sign_in_methods is distinct from old.sign_in_methods then
          after := after || ',"sign_in_methods":' || coalesce(to_json(new.sign_in_methods)::text, 'null'); before := before || ',"sign_in_methods":' || coalesce(to_json(old.sign_in_methods)::text, 'null');
        end if;
        if new.slug is distinct from old.slug then
          after := after || ',"slug":' || coalesce(to_json(new.slug)::text, 'null'); before := before || ',"slug":' || coalesce(to_json(old.slug)::text, 'null');
        end if;
        if after = '' then return null; end if;
        key := json_build_object('id', old.id)::text; after := '{' || substr(after, 2) || '}'; before := '{' || substr(before, 2) || '}';
      end if;
      insert into ledger_pending (xact, org_id, change) values (pg_current_xact_id(), current_org(),
        '{"after":' || after || ',"before":' || before || ',"key":' || key || ',"table":"org"}');
      return null;
    end $function$
;
-- owner holdfast_ledger; execute: holdfast_owner

CREATE OR REPLACE FUNCTION public.capture_passkey()
 RETURNS trigger
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'public', 'pg_temp'
AS $function$
    declare
      before text := '';
      after  text := '';
      key    text;
    begin
      if tg_op = 'INSERT' then
        key := json_build_object('id', new.id, 'person_id', new.person_id)::text; after := json_build_object('backed_up', new.backed_up, 'created_at', new.created_at, 'credential_hash', case when new.credential_hash is not null then 'secret' end, 'credential_sealed', capture_bytes(new.credential_sealed), 'id', new.id, 'label_sealed', capture_bytes(new.label_sealed), 'last_used_at', new.last_used_at, 'person_id', new.person_id, 'sign_count', new.sign_count)::text; before := 'null';
      elsif tg_op = 'DELETE' then
        key := json_build_object('id', old.id, 'person_id', old.person_id)::text; after := 'null'; before := json_build_object('backed_up', old.backed_up, 'created_at', old.created_at, 'credential_hash', case when old.credential_hash is not null then 'secret' end, 'credential_sealed', capture_bytes(old.credential_sealed), 'id', old.id, 'label_sealed', capture_bytes(old.label_sealed), 'last_used_at', old.last_used_at, 'person_id', old.person_id, 'sign_count', old.sign_count)::text;
      else
        if new.backed_up is distinct from old.backed_up then
          after := after || ',"backed_up":' || coalesce(to_json(new.backed_up)::text, 'null'); before := before || ',"backed_up":' || coalesce(to_json(old.backed_up)::text, 'null');
        end if;
        if new.created_at is distinct from old.created_at then
          after := after || ',"created_at":' || coalesce(to_json(new.created_at)::text, 'null'); before := before || ',"created_at":' || coalesce(to_json(old.created_at)::text, 'null');
        end if;
        if new.credential_hash is distinct from old.credential_hash then
          after := after || ',"credential_hash":' || coalesce(to_json(case when new.credential_hash is not null then 'secret' end)::text, 'null'); before := before || ',"credential_hash":' || coalesce(to_json(case when old.credential_hash is not null then 'secret' end)::text, 'null');
        end if;
        if new.credential_sealed is distinct from old.credential_sealed then
          after := after || ',"credential_sealed":' || coalesce(to_json(capture_bytes(new.credential_sealed))::text, 'null'); before := before || ',"credential_sealed":' || coalesce(to_json(capture_bytes(old.credential_sealed))::text, 'null');
        end if;
        if new.id is distinct from old.id then
          after := after || ',"id":' || coalesce(to_json(new.id)::text, 'null'); before := before || ',"id":' || coalesce(to_json(old.id)::text, 'null');
        end if;
        if new.label_sealed is distinct from old.label_sealed then
          after := after || ',"label_sealed":' || coalesce(to_json(capture_bytes(new.label_sealed))::text, 'null'); before := before || ',"label_sealed":' || coalesce(to_json(capture_bytes(old.label_sealed))::text, 'null');
        end if;
        if new.last_used_at is distinct from old.last_used_at then
          after := after || ',"last_used_at":' || coalesce(to_json(new.last_used_at)::text, 'null'); before := before || ',"last_used_at":' || coalesce(to_json(old.last_used_at)::text, 'null');
        end if;
        if new.person_id is distinct from old.person_id then
          after := after || ',"person_id":' || coalesce(to_json(new.person_id)::text, 'null'); before := before || ',"person_id":' || coalesce(to_json(old.person_id)::text, 'null');
        end if;
        if new.sign_count is distinct from old.sign_count then
          after := after || ',"sign_count":' || coalesce(to_json(new.sign_count)::text, 'null'); before := before || ',"sign_count":' || coalesce(to_json(old.sign_count)::text, 'null');
        end if;
        if after = '' then return null; end if;
        key := json_build_object('id', old.id, 'person_id', old.person_id)::text; after := '{' || substr(after, 2) || '}'; before := '{' || substr(before, 2) || '}';
      end if;
      insert into ledger_pending (xact, org_id, change) values (pg_current_xact_id(), current_org(),
        '{"after":' || after || ',"before":' || before || ',"key":' || key || ',"table":"passkey"}');
      return null;
    end $function$
;
-- owner holdfast_ledger; execute: holdfast_owner

CREATE OR REPLACE FUNCTION public.capture_password_reset()
 RETURNS trigger
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'public', 'pg_temp'
AS $function$
    declare
      before text := '';
      after  text := '';
      key    text;
    begin
      if tg_op = 'INSERT' then
        key := json_build_object('id', new.id)::text; after := json_build_object('created_at', new.created_at, 'expires_at', new.expires_at, 'id', new.id, 'person_id', new.person_id, 'token_hash', case when new.token_hash is not null then 'secret' end, 'used_at', new.used_at)::text; before := 'null';
      elsif tg_op = 'DELETE' then
        key := json_build_object('id', old.id)::text; after := 'null'; before := json_build_object('created_at', old.created_at, 'expires_at', old.expires_at, 'id', old.id, 'person_id', old.person_id, 'token_hash', case when old.token_hash is not null then 'secret' end, 'used_at', old.used_at)::text;
      else
        if new.created_at is distinct from old.created_at then
          after := after || ',"created_at":' || coalesce(to_json(new.created_at)::text, 'null'); before := before || ',"created_at":' || coalesce(to_json(old.created_at)::text, 'null');
        end if;
        if new.expires_at is distinct from old.expires_at then
          after := after || ',"expires_at":' || coalesce(to_json(new.expires_at)::text, 'null'); before := before || ',"expires_at":' || coalesce(to_json(old.expires_at)::text, 'null');
        end if;
        if new.id is distinct from old.id then
          after := after || ',"id":' || coalesce(to_json(new.id)::text, 'null'); before := before || ',"id":' || coalesce(to_json(old.id)::text, 'null');
        end if;
        if new.person_id is distinct from old.person_id then
          after := after || ',"person_id":' || coalesce(to_json(new.person_id)::text, 'null'); before := before || ',"person_id":' || coalesce(to_json(old.person_id)::text, 'null');
        end if;
        if new.token_hash is distinct from old.token_hash then
          after := after || ',"token_hash":' || coalesce(to_json(case when new.token_hash is not null then 'secret' end)::text, 'null'); before := before || ',"token_hash":' || coalesce(to_json(case when old.token_hash is not null then 'secret' end)::text, 'null');
        end if;
        if new.used_at is distinct from old.used_at then
          after := after || ',"used_at":' || coalesce(to_json(new.used_at)::text, 'null'); before := before || ',"used_at":' || coalesce(to_json(old.used_at)::text, 'null');
        end if;
        if after = '' then return null; end if;
        key := json_build_object('id', old.id)::text; after := '{' || substr(after, 2) || '}'; before := '{' || substr(before, 2) || '}';
      end if;
      insert into ledger_pending (xact, org_id, change) values (pg_current_xact_id(), current_org(),
        '{"after":' || after || ',"before":' || before || ',"key":' || key || ',"table":"password_reset"}');
      return null;
    end $function$
;
-- owner holdfast_ledger; execute: holdfast_owner

CREATE OR REPLACE FUNCTION public.capture_person()
 RETURNS trigger
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'public', 'pg_temp'
AS $function$
    declare
      before text := '';
      after  text := '';
      key    text;
    begin
      if tg_op = 'INSERT' then
        key := json_build_object('id', new.id)::text; after := json_build_object('created_at', new.created_at, 'email_index', case when new.email_index is not null then 'secret' end, 'email_sealed', capture_bytes(new.email_sealed), 'id', new.id, 'mfa_enrolled_at', new.mfa_enrolled_at, 'name_sealed', capture_bytes(new.name_sealed), 'password_hash', case when new.password_hash is not null then 'secret' end, 'state', new.state, 'updated_at', new.updated_at)::text; before := 'null';
      elsif tg_op = 'DELETE' then
        key := json_build_object('id', old.id)::text; after := 'null'; before := json_build_object('created_at', old.created_at, 'email_index', case when old.email_index is not null then 'secret' end, 'email_sealed', capture_bytes(old.email_sealed), 'id', old.id, 'mfa_enrolled_at', old.mfa_enrolled_at, 'name_sealed', capture_bytes(old.name_sealed), 'password_hash', case when old.password_hash is not null then 'secret' end, 'state', old.state, 'updated_at', old.updated_at)::text;
      else
        if new.created_at is distinct from old.created_at then
          after := after || ',"created_at":' || coalesce(to_json(new.created_at)::text, 'null'); before := before || ',"created_at":' || coalesce(to_json(old.created_at)::text, 'null');
        end if;
        if new.email_index is distinct from old.email_index then
          after := after || ',"email_index":' || coalesce(to_json(case when new.email_index is not null then 'secret' end)::text, 'null'); before := before || ',"email_index":' || coalesce(to_json(case when old.email_index is not null then 'secret' end)::text, 'null');
        end if;
        if new.email_sealed is distinct from old.email_sealed then
          after := after || ',"email_sealed":' || coalesce(to_json(capture_bytes(new.email_sealed))::text, 'null'); before := before || ',"email_sealed":' || coalesce(to_json(capture_bytes(old.email_sealed))::text, 'null');
        end if;
        if new.id is distinct from old.id then
          after := after || ',"id":' || coalesce(to_json(new.id)::text, 'null'); before := before || ',"id":' || coalesce(to_json(old.id)::text, 'null');
        end if;
        if new.mfa_enrolled_at is distinct from old.mfa_enrolled_at then
          after := after || ',"mfa_enrolled_at":' || coalesce(to_json(new.mfa_enrolled_at)::text, 'null'); before := before || ',"mfa_enrolled_at":' || coalesce(to_json(old.mfa_enrolled_at)::text, 'null');
        end if;
        if new.name_sealed is distinct from old.name_sealed then
          after := after || ',"name_sealed":' || coalesce(to_json(capture_bytes(new.name_sealed))::text, 'null'); before := before || ',"name_sealed":' || coalesce(to_json(capture_bytes(old.name_sealed))::text, 'null');
        end if;
        if new.password_hash is distinct from old.password_hash then
          after := after || ',"password_hash":' || coalesce(to_json(case when new.password_hash is not null then 'secret' end)::text, 'null'); before := before || ',"password_hash":' || coalesce(to_json(case when old.password_hash is not null then 'secret' end)::text, 'null');
        end if;
        if new.state is distinct from old.state then
          after := after || ',"state":' || coalesce(to_json(new.state)::text, 'null'); before := before || ',"state":' || coalesce(to_json(old.state)::text, 'null');
        end if;
        if new.updated_at is distinct from old.updated_at then
          after := after || ',"updated_at":' || coalesce(to_json(new.updated_at)::text, 'null'); before := before || ',"updated_at":' || coalesce(to_json(old.updated_at)::text, 'null');
        end if;
        if after = '' then return null; end if;
        key := json_build_object('id', old.id)::text; after := '{' || substr(after, 2) || '}'; before := '{' || substr(before, 2) || '}';
      end if;
      insert into ledger_pending (xact, org_id, change) values (pg_current_xact_id(), current_org(),
        '{"after":' || after || ',"before":' || before || ',"key":' || key || ',"table":"person"}');
      return null;
    end $function$
;
-- owner holdfast_ledger; execute: holdfast_owner

CREATE OR REPLACE FUNCTION public.capture_policy()
 RETURNS trigger
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'public', 'pg_temp'
AS $function$
    declare
      before text := '';
      after  text := '';
      key    text;
    begin
      if tg_op = 'INSERT' then
        key := json_build_object('id', new.id)::text; after := json_build_object('created_at', new.created_at, 'id', new.id, 'org_id', new.org_id, 'owner_id', new.owner_id, 'promises', new.promises, 'required_at_once', new.required_at_once, 'retired_at', new.retired_at, 'review_every_days', new.review_every_days, 'title', new.title)::text; before := 'null';
      elsif tg_op = 'DELETE' then
        key := json_build_object('id', old.id)::text; after := 'null'; before := json_build_object('created_at', old.created_at, 'id', old.id, 'org_id', old.org_id, 'owner_id', old.owner_id, 'promises', old.promises, 'required_at_once', old.required_at_once, 'retired_at', old.retired_at, 'review_every_days', old.review_every_days, 'title', old.title)::text;
      else
        if new.created_at is distinct from old.created_at then
          after := after || ',"created_at":' || coalesce(to_json(new.created_at)::text, 'null'); before := before || ',"created_at":' || coalesce(to_json(old.created_at)::text, 'null');
        end if;
        if new.id is distinct from old.id then
          after := after || ',"id":' || coalesce(to_json(new.id)::text, 'null'); before := before || ',"id":' || coalesce(to_json(old.id)::text, 'null');
        end if;
        if new.org_id is distinct from old.org_id then
          after := after || ',"org_id":' || coalesce(to_json(new.org_id)::text, 'null'); before := before || ',"org_id":' || coalesce(to_json(old.org_id)::text, 'null');
        end if;
        if new.owner_id is distinct from old.owner_id then
          after := after || ',"owner_id":' || coalesce(to_json(new.owner_id)::text, 'null'); before := before || ',"owner_id":' || coalesce(to_json(old.owner_id)::text, 'null');
        end if;
        if new.promises is distinct from old.promises then
          after := after || ',"promises":' || coalesce(to_json(new.promises)::text, 'null'); before := before || ',"promises":' || coalesce(to_json(old.promises)::text, 'null');
        end if;
        if new.required_at_once is distinct from old.required_at_once then
          after := after || ',"required_at_once":' || coalesce(to_json(new.required_at_once)::text, 'null'); before := before || ',"required_at_once":' || coalesce(to_json(old.required_at_once)::text, 'null');
        end if;
        if new.retired_at is distinct from old.retired_at then
          after := after || ',"retired_at":' || coalesce(to_json(new.retired_at)::text, 'null'); before := before || ',"retired_at":' || coalesce(to_json(old.retired_at)::text, 'null');
        end if;
        if new.review_every_days is distinct from old.review_every_days then
          after := after || ',"review_every_days":' || coalesce(to_json(new.review_every_days)::text, 'null'); before := before || ',"review_every_days":' || coalesce(to_json(old.review_every_days)::text, 'null');
        end if;
        if new.title is distinct from old.title then
          after := after || ',"title":' || coalesce(to_json(new.title)::text, 'null'); before := before || ',"title":' || coalesce(to_json(old.title)::text, 'null');
        end if;
        if after = '' then return null; end if;
        key := json_build_object('id', old.id)::text; after := '{' || substr(after, 2) || '}'; before := '{' || substr(before, 2) || '}';
      end if;
      insert into ledger_pending (xact, org_id, change) values (pg_current_xact_id(), current_org(),
        '{"after":' || after || ',"before":' || before || ',"key":' || key || ',"table":"policy"}');
      return null;
    end $function$
;
-- owner holdfast_ledger; execute: holdfast_owner

CREATE OR REPLACE FUNCTION public.capture_policy_acknowledgement()
 RETURNS trigger
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'public', 'pg_temp'
AS $function$
    declare
      before text := '';
      after  text := '';
      key    text;
    begin
      if tg_op = 'INSERT' then
        key := json_build_object('person_id', new.person_id, 'version_id', new.version_id)::text; after := json_build_object('at', new.at, 'org_id', new.org_id, 'person_id', new.person_id, 'signature', new.signature, 'statement', new.statement, 'version_id', new.version_id)::text; before := 'null';
      elsif tg_op = 'DELETE' then
        key := json_build_object('person_id', old.person_id, 'version_id', old.version_id)::text; after := 'null'; before := json_build_object('at', old.at, 'org_id', old.org_id, 'person_id', old.person_id, 'signature', old.signature, 'statement', old.statement, 'version_id', old.version_id)::text;
      else
        if new.at is distinct from old.at then
          after := after || ',"at":' || coalesce(to_json(new.at)::text, 'null'); before := before || ',"at":' || coalesce(to_json(old.at)::text, 'null');
        end if;
        if new.org_id is distinct from old.org_id then
          after := after || ',"org_id":' || coalesce(to_json(new.org_id)::text, 'null'); before := before || ',"org_id":' || coalesce(to_json(old.org_id)::text, 'null');
        end if;
        if new.person_id is distinct from old.person_id then
          after := after || ',"person_id":' || coalesce(to_json(new.person_id)::text, 'null'); before := before || ',"person_id":' || coalesce(to_json(old.person_id)::text, 'null');
        end if;
        if new.signature is distinct from old.signature then
          after := after || ',"signature":' || coalesce(to_json(new.signature)::text, 'null'); before := before || ',"signature":' || coalesce(to_json(old.signature)::text, 'null');
        end if;
        if new.statement is distinct from old.statement then
          after := after || ',"statement":' || coalesce(to_json(new.statement)::text, 'null'); before := before || ',"statement":' || coalesce(to_json(old.statement)::text, 'null');
        end if;
        if new.version_id is distinct from old.version_id then
          after := after || ',"version_id":' || coalesce(to_json(new.version_id)::text, 'null'); before := before || ',"version_id":' || coalesce(to_json(old.version_id)::text, 'null');
        end if;
        if after = '' then return null; end if;
        key := json_build_object('person_id', old.person_id, 'version_id', old.version_id)::text; after := '{' || substr(after, 2) || '}'; before := '{' || substr(before, 2) || '}';
      end if;
      insert into ledger_pending (xact, org_id, change) values (pg_current_xact_id(), current_org(),
        '{"after":' || after || ',"before":' || before || ',"key":' || key || ',"table":"policy_acknowledgement"}');
      return null;
    end $function$
;
-- owner holdfast_ledger; execute: holdfast_owner

CREATE OR REPLACE FUNCTION public.capture_policy_version()
 RETURNS trigger
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'public', 'pg_temp'
AS $function$
    declare
      before text := '';
      after  text := '';
      key    text;
    begin
      if tg_op = 'INSERT' then
        key := json_build_object('id', new.id)::text; after := json_build_object('acknowledge_by', new.acknowledge_by, 'approved_at', new.approved_at, 'approved_by', new.approved_by, 'author_id', new.author_id, 'bytes', new.bytes, 'content_sealed', capture_bytes(new.content_sealed), 'created_at', new.created_at, 'editors', new.editors, 'format', new.format, 'id', new.id, 'note', new.note, 'number', new.number, 'org_id', new.org_id, 'policy_id', new.policy_id, 'published_at', new.published_at, 'review_comment', new.review_comment, 'sha256', new.sha256, 'state', new.state, 'submitted_at', new.submitted_at)::text; before := 'null';
      elsif tg_op = 'DELETE' then
        key := json_build_object('id', old.id)::text; after := 'null'; before := json_build_object('acknowledge_by', old.acknowledge_by, 'approved_at', old.approved_at, 'approved_by', old.approved_by, 'author_id', old.author_id, 'bytes', old.bytes, 'content_sealed', capture_bytes(old.content_sealed), 'created_at', old.created_at, 'editors', old.editors, 'format', old.format, 'id', old.id, 'note', old.note, 'number', old.number, 'org_id', old.org_id, 'policy_id', old.policy_id, 'published_at', old.published_at, 'review_comment', old.review_comment, 'sha256', old.sha256, 'state', old.state, 'submitted_at', old.submitted_at)::text;
      else
        if new.acknowledge_by is distinct from old.acknowledge_by then
          after := after || ',"acknowledge_by":' || coalesce(to_json(new.acknowledge_by)::text, 'null'); before := before || ',"acknowledge_by":' || coalesce(to_json(old.acknowledge_by)::text, 'null');
        end if;
        if new.approved_at is distinct from old.approved_at then
          after := after || ',"approved_at":' || coalesce(to_json(new.approved_at)::text, 'null'); before := before || ',"approved_at":' || coalesce(to_json(old.approved_at)::text, 'null');
        end if;
        if new.approved_by is distinct from old.approved_by then
          after := after || ',"approved_by":' || coalesce(to_json(new.approved_by)::text, 'null'); before := before || ',"approved_by":' || coalesce(to_json(old.approved_by)::text, 'null');
        end if;
        if new.author_id is distinct from old.author_id then
          after := after || ',"author_id":' || coalesce(to_json(new.author_id)::text, 'null'); before := before || ',"author_id":' || coalesce(to_json(old.author_id)::text, 'null');
        end if;
        if new.bytes is distinct from old.bytes then
          after := after || ',"bytes":' || coalesce(to_json(new.bytes)::text, 'null'); before := before || ',"bytes":' || coalesce(to_json(old.bytes)::text, 'null');
        end if;
        if new.content_sealed is distinct from old.content_sealed then
          after := after || ',"content_sealed":' || coalesce(to_json(capture_bytes(new.content_sealed))::text, 'null'); before := before || ',"content_sealed":' || coalesce(to_json(capture_bytes(old.content_sealed))::text, 'null');
        end if;
        if new.created_at is distinct from old.created_at then
          after := after || ',"created_at":' || coalesce(to_json(new.created_at)::text, 'null'); before := before || ',"created_at":' || coalesce(to_json(old.created_at)::text, 'null');
        end if;
        if new.editors is distinct from old.editors then
          after := after || ',"editors":' || coalesce(to_json(new.editors)::text, 'null'); before := before || ',"editors":' || coalesce(to_json(old.editors)::text, 'null');
        end if;
        if new.format is distinct from old.format then
          after := after || ',"format":' || coalesce(to_json(new.format)::text, 'null'); before := before || ',"format":' || coalesce(to_json(old.format)::text, 'null');
        end if;
        if new.id is distinct from old.id then
          after := after || ',"id":' || coalesce(to_json(new.id)::text, 'null'); before := before || ',"id":' || coalesce(to_json(old.id)::text, 'null');
        end if;
        if new.note is distinct from old.note then
          after := after || ',"note":' || coalesce(to_json(new.note)::text, 'null'); before := before || ',"note":' || coalesce(to_json(old.note)::text, 'null');
        end if;
        if new.number is distinct from old.number then
          after := after || ',"number":' || coalesce(to_json(new.number)::text, 'null'); before := before || ',"number":' || coalesce(to_json(old.number)::text, 'null');
        end if;
        if new.org_id is distinct from old.org_id then
          after := after || ',"org_id":' || coalesce(to_json(new.org_id)::text, 'null'); before := before || ',"org_id":' || coalesce(to_json(old.org_id)::text, 'null');
        end if;
        if new.policy_id is distinct from old.policy_id then
          after := after || ',"policy_id":' || coalesce(to_json(new.policy_id)::text, 'null'); before := before || ',"policy_id":' || coalesce(to_json(old.policy_id)::text, 'null');
        end if;
        if new.published_at is distinct from old.published_at then
          after := after || ',"published_at":' || coalesce(to_json(new.published_at)::text, 'null'); before := before || ',"published_at":' || coalesce(to_json(old.published_at)::text, 'null');
        end if;
        if new.review_comment is distinct from old.review_comment then
          after := after || ',"review_comment":' || coalesce(to_json(new.review_comment)::text, 'null'); before := before || ',"review_comment":' || coalesce(to_json(old.review_comment)::text, 'null');
        end if;
        if new.sha256 is distinct from old.sha256 then
          after := after || ',"sha256":' || coalesce(to_json(new.sha256)::text, 'null'); before := before || ',"sha256":' || coalesce(to_json(old.sha256)::text, 'null');
        end if;
        if new.state is distinct from old.state then
          after := after || ',"state":' || coalesce(to_json(new.state)::text, 'null'); before := before || ',"state":' || coalesce(to_json(old.state)::text, 'null');
        end if;
        if new.submitted_at is distinct from old.submitted_at then
          after := after || ',"submitted_at":' || coalesce(to_json(new.submitted_at)::text, 'null'); before := before || ',"submitted_at":' || coalesce(to_json(old.submitted_at)::text, 'null');
        end if;
        if after = '' then return null; end if;
        key := json_build_object('id', old.id)::text; after := '{' || substr(after, 2) || '}'; before := '{' || substr(before, 2) || '}';
      end if;
      insert into ledger_pending (xact, org_id, change) values (pg_current_xact_id(), current_org(),
        '{"after":' || after || ',"before":' || before || ',"key":' || key || ',"table":"policy_version"}');
      return null;
    end $function$
;
-- owner holdfast_ledger; execute: holdfast_owner

CREATE OR REPLACE FUNCTION public.capture_promise_check()
 RETURNS trigger
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'public', 'pg_temp'
AS $function$
    declare
      before text := '';
      after  text := '';
      key    text;
    begin
      if tg_op = 'INSERT' then
        key := json_build_object('promise', new.promise)::text; after := json_build_object('kept', new.kept, 'org_id', new.org_id, 'promise', new.promise)::text; before := 'null';
      elsif tg_op = 'DELETE' then
        key := json_build_object('promise', old.promise)::text; after := 'null'; before := json_build_object('kept', old.kept, 'org_id', old.org_id, 'promise', old.promise)::text;
      else
        if new.kept is distinct from old.kept then
          after := after || ',"kept":' || coalesce(to_json(new.kept)::text, 'null'); before := before || ',"kept":' || coalesce(to_json(old.kept)::text, 'null');
        end if;
        if new.org_id is distinct from old.org_id then
          after := after || ',"org_id":' || coalesce(to_json(new.org_id)::text, 'null'); before := before || ',"org_id":' || coalesce(to_json(old.org_id)::text, 'null');
        end if;
        if new.promise is distinct from old.promise then
          after := after || ',"promise":' || coalesce(to_json(new.promise)::text, 'null'); before := before || ',"promise":' || coalesce(to_json(old.promise)::text, 'null');
        end if;
        if after = '' then return null; end if;
        key := json_build_object('promise', old.promise)::text; after := '{' || substr(after, 2) || '}'; before := '{' || substr(before, 2) || '}';
      end if;
      insert into ledger_pending (xact, org_id, change) values (pg_current_xact_id(), current_org(),
        '{"after":' || after || ',"before":' || before || ',"key":' || key || ',"table":"promise_check"}');
      return null;
    end $function$
;
-- owner holdfast_ledger; execute: holdfast_owner

CREATE OR REPLACE FUNCTION public.capture_recording()
 RETURNS trigger
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'public', 'pg_temp'
AS $function$
    declare
      before text := '';
      after  text := '';
      key    text;
    begin
      if tg_op = 'INSERT' then
        key := json_build_object('id', new.id)::text; after := json_build_object('bastion_id', new.bastion_id, 'characters', new.characters, 'chunks', new.chunks, 'columns', new.columns, 'command_sealed', capture_bytes(new.command_sealed), 'ended_at', new.ended_at, 'exit_code', new.exit_code, 'grant_id', new.grant_id, 'head', new.head, 'id', new.id, 'kind', new.kind, 'last_at', new.last_at, 'lines', new.lines, 'org_id', new.org_id, 'session_id', new.session_id, 'started_at', new.started_at, 'state', new.state)::text; before := 'null';
      elsif tg_op = 'DELETE' then
        key := json_build_object('id', old.id)::text; after := 'null'; before := json_build_object('bastion_id', old.bastion_id, 'characters', old.characters, 'chunks', old.chunks, 'columns', old.columns, 'command_sealed', capture_bytes(old.command_sealed), 'ended_at', old.ended_at, 'exit_code', old.exit_code, 'grant_id', old.grant_id, 'head', old.head, 'id', old.id, 'kind', old.kind, 'last_at', old.last_at, 'lines', old.lines, 'org_id', old.org_id, 'session_id', old.session_id, 'started_at', old.started_at, 'state', old.state)::text;
      else
        if new.bastion_id is distinct from old.bastion_id then
          after := after || ',"bastion_id":' || coalesce(to_json(new.bastion_id)::text, 'null'); before := before || ',"bastion_id":' || coalesce(to_json(old.bastion_id)::text, 'null');
        end if;
        if new.characters is distinct from old.characters then
          after := after || ',"characters":' || coalesce(to_json(new.characters)::text, 'null'); before := before || ',"characters":' || coalesce(to_json(old.characters)::text, 'null');
        end if;
        if new.chunks is distinct from old.chunks then
          after := after || ',"chunks":' || coalesce(to_json(new.chunks)::text, 'null'); before := before || ',"chunks":' || coalesce(to_json(old.chunks)::text, 'null');
        end if;
        if new.columns is distinct from old.columns then
          after := after || ',"columns":' || coalesce(to_json(new.columns)::text, 'null'); before := before || ',"columns":' || coalesce(to_json(old.columns)::text, 'null');
        end if;
        if new.command_sealed is distinct from old.command_sealed then
          after := after || ',"command_sealed":' || coalesce(to_json(capture_bytes(new.command_sealed))::text, 'null'); before := before || ',"command_sealed":' || coalesce(to_json(capture_bytes(old.command_sealed))::text, 'null');
        end if;
        if new.ended_at is distinct from old.ended_at then
          after := after || ',"ended_at":' || coalesce(to_json(new.ended_at)::text, 'null'); before := before || ',"ended_at":' || coalesce(to_json(old.ended_at)::text, 'null');
        end if;
        if new.exit_code is distinct from old.exit_code then
          after := after || ',"exit_code":' || coalesce(to_json(new.exit_code)::text, 'null'); before := before || ',"exit_code":' || coalesce(to_json(old.exit_code)::text, 'null');
        end if;
        if new.grant_id is distinct from old.grant_id then
          after := after || ',"grant_id":' || coalesce(to_json(new.grant_id)::text, 'null'); before := before || ',"grant_id":' || coalesce(to_json(old.grant_id)::text, 'null');
        end if;
        if new.head is distinct from old.head then
          after := after || ',"head":' || coalesce(to_json(new.head)::text, 'null'); before := before || ',"head":' || coalesce(to_json(old.head)::text, 'null');
        end if;
        if new.id is distinct from old.id then
          after := after || ',"id":' || coalesce(to_json(new.id)::text, 'null'); before := before || ',"id":' || coalesce(to_json(old.id)::text, 'null');
        end if;
        if new.kind is distinct from old.kind then
          after := after || ',"kind":' || coalesce(to_json(new.kind)::text, 'null'); before := before || ',"kind":' || coalesce(to_json(old.kind)::text, 'null');
        end if;
        if new.last_at is distinct from old.last_at then
          after := after || ',"last_at":' || coalesce(to_json(new.last_at)::text, 'null'); before := before || ',"last_at":' || coalesce(to_json(old.last_at)::text, 'null');
        end if;
        if new.lines is distinct from old.lines then
          after := after || ',"lines":' || coalesce(to_json(new.lines)::text, 'null'); before := before || ',"lines":' || coalesce(to_json(old.lines)::text, 'null');
        end if;
        if new.org_id is distinct from old.org_id then
          after := after || ',"org_id":' || coalesce(to_json(new.org_id)::text, 'null'); before := before || ',"org_id":' || coalesce(to_json(old.org_id)::text, 'null');
        end if;
        if new.session_id is distinct from old.session_id then
          after := after || ',"session_id":' || coalesce(to_json(new.session_id)::text, 'null'); before := before || ',"session_id":' || coalesce(to_json(old.session_id)::text, 'null');
        end if;
        if new.started_at is distinct from old.started_at then
          after := after || ',"started_at":' || coalesce(to_json(new.started_at)::text, 'null'); before := before || ',"started_at":' || coalesce(to_json(old.started_at)::text, 'null');
        end if;
        if new.state is distinct from old.state then
          after := after || ',"state":' || coalesce(to_json(new.state)::text, 'null'); before := before || ',"state":' || coalesce(to_json(old.state)::text, 'null');
        end if;
        if after = '' then return null; end if;
        key := json_build_object('id', old.id)::text; after := '{' || substr(after, 2) || '}'; before := '{' || substr(before, 2) || '}';
      end if;
      insert into ledger_pending (xact, org_id, change) values (pg_current_xact_id(), current_org(),
        '{"after":' || after || ',"before":' || before || ',"key":' || key || ',"table":"recording"}');
      return null;
    end $function$
;
-- owner holdfast_ledger; execute: holdfast_owner

CREATE OR REPLACE FUNCTION public.capture_recording_chunk()
 RETURNS trigger
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'public', 'pg_temp'
AS $function$
    declare
      before text := '';
      after  text := '';
      key    text;
    begin
      if tg_op = 'INSERT' then
        key := json_build_object('index', new.index, 'recording_id', new.recording_id)::text; after := json_build_object('at', new.at, 'content_sealed', case when new.content_sealed is not null then 'secret' end, 'hash', new.hash, 'index', new.index, 'org_id', new.org_id, 'recording_id', new.recording_id)::text; before := 'null';
      elsif tg_op = 'DELETE' then
        key := json_build_object('index', old.index, 'recording_id', old.recording_id)::text; after := 'null'; before := json_build_object('at', old.at, 'content_sealed', case when old.content_sealed is not null then 'secret' end, 'hash', old.hash, 'index', old.index, 'org_id', old.org_id, 'recording_id', old.recording_id)::text;
      else
        if new.at is distinct from old.at then
          after := after || ',"at":' || coalesce(to_json(new.at)::text, 'null'); before := before || ',"at":' || coalesce(to_json(old.at)::text, 'null');
        end if;
        if new.content_sealed is distinct from old.content_sealed then
          after := after || ',"content_sealed":' || coalesce(to_json(case when new.content_sealed is not null then 'secret' end)::text, 'null'); before := before || ',"content_sealed":' || coalesce(to_json(case when old.content_sealed is not null then 'secret' end)::text, 'null');
        end if;
        if new.hash is distinct from old.hash then
          after := after || ',"hash":' || coalesce(to_json(new.hash)::text, 'null'); before := before || ',"hash":' || coalesce(to_json(old.hash)::text, 'null');
        end if;
        if new.index is distinct from old.index then
          after := after || ',"index":' || coalesce(to_json(new.index)::text, 'null'); before := before || ',"index":' || coalesce(to_json(old.index)::text, 'null');
        end if;
        if new.org_id is distinct from old.org_id then
          after := after || ',"org_id":' || coalesce(to_json(new.org_id)::text, 'null'); before := before || ',"org_id":' || coalesce(to_json(old.org_id)::text, 'null');
        end if;
        if new.recording_id is distinct from old.recording_id then
          after := after || ',"recording_id":' || coalesce(to_json(new.recording_id)::text, 'null'); before := before || ',"recording_id":' || coalesce(to_json(old.recording_id)::text, 'null');
        end if;
        if after = '' then return null; end if;
        key := json_build_object('index', old.index, 'recording_id', old.recording_id)::text; after := '{' || substr(after, 2) || '}'; before := '{' || substr(before, 2) || '}';
      end if;
      insert into ledger_pending (xact, org_id, change) values (pg_current_xact_id(), current_org(),
        '{"after":' || after || ',"before":' || before || ',"key":' || key || ',"table":"recording_chunk"}');
      return null;
    end $function$
;
-- owner holdfast_ledger; execute: holdfast_owner

CREATE OR REPLACE FUNCTION public.capture_recovery_code()
 RETURNS trigger
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'public', 'pg_temp'
AS $function$
    declare
      before text := '';
      after  text := '';
      key    text;
    begin
      if tg_op = 'INSERT' then
        key := json_build_object('id', new.id, 'person_id', new.person_id)::text; after := json_build_object('code_hash', case when new.code_hash is not null then 'secret' end, 'created_at', new.created_at, 'id', new.id, 'person_id', new.person_id, 'used_at', new.used_at)::text; before := 'null';
      elsif tg_op = 'DELETE' then
        key := json_build_object('id', old.id, 'person_id', old.person_id)::text; after := 'null'; before := json_build_object('code_hash', case when old.code_hash is not null then 'secret' end, 'created_at', old.created_at, 'id', old.id, 'person_id', old.person_id, 'used_at', old.used_at)::text;
      else
        if new.code_hash is distinct from old.code_hash then
          after := after || ',"code_hash":' || coalesce(to_json(case when new.code_hash is not null then 'secret' end)::text, 'null'); before := before || ',"code_hash":' || coalesce(to_json(case when old.code_hash is not null then 'secret' end)::text, 'null');
        end if;
        if new.created_at is distinct from old.created_at then
          after := after || ',"created_at":' || coalesce(to_json(new.created_at)::text, 'null'); before := before || ',"created_at":' || coalesce(to_json(old.created_at)::text, 'null');
        end if;
        if new.id is distinct from old.id then
          after := after || ',"id":' || coalesce(to_json(new.id)::text, 'null'); before := before || ',"id":' || coalesce(to_json(old.id)::text, 'null');
        end if;
        if new.person_id is distinct from old.person_id then
          after := after || ',"person_id":' || coalesce(to_json(new.person_id)::text, 'null'); before := before || ',"person_id":' || coalesce(to_json(old.person_id)::text, 'null');
        end if;
        if new.used_at is distinct from old.used_at then
          after := after || ',"used_at":' || coalesce(to_json(new.used_at)::text, 'null'); before := before || ',"used_at":' || coalesce(to_json(old.used_at)::text, 'null');
        end if;
        if after = '' then return null; end if;
        key := json_build_object('id', old.id, 'person_id', old.person_id)::text; after := '{' || substr(after, 2) || '}'; before := '{' || substr(before, 2) || '}';
      end if;
      insert into ledger_pending (xact, org_id, change) values (pg_current_xact_id(), current_org(),
        '{"after":' || after || ',"before":' || before || ',"key":' || key || ',"table":"recovery_code"}');
      return null;
    end $function$
;
-- owner holdfast_ledger; execute: holdfast_owner

CREATE OR REPLACE FUNCTION public.capture_row(t regclass, columns text[], side text, secret text[])
 RETURNS text
 LANGUAGE sql
 STABLE
RETURN (SELECT format('json_build_object(%s)::text'::text, string_agg(format('%L, %s'::text, col.col, capture_value(capture_row.t, col.col, capture_row.side, capture_row.secret)), ', '::text ORDER BY (col.col COLLATE "C"))) AS format FROM unnest(capture_row.columns) col(col))
;
-- owner holdfast_owner; execute: holdfast_ledger

CREATE OR REPLACE FUNCTION public.capture_service_account()
 RETURNS trigger
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'public', 'pg_temp'
AS $function$
    declare
      before text := '';
      after  text := '';
      key    text;
    begin
      if tg_op = 'INSERT' then
        key := json_build_object('id', new.id)::text; after := json_build_object('created_at', new.created_at, 'created_by', new.created_by, 'disabled_at', new.disabled_at, 'id', new.id, 'name', new.name, 'org_id', new.org_id, 'owner_id', new.owner_id, 'purpose', new.purpose, 'review_every_days', new.review_every_days, 'role', new.role)::text; before := 'null';
      elsif tg_op = 'DELETE' then
        key := json_build_object('id', old.id)::text; after := 'null'; before := json_build_object('created_at', old.created_at, 'created_by', old.created_by, 'disabled_at', old.disabled_at, 'id', old.id, 'name', old.name, 'org_id', old.org_id, 'owner_id', old.owner_id, 'purpose', old.purpose, 'review_every_days', old.review_every_days, 'role', old.role)::text;
      else
        if new.created_at is distinct from old.created_at then
          after := after || ',"created_at":' || coalesce(to_json(new.created_at)::text, 'null'); before := before || ',"created_at":' || coalesce(to_json(old.created_at)::text, 'null');
        end if;
        if new.created_by is distinct from old.created_by then
          after := after || ',"created_by":' || coalesce(to_json(new.created_by)::text, 'null'); before := before || ',"created_by":' || coalesce(to_json(old.created_by)::text, 'null');
        end if;
        if new.disabled_at is distinct from old.disabled_at then
          after := after || ',"disabled_at":' || coalesce(to_json(new.disabled_at)::text, 'null'); before := before || ',"disabled_at":' || coalesce(to_json(old.disabled_at)::text, 'null');
        end if;
        if new.id is distinct from old.id then
          after := after || ',"id":' || coalesce(to_json(new.id)::text, 'null'); before := before || ',"id":' || coalesce(to_json(old.id)::text, 'null');
        end if;
        if new.name is distinct from old.name then
          after := after || ',"name":' || coalesce(to_json(new.name)::text, 'null'); before := before || ',"name":' || coalesce(to_json(old.name)::text, 'null');
        end if;
        if new.org_id is distinct from old.org_id then
          after := after || ',"org_id":' || coalesce(to_json(new.org_id)::text, 'null'); before := before || ',"org_id":' || coalesce(to_json(old.org_id)::text, 'null');
        end if;
        if new.owner_id is distinct from old.owner_id then
          after := after || ',"owner_id":' || coalesce(to_json(new.owner_id)::text, 'null'); before := before || ',"owner_id":' || coalesce(to_json(old.owner_id)::text, 'null');
        end if;
        if new.purpose is distinct from old.purpose then
          after := after || ',"purpose":' || coalesce(to_json(new.purpose)::text, 'null'); before := before || ',"purpose":' || coalesce(to_json(old.purpose)::text, 'null');
        end if;
        if new.review_every_days is distinct from old.review_every_days then
          after := after || ',"review_every_days":' || coalesce(to_json(new.review_every_days)::text, 'null'); before := before || ',"review_every_days":' || coalesce(to_json(old.review_every_days)::text, 'null');
        end if;
        if new.role is distinct from old.role then
          after := after || ',"role":' || coalesce(to_json(new.role)::text, 'null'); before := before || ',"role":' || coalesce(to_json(old.role)::text, 'null');
        end if;
        if after = '' then return null; end if;
        key := json_build_object('id', old.id)::text; after := '{' || substr(after, 2) || '}'; before := '{' || substr(before, 2) || '}';
      end if;
      insert into ledger_pending (xact, org_id, change) values (pg_current_xact_id(), current_org(),
        '{"after":' || after || ',"before":' || before || ',"key":' || key || ',"table":"service_account"}');
      return null;
    end $function$
;
-- owner holdfast_ledger; execute: holdfast_owner

CREATE OR REPLACE FUNCTION public.capture_session()
 RETURNS trigger
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'public', 'pg_temp'
AS $function$
    declare
      before text := '';
      after  text := '';
      key    text;
    begin
      if tg_op = 'INSERT' then
        key := json_build_object('id', new.id)::text; after := json_build_object('amr', new.amr, 'auth_time', new.auth_time, 'created_at', new.created_at, 'expires_at', new.expires_at, 'grace_hits', new.grace_hits, 'id', new.id, 'idle_expires_at', new.idle_expires_at, 'ip_sealed', capture_bytes(new.ip_sealed), 'last_seen_at', new.last_seen_at, 'methods', new.methods, 'mfa_at', new.mfa_at, 'org_id', new.org_id, 'person_id', new.person_id, 'refresh_grace_until', new.refresh_grace_until, 'refresh_seq', new.refresh_seq, 'restricted', new.restricted, 'revoke_reason', new.revoke_reason, 'revoked_at', new.revoked_at, 'signed_in_at', new.signed_in_at, 'sso_connection_id', new.sso_connection_id, 'staff_grant_id', new.staff_grant_id, 'user_agent_sealed', capture_bytes(new.user_agent_sealed))::text; before := 'null';
      elsif tg_op = 'DELETE' then
        key := json_build_object('id', old.id)::text; after := 'null'; before := json_build_object('amr', old.amr, 'auth_time', old.auth_time, 'created_at', old.created_at, 'expires_at', old.expires_at, 'grace_hits', old.grace_hits, 'id', old.id, 'idle_expires_at', old.idle_expires_at, 'ip_sealed', capture_bytes(old.ip_sealed), 'last_seen_at', old.last_seen_at, 'methods', old.methods, 'mfa_at', old.mfa_at, 'org_id', old.org_id, 'person_id', old.person_id, 'refresh_grace_until', old.refresh_grace_until, 'refresh_seq', old.refresh_seq, 'restricted', old.restricted, 'revoke_reason', old.revoke_reason, 'revoked_at', old.revoked_at, 'signed_in_at', old.signed_in_at, 'sso_connection_id', old.sso_connection_id, 'staff_grant_id', old.staff_grant_id, 'user_agent_sealed', capture_bytes(old.user_agent_sealed))::text;
      else
        if new.amr is distinct from old.amr then
          after := after || ',"amr":' || coalesce(to_json(new.amr)::text, 'null'); before := before || ',"amr":' || coalesce(to_json(old.amr)::text, 'null');
        end if;
        if new.auth_time is distinct from old.auth_time then
          after := after || ',"auth_time":' || coalesce(to_json(new.auth_time)::text, 'null'); before := before || ',"auth_time":' || coalesce(to_json(old.auth_time)::text, 'null');
        end if;
        if new.created_at is distinct from old.created_at then
          after := after || ',"created_at":' || coalesce(to_json(new.created_at)::text, 'null'); before := before || ',"created_at":' || coalesce(to_json(old.created_at)::text, 'null');
        end if;
        if new.expires_at is distinct from old.expires_at then
          after := after || ',"expires_at":' || coalesce(to_json(new.expires_at)::text, 'null'); before := before || ',"expires_at":' || coalesce(to_json(old.expires_at)::text, 'null');
        end if;
        if new.grace_hits is distinct from old.grace_hits then
          after := after || ',"grace_hits":' || coalesce(to_json(new.grace_hits)::text, 'null'); before := before || ',"grace_hits":' || coalesce(to_json(old.grace_hits)::text, 'null');
        end if;
        if new.id is distinct from old.id then
          after := after || ',"id":' || coalesce(to_json(new.id)::text, 'null'); before := before || ',"id":' || coalesce(to_json(old.id)::text, 'null');
        end if;
        if new.idle_expires_at is distinct from old.idle_expires_at then
          after := after || ',"idle_expires_at":' || coalesce(to_json(new.idle_expires_at)::text, 'null'); before := before || ',"idle_expires_at":' || coalesce(to_json(old.idle_expires_at)::text, 'null');
        end if;
        if new.ip_sealed is distinct from old.ip_sealed then
          after := after || ',"ip_sealed":' || coalesce(to_json(capture_bytes(new.ip_sealed))::text, 'null'); before := before || ',"ip_sealed":' || coalesce(to_json(capture_bytes(old.ip_sealed))::text, 'null');
        end if;
        if new.last_seen_at is distinct from old.last_seen_at then
          after := after || ',"last_seen_at":' || coalesce(to_json(new.last_seen_at)::text, 'null'); before := before || ',"last_seen_at":' || coalesce(to_json(old.last_seen_at)::text, 'null');
        end if;
        if new.methods is distinct from old.methods then
          after := after || ',"methods":' || coalesce(to_json(new.methods)::text, 'null'); before := before || ',"methods":' || coalesce(to_json(old.methods)::text, 'null');
        end if;
        if new.mfa_at is distinct from old.mfa_at then
          after := after || ',"mfa_at":' || coalesce(to_json(new.mfa_at)::text, 'null'); before := before || ',"mfa_at":' || coalesce(to_json(old.mfa_at)::text, 'null');
        end if;
        if new.org_id is distinct from old.org_id then
          after := after || ',"org_id":' || coalesce(to_json(new.org_id)::text, 'null'); before := before || ',"org_id":' || coalesce(to_json(old.org_id)::text, 'null');
        end if;
        if new.person_id is distinct from old.person_id then
          after := after || ',"person_id":' || coalesce(to_json(new.person_id)::text, 'null'); before := before || ',"person_id":' || coalesce(to_json(old.person_id)::text, 'null');
        end if;
        if new.refresh_grace_until is distinct from old.refresh_grace_until then
          after := after || ',"refresh_grace_until":' || coalesce(to_json(new.refresh_grace_until)::text, 'null'); before := before || ',"refresh_grace_until":' || coalesce(to_json(old.refresh_grace_until)::text, 'null');
        end if;
        if new.refresh_seq is distinct from old.refresh_seq then
          after := after || ',"refresh_seq":' || coalesce(to_json(new.refresh_seq)::text, 'null'); before := before || ',"refresh_seq":' || coalesce(to_json(old.refresh_seq)::text, 'null');
        end if;
        if new.restricted is distinct from old.restricted then
          after := after || ',"restricted":' || coalesce(to_json(new.restricted)::text, 'null'); before := before || ',"restricted":' || coalesce(to_json(old.restricted)::text, 'null');
        end if;
        if new.revoke_reason is distinct from old.revoke_reason then
          after := after || ',"revoke_reason":' || coalesce(to_json(new.revoke_reason)::text, 'null'); before := before || ',"revoke_reason":' || coalesce(to_json(old.revoke_reason)::text, 'null');
        end if;
        if new.revoked_at is distinct from old.revoked_at then
          after := after || ',"revoked_at":' || coalesce(to_json(new.revoked_at)::text, 'null'); before := before || ',"revoked_at":' || coalesce(to_json(old.revoked_at)::text, 'null');
        end if;
        if new.signed_in_at is distinct from old.signed_in_at then
          after := after || ',"signed_in_at":' || coalesce(to_json(new.signed_in_at)::text, 'null'); before := before || ',"signed_in_at":' || coalesce(to_json(old.signed_in_at)::text, 'null');
        end if;
        if new.sso_connection_id is distinct from old.sso_connection_id then
          after := after || ',"sso_connection_id":' || coalesce(to_json(new.sso_connection_id)::text, 'null'); before := before || ',"sso_connection_id":' || coalesce(to_json(old.sso_connection_id)::text, 'null');
        end if;
        if new.staff_grant_id is distinct from old.staff_grant_id then
          after := after || ',"staff_grant_id":' || coalesce(to_json(new.staff_grant_id)::text, 'null'); before := before || ',"staff_grant_id":' || coalesce(to_json(old.staff_grant_id)::text, 'null');
        end if;
        if new.user_agent_sealed is distinct from old.user_agent_sealed then
          after := after || ',"user_agent_sealed":' || coalesce(to_json(capture_bytes(new.user_agent_sealed))::text, 'null'); before := before || ',"user_agent_sealed":' || coalesce(to_json(capture_bytes(old.user_agent_sealed))::text, 'null');
        end if;
        if after = '' then return null; end if;
        key := json_build_object('id', old.id)::text; after := '{' || substr(after, 2) || '}'; before := '{' || substr(before, 2) || '}';
      end if;
      insert into ledger_pending (xact, org_id, change) values (pg_current_xact_id(), current_org(),
        '{"after":' || after || ',"before":' || before || ',"key":' || key || ',"table":"session"}');
      return null;
    end $function$
;
-- owner holdfast_ledger; execute: holdfast_owner

CREATE OR REPLACE FUNCTION public.capture_ssh_rotation()
 RETURNS trigger
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'public', 'pg_temp'
AS $function$
    declare
      before text := '';
      after  text := '';
      key    text;
    begin
      if tg_op = 'INSERT' then
        key := json_build_object('id', new.id)::text; after := json_build_object('from_version', new.from_version, 'id', new.id, 'left_out', new.left_out, 'made_at', new.made_at, 'moved_at', new.moved_at, 'moves_at', new.moves_at, 'org_id', new.org_id, 'purpose', new.purpose, 'retired_at', new.retired_at, 'sequence', new.sequence, 'started_at', new.started_at, 'started_by', new.started_by, 'to_version', new.to_version)::text; before := 'null';
      elsif tg_op = 'DELETE' then
        key := json_build_object('id', old.id)::text; after := 'null'; before := json_build_object('from_version', old.from_version, 'id', old.id, 'left_out', old.left_out, 'made_at', old.made_at, 'moved_at', old.moved_at, 'moves_at', old.moves_at, 'org_id', old.org_id, 'purpose', old.purpose, 'retired_at', old.retired_at, 'sequence', old.sequence, 'started_at', old.started_at, 'started_by', old.started_by, 'to_version', old.to_version)::text;
      else
        if new.from_version is distinct from old.from_version then
          after := after || ',"from_version":' || coalesce(to_json(new.from_version)::text, 'null'); before := before || ',"from_version":' || coalesce(to_json(old.from_version)::text, 'null');
        end if;
        if new.id is distinct from old.id then
          after := after || ',"id":' || coalesce(to_json(new.id)::text, 'null'); before := before || ',"id":' || coalesce(to_json(old.id)::text, 'null');
        end if;
        if new.left_out is distinct from old.left_out then
          after := after || ',"left_out":' || coalesce(to_json(new.left_out)::text, 'null'); before := before || ',"left_out":' || coalesce(to_json(old.left_out)::text, 'null');
        end if;
        if new.made_at is distinct from old.made_at then
          after := after || ',"made_at":' || coalesce(to_json(new.made_at)::text, 'null'); before := before || ',"made_at":' || coalesce(to_json(old.made_at)::text, 'null');
        end if;
        if new.moved_at is distinct from old.moved_at then
          after := after || ',"moved_at":' || coalesce(to_json(new.moved_at)::text, 'null'); before := before || ',"moved_at":' || coalesce(to_json(old.moved_at)::text, 'null');
        end if;
        if new.moves_at is distinct from old.moves_at then
          after := after || ',"moves_at":' || coalesce(to_json(new.moves_at)::text, 'null'); before := before || ',"moves_at":' || coalesce(to_json(old.moves_at)::text, 'null');
        end if;
        if new.org_id is distinct from old.org_id then
          after := after || ',"org_id":' || coalesce(to_json(new.org_id)::text, 'null'); before := before || ',"org_id":' || coalesce(to_json(old.org_id)::text, 'null');
        end if;
        if new.purpose is distinct from old.purpose then
          after := after || ',"purpose":' || coalesce(to_json(new.purpose)::text, 'null'); before := before || ',"purpose":' || coalesce(to_json(old.purpose)::text, 'null');
        end if;
        if new.retired_at is distinct from old.retired_at then
          after := after || ',"retired_at":' || coalesce(to_json(new.retired_at)::text, 'null'); before := before || ',"retired_at":' || coalesce(to_json(old.retired_at)::text, 'null');
        end if;
        if new.sequence is distinct from old.sequence then
          after := after || ',"sequence":' || coalesce(to_json(new.sequence)::text, 'null'); before := before || ',"sequence":' || coalesce(to_json(old.sequence)::text, 'null');
        end if;
        if new.started_at is distinct from old.started_at then
          after := after || ',"started_at":' || coalesce(to_json(new.started_at)::text, 'null'); before := before || ',"started_at":' || coalesce(to_json(old.started_at)::text, 'null');
        end if;
        if new.started_by is distinct from old.started_by then
          after := after || ',"started_by":' || coalesce(to_json(new.started_by)::text, 'null'); before := before || ',"started_by":' || coalesce(to_json(old.started_by)::text, 'null');
        end if;
        if new.to_version is distinct from old.to_version then
          after := after || ',"to_version":' || coalesce(to_json(new.to_version)::text, 'null'); before := before || ',"to_version":' || coalesce(to_json(old.to_version)::text, 'null');
        end if;
        if after = '' then return null; end if;
        key := json_build_object('id', old.id)::text; after := '{' || substr(after, 2) || '}'; before := '{' || substr(before, 2) || '}';
      end if;
      insert into ledger_pending (xact, org_id, change) values (pg_current_xact_id(), current_org(),
        '{"after":' || after || ',"before":' || before || ',"key":' || key || ',"table":"ssh_rotation"}');
      return null;
    end $function$
;
-- owner holdfast_ledger; execute: holdfast_owner

CREATE OR REPLACE FUNCTION public.capture_sso_connection()
 RETURNS trigger
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'public', 'pg_temp'
AS $function$
    declare
      before text := '';
      after  text := '';
      key    text;
    begin
      if tg_op = 'INSERT' then
        key := json_build_object('id', new.id)::text; after := json_build_object('changed_at', new.changed_at, 'created_at', new.created_at, 'created_by', new.created_by, 'default_role', new.default_role, 'id', new.id, 'kind', new.kind, 'name', new.name, 'org_id', new.org_id, 'other_certificate', new.other_certificate, 'other_is', new.other_is, 'other_secret_sealed', case when new.other_secret_sealed is not null then 'secret' end, 'other_since', new.other_since, 'other_tested_at', new.other_tested_at, 'secret_expires_at', new.secret_expires_at, 'secret_sealed', case when new.secret_sealed is not null then 'secret' end, 'settings', new.settings, 'signing_certificate', new.signing_certificate, 'state', new.state, 'tested_at', new.tested_at)::text; before := 'null';
      elsif tg_op = 'DELETE' then
        key := json_build_object('id', old.id)::text; after := 'null'; before := json_build_object('changed_at', old.changed_at, 'created_at', old.created_at, 'created_by', old.created_by, 'default_role', old.default_role, 'id', old.id, 'kind', old.kind, 'name', old.name, 'org_id', old.org_id, 'other_certificate', old.other_certificate, 'other_is', old.other_is, 'other_secret_sealed', case when old.other_secret_sealed is not null then 'secret' end, 'other_since', old.other_since, 'other_tested_at', old.other_tested_at, 'secret_expires_at', old.secret_expires_at, 'secret_sealed', case when old.secret_sealed is not null then 'secret' end, 'settings', old.settings, 'signing_certificate', old.signing_certificate, 'state', old.state, 'tested_at', old.tested_at)::text;
      else
        if new.changed_at is distinct from old.changed_at then
          after := after || ',"changed_at":' || coalesce(to_json(new.changed_at)::text, 'null'); before := before || ',"changed_at":' || coalesce(to_json(old.changed_at)::text, 'null');
        end if;
        if new.created_at is distinct from old.created_at then
          after := after || ',"created_at":' || coalesce(to_json(new.created_at)::text, 'null'); before := before || ',"created_at":' || coalesce(to_json(old.created_at)::text, 'null');
        end if;
        if new.created_by is distinct from old.created_by then
          after := after || ',"created_by":' || coalesce(to_json(new.created_by)::text, 'null'); before := before || ',"created_by":' || coalesce(to_json(old.created_by)::text, 'null');
        end if;
        if new.default_role is distinct from old.default_role then
          after := after || ',"default_role":' || coalesce(to_json(new.default_role)::text, 'null'); before := before || ',"default_role":' || coalesce(to_json(old.default_role)::text, 'null');
        end if;
        if new.id is distinct from old.id then
          after := after || ',"id":' || coalesce(to_json(new.id)::text, 'null'); before := before || ',"id":' || coalesce(to_json(old.id)::text, 'null');
        end if;
        if new.kind is distinct from old.kind then
          after := after || ',"kind":' || coalesce(to_json(new.kind)::text, 'null'); before := before || ',"kind":' || coalesce(to_json(old.kind)::text, 'null');
        end if;
        if new.name is distinct from old.name then
          after := after || ',"name":' || coalesce(to_json(new.name)::text, 'null'); before := before || ',"name":' || coalesce(to_json(old.name)::text, 'null');
        end if;
        if new.org_id is distinct from old.org_id then
          after := after || ',"org_id":' || coalesce(to_json(new.org_id)::text, 'null'); before := before || ',"org_id":' || coalesce(to_json(old.org_id)::text, 'null');
        end if;
        if new.other_certificate is distinct from old.other_certificate then
          after := after || ',"other_certificate":' || coalesce(to_json(new.other_certificate)::text, 'null'); before := before || ',"other_certificate":' || coalesce(to_json(old.other_certificate)::text, 'null');
        end if;
        if new.other_is is distinct from old.other_is then
          after := after || ',"other_is":' || coalesce(to_json(new.other_is)::text, 'null'); before := before || ',"other_is":' || coalesce(to_json(old.other_is)::text, 'null');
        end if;
        if new.other_secret_sealed is distinct from old.other_secret_sealed then
          after := after || ',"other_secret_sealed":' || coalesce(to_json(case when new.other_secret_sealed is not null then 'secret' end)::text, 'null'); before := before || ',"other_secret_sealed":' || coalesce(to_json(case when old.other_secret_sealed is not null then 'secret' end)::text, 'null');
        end if;
        if new.other_since is distinct from old.other_since then
          after := after || ',"other_since":' || coalesce(to_json(new.other_since)::text, 'null'); before := before || ',"other_since":' || coalesce(to_json(old.other_since)::text, 'null');
        end if;
        if new.other_tested_at is distinct from old.other_tested_at then
          after := after || ',"other_tested_at":' || coalesce(to_json(new.other_tested_at)::text, 'null'); before := before || ',"other_tested_at":' || coalesce(to_json(old.other_tested_at)::text, 'null');
        end if;
        if new.secret_expires_at is distinct from old.secret_expires_at then
          after := after || ',"secret_expires_at":' || coalesce(to_json(new.secret_expires_at)::text, 'null'); before := before || ',"secret_expires_at":' || coalesce(to_json(old.secret_expires_at)::text, 'null');
        end if;
        if new.secret_sealed is distinct from old.secret_sealed then
          after := after || ',"secret_sealed":' || coalesce(to_json(case when new.secret_sealed is not null then 'secret' end)::text, 'null'); before := before || ',"secret_sealed":' || coalesce(to_json(case when old.secret_sealed is not null then 'secret' end)::text, 'null');
        end if;
        if new.settings is distinct from old.settings then
          after := after || ',"settings":' || coalesce(to_json(new.settings)::text, 'null'); before := before || ',"settings":' || coalesce(to_json(old.settings)::text, 'null');
        end if;
        if new.signing_certificate is distinct from old.signing_certificate then
          after := after || ',"signing_certificate":' || coalesce(to_json(new.signing_certificate)::text, 'null'); before := before || ',"signing_certificate":' || coalesce(to_json(old.signing_certificate)::text, 'null');
        end if;
        if new.state is distinct from old.state then
          after := after || ',"state":' || coalesce(to_json(new.state)::text, 'null'); before := before || ',"state":' || coalesce(to_json(old.state)::text, 'null');
        end if;
        if new.tested_at is distinct from old.tested_at then
          after := after || ',"tested_at":' || coalesce(to_json(new.tested_at)::text, 'null'); before := before || ',"tested_at":' || coalesce(to_json(old.tested_at)::text, 'null');
        end if;
        if after = '' then return null; end if;
        key := json_build_object('id', old.id)::text; after := '{' || substr(after, 2) || '}'; before := '{' || substr(before, 2) || '}';
      end if;
      insert into ledger_pending (xact, org_id, change) values (pg_current_xact_id(), current_org(),
        '{"after":' || after || ',"before":' || before || ',"key":' || key || ',"table":"sso_connection"}');
      return null;
    end $function$
;
-- owner holdfast_ledger; execute: holdfast_owner

CREATE OR REPLACE FUNCTION public.capture_sso_domain()
 RETURNS trigger
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'public', 'pg_temp'
AS $function$
    declare
      before text := '';
      after  text := '';
      key    text;
    begin
      if tg_op = 'INSERT' then
        key := json_build_object('domain', new.domain)::text; after := json_build_object('checked_at', new.checked_at, 'connection_id', new.connection_id, 'created_at', new.created_at, 'domain', new.domain, 'lost_at', new.lost_at, 'org_id', new.org_id, 'proved_at', new.proved_at, 'token', new.token)::text; before := 'null';
      elsif tg_op = 'DELETE' then
        key := json_build_object('domain', old.domain)::text; after := 'null'; before := json_build_object('checked_at', old.checked_at, 'connection_id', old.connection_id, 'created_at', old.created_at, 'domain', old.domain, 'lost_at', old.lost_at, 'org_id', old.org_id, 'proved_at', old.proved_at, 'token', old.token)::text;
      else
        if new.checked_at is distinct from old.checked_at then
          after := after || ',"checked_at":' || coalesce(to_json(new.checked_at)::text, 'null'); before := before || ',"checked_at":' || coalesce(to_json(old.checked_at)::text, 'null');
        end if;
        if new.connection_id is distinct from old.connection_id then
          after := after || ',"connection_id":' || coalesce(to_json(new.connection_id)::text, 'null'); before := before || ',"connection_id":' || coalesce(to_json(old.connection_id)::text, 'null');
        end if;
        if new.created_at is distinct from old.created_at then
          after := after || ',"created_at":' || coalesce(to_json(new.created_at)::text, 'null'); before := before || ',"created_at":' || coalesce(to_json(old.created_at)::text, 'null');
        end if;
        if new.domain is distinct from old.domain then
          after := after || ',"domain":' || coalesce(to_json(new.domain)::text, 'null'); before := before || ',"domain":' || coalesce(to_json(old.domain)::text, 'null');
        end if;
        if new.lost_at is distinct from old.lost_at then
          after := after || ',"lost_at":' || coalesce(to_json(new.lost_at)::text, 'null'); before := before || ',"lost_at":' || coalesce(to_json(old.lost_at)::text, 'null');
        end if;
        if new.org_id is distinct from old.org_id then
          after := after || ',"org_id":' || coalesce(to_json(new.org_id)::text, 'null'); before := before || ',"org_id":' || coalesce(to_json(old.org_id)::text, 'null');
        end if;
        if new.proved_at is distinct from old.proved_at then
          after := after || ',"proved_at":' || coalesce(to_json(new.proved_at)::text, 'null'); before := before || ',"proved_at":' || coalesce(to_json(old.proved_at)::text, 'null');
        end if;
        if new.token is distinct from old.token then
          after := after || ',"token":' || coalesce(to_json(new.token)::text, 'null'); before := before || ',"token":' || coalesce(to_json(old.token)::text, 'null');
        end if;
        if after = '' then return null; end if;
        key := json_build_object('domain', old.domain)::text; after := '{' || substr(after, 2) || '}'; before := '{' || substr(before, 2) || '}';
      end if;
      insert into ledger_pending (xact, org_id, change) values (pg_current_xact_id(), current_org(),
        '{"after":' || after || ',"before":' || before || ',"key":' || key || ',"table":"sso_domain"}');
      return null;
    end $function$
;
-- owner holdfast_ledger; execute: holdfast_owner

CREATE OR REPLACE FUNCTION public.capture_sso_enforcement()
 RETURNS trigger
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'public', 'pg_temp'
AS $function$
    declare
      before text := '';
      after  text := '';
      key    text;
    begin
      if tg_op = 'INSERT' then
        key := json_build_object('break_glass', new.break_glass)::text; after := json_build_object('break_glass', new.break_glass, 'enforced_at', new.enforced_at, 'enforced_by', new.enforced_by, 'org_id', new.org_id)::text; before := 'null';
      elsif tg_op = 'DELETE' then
        key := json_build_object('break_glass', old.break_glass)::text; after := 'null'; before := json_build_object('break_glass', old.break_glass, 'enforced_at', old.enforced_at, 'enforced_by', old.enforced_by, 'org_id', old.org_id)::text;
      else
        if new.break_glass is distinct from old.break_glass then
          after := after || ',"break_glass":' || coalesce(to_json(new.break_glass)::text, 'null'); before := before || ',"break_glass":' || coalesce(to_json(old.break_glass)::text, 'null');
        end if;
        if new.enforced_at is distinct from old.enforced_at then
          after := after || ',"enforced_at":' || coalesce(to_json(new.enforced_at)::text, 'null'); before := before || ',"enforced_at":' || coalesce(to_json(old.enforced_at)::text, 'null');
        end if;
        if new.enforced_by is distinct from old.enforced_by then
          after := after || ',"enforced_by":' || coalesce(to_json(new.enforced_by)::text, 'null'); before := before || ',"enforced_by":' || coalesce(to_json(old.enforced_by)::text, 'null');
        end if;
        if new.org_id is distinct from old.org_id then
          after := after || ',"org_id":' || coalesce(to_json(new.org_id)::text, 'null'); before := before || ',"org_id":' || coalesce(to_json(old.org_id)::text, 'null');
        end if;
        if after = '' then return null; end if;
        key := json_build_object('break_glass', old.break_glass)::text; after := '{' || substr(after, 2) || '}'; before := '{' || substr(before, 2) || '}';
      end if;
      insert into ledger_pending (xact, org_id, change) values (pg_current_xact_id(), current_org(),
        '{"after":' || after || ',"before":' || before || ',"key":' || key || ',"table":"sso_enforcement"}');
      return null;
    end $function$
;
-- owner holdfast_ledger; execute: holdfast_owner

CREATE OR REPLACE FUNCTION public.capture_sso_identity()
 RETURNS trigger
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'public', 'pg_temp'
AS $function$
    declare
      before text := '';
      after  text := '';
      key    text;
    begin
      if tg_op = 'INSERT' then
        key := json_build_object('connection_id', new.connection_id, 'subject_index', capture_bytes(new.subject_index))::text; after := json_build_object('connection_id', new.connection_id, 'created_at', new.created_at, 'name_id_format', new.name_id_format, 'org_id', new.org_id, 'person_id', new.person_id, 'subject_index', case when new.subject_index is not null then 'secret' end, 'subject_sealed', capture_bytes(new.subject_sealed))::text; before := 'null';
      elsif tg_op = 'DELETE' then
        key := json_build_object('connection_id', old.connection_id, 'subject_index', capture_bytes(old.subject_index))::text; after := 'null'; before := json_build_object('connection_id', old.connection_id, 'created_at', old.created_at, 'name_id_format', old.name_id_format, 'org_id', old.org_id, 'person_id', old.person_id, 'subject_index', case when old.subject_index is not null then 'secret' end, 'subject_sealed', capture_bytes(old.subject_sealed))::text;
      else
        if new.connection_id is distinct from old.connection_id then
          after := after || ',"connection_id":' || coalesce(to_json(new.connection_id)::text, 'null'); before := before || ',"connection_id":' || coalesce(to_json(old.connection_id)::text, 'null');
        end if;
        if new.created_at is distinct from old.created_at then
          after := after || ',"created_at":' || coalesce(to_json(new.created_at)::text, 'null'); before := before || ',"created_at":' || coalesce(to_json(old.created_at)::text, 'null');
        end if;
        if new.name_id_format is distinct from old.name_id_format then
          after := after || ',"name_id_format":' || coalesce(to_json(new.name_id_format)::text, 'null'); before := before || ',"name_id_format":' || coalesce(to_json(old.name_id_format)::text, 'null');
        end if;
        if new.org_id is distinct from old.org_id then
          after := after || ',"org_id":' || coalesce(to_json(new.org_id)::text, 'null'); before := before || ',"org_id":' || coalesce(to_json(old.org_id)::text, 'null');
        end if;
        if new.person_id is distinct from old.person_id then
          after := after || ',"person_id":' || coalesce(to_json(new.person_id)::text, 'null'); before := before || ',"person_id":' || coalesce(to_json(old.person_id)::text, 'null');
        end if;
        if new.subject_index is distinct from old.subject_index then
          after := after || ',"subject_index":' || coalesce(to_json(case when new.subject_index is not null then 'secret' end)::text, 'null'); before := before || ',"subject_index":' || coalesce(to_json(case when old.subject_index is not null then 'secret' end)::text, 'null');
        end if;
        if new.subject_sealed is distinct from old.subject_sealed then
          after := after || ',"subject_sealed":' || coalesce(to_json(capture_bytes(new.subject_sealed))::text, 'null'); before := before || ',"subject_sealed":' || coalesce(to_json(capture_bytes(old.subject_sealed))::text, 'null');
        end if;
        if after = '' then return null; end if;
        key := json_build_object('connection_id', old.connection_id, 'subject_index', capture_bytes(old.subject_index))::text; after := '{' || substr(after, 2) || '}'; before := '{' || substr(before, 2) || '}';
      end if;
      insert into ledger_pending (xact, org_id, change) values (pg_current_xact_id(), current_org(),
        '{"after":' || after || ',"before":' || before || ',"key":' || key || ',"table":"sso_identity"}');
      return null;
    end $function$
;
-- owner holdfast_ledger; execute: holdfast_owner

CREATE OR REPLACE FUNCTION public.capture_staff_grant()
 RETURNS trigger
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'public', 'pg_temp'
AS $function$
    declare
      before text := '';
      after  text := '';
      key    text;
    begin
      if tg_op = 'INSERT' then
        key := json_build_object('id', new.id)::text; after := json_build_object('approved_by', new.approved_by, 'ended_at', new.ended_at, 'ended_by', new.ended_by, 'ends_at', new.ends_at, 'id', new.id, 'name_sealed', capture_bytes(new.name_sealed), 'org_id', new.org_id, 'person_id', new.person_id, 'policy_id', new.policy_id, 'reason_sealed', capture_bytes(new.reason_sealed), 'request_expires_at', new.request_expires_at, 'request_hash', new.request_hash, 'requested_at', new.requested_at, 'role', new.role, 'seconds', new.seconds, 'starts_at', new.starts_at, 'state', new.state, 'ticket', new.ticket, 'write', new.write)::text; before := 'null';
      elsif tg_op = 'DELETE' then
        key := json_build_object('id', old.id)::text; after := 'null'; before := json_build_object('approved_by', old.approved_by, 'ended_at', old.ended_at, 'ended_by', old.ended_by, 'ends_at', old.ends_at, 'id', old.id, 'name_sealed', capture_bytes(old.name_sealed), 'org_id', old.org_id, 'person_id', old.person_id, 'policy_id', old.policy_id, 'reason_sealed', capture_bytes(old.reason_sealed), 'request_expires_at', old.request_expires_at, 'request_hash', old.request_hash, 'requested_at', old.requested_at, 'role', old.role, 'seconds', old.seconds, 'starts_at', old.starts_at, 'state', old.state, 'ticket', old.ticket, 'write', old.write)::text;
      else
        if new.approved_by is distinct from old.approved_by then
          after := after || ',"approved_by":' || coalesce(to_json(new.approved_by)::text, 'null'); before := before || ',"approved_by":' || coalesce(to_json(old.approved_by)::text, 'null');
        end if;
        if new.ended_at is distinct from old.ended_at then
          after := after || ',"ended_at":' || coalesce(to_json(new.ended_at)::text, 'null'); before := before || ',"ended_at":' || coalesce(to_json(old.ended_at)::text, 'null');
        end if;
        if new.ended_by is distinct from old.ended_by then
          after := after || ',"ended_by":' || coalesce(to_json(new.ended_by)::text, 'null'); before := before || ',"ended_by":' || coalesce(to_json(old.ended_by)::text, 'null');
        end if;
        if new.ends_at is distinct from old.ends_at then
          after := after || ',"ends_at":' || coalesce(to_json(new.ends_at)::text, 'null'); before := before || ',"ends_at":' || coalesce(to_json(old.ends_at)::text, 'null');
        end if;
        if new.id is distinct from old.id then
          after := after || ',"id":' || coalesce(to_json(new.id)::text, 'null'); before := before || ',"id":' || coalesce(to_json(old.id)::text, 'null');
        end if;
        if new.name_sealed is distinct from old.name_sealed then
          after := after || ',"name_sealed":' || coalesce(to_json(capture_bytes(new.name_sealed))::text, 'null'); before := before || ',"name_sealed":' || coalesce(to_json(capture_bytes(old.name_sealed))::text, 'null');
        end if;
        if new.org_id is distinct from old.org_id then
          after := after || ',"org_id":' || coalesce(to_json(new.org_id)::text, 'null'); before := before || ',"org_id":' || coalesce(to_json(old.org_id)::text, 'null');
        end if;
        if new.person_id is distinct from old.person_id then
          after := after || ',"person_id":' || coalesce(to_json(new.person_id)::text, 'null'); before := before || ',"person_id":' || coalesce(to_json(old.person_id)::text, 'null');
        end if;
        if new.policy_id is distinct from old.policy_id then
          after := after || ',"policy_id":' || coalesce(to_json(new.policy_id)::text, 'null'); before := before || ',"policy_id":' || coalesce(to_json(old.policy_id)::text, 'null');
        end if;
        if new.reason_sealed is distinct from old.reason_sealed then
          after := after || ',"reason_sealed":' || coalesce(to_json(capture_bytes(new.reason_sealed))::text, 'null'); before := before || ',"reason_sealed":' || coalesce(to_json(capture_bytes(old.reason_sealed))::text, 'null');
        end if;
        if new.request_expires_at is distinct from old.request_expires_at then
          after := after || ',"request_expires_at":' || coalesce(to_json(new.request_expires_at)::text, 'null'); before := before || ',"request_expires_at":' || coalesce(to_json(old.request_expires_at)::text, 'null');
        end if;
        if new.request_hash is distinct from old.request_hash then
          after := after || ',"request_hash":' || coalesce(to_json(new.request_hash)::text, 'null'); before := before || ',"request_hash":' || coalesce(to_json(old.request_hash)::text, 'null');
        end if;
        if new.requested_at is distinct from old.requested_at then
          after := after || ',"requested_at":' || coalesce(to_json(new.requested_at)::text, 'null'); before := before || ',"requested_at":' || coalesce(to_json(old.requested_at)::text, 'null');
        end if;
        if new.role is distinct from old.role then
          after := after || ',"role":' || coalesce(to_json(new.role)::text, 'null'); before := before || ',"role":' || coalesce(to_json(old.role)::text, 'null');
        end if;
        if new.seconds is distinct from old.seconds then
          after := after || ',"seconds":' || coalesce(to_json(new.seconds)::text, 'null'); before := before || ',"seconds":' || coalesce(to_json(old.seconds)::text, 'null');
        end if;
        if new.starts_at is distinct from old.starts_at then
          after := after || ',"starts_at":' || coalesce(to_json(new.starts_at)::text, 'null'); before := before || ',"starts_at":' || coalesce(to_json(old.starts_at)::text, 'null');
        end if;
        if new.state is distinct from old.state then
          after := after || ',"state":' || coalesce(to_json(new.state)::text, 'null'); before := before || ',"state":' || coalesce(to_json(old.state)::text, 'null');
        end if;
        if new.ticket is distinct from old.ticket then
          after := after || ',"ticket":' || coalesce(to_json(new.ticket)::text, 'null'); before := before || ',"ticket":' || coalesce(to_json(old.ticket)::text, 'null');
        end if;
        if new.write is distinct from old.write then
          after := after || ',"write":' || coalesce(to_json(new.write)::text, 'null'); before := before || ',"write":' || coalesce(to_json(old.write)::text, 'null');
        end if;
        if after = '' then return null; end if;
        key := json_build_object('id', old.id)::text; after := '{' || substr(after, 2) || '}'; before := '{' || substr(before, 2) || '}';
      end if;
      insert into ledger_pending (xact, org_id, change) values (pg_current_xact_id(), current_org(),
        '{"after":' || after || ',"before":' || before || ',"key":' || key || ',"table":"staff_grant"}');
      return null;
    end $function$
;
-- owner holdfast_ledger; execute: holdfast_owner

CREATE OR REPLACE FUNCTION public.capture_staff_policy()
 RETURNS trigger
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'public', 'pg_temp'
AS $function$
    declare
      before text := '';
      after  text := '';
      key    text;
    begin
      if tg_op = 'INSERT' then
        key := json_build_object('id', new.id)::text; after := json_build_object('id', new.id, 'max_seconds', new.max_seconds, 'org_id', new.org_id, 'role', new.role, 'set_at', new.set_at, 'set_by', new.set_by, 'ticket_required', new.ticket_required, 'withdrawn_at', new.withdrawn_at, 'withdrawn_by', new.withdrawn_by)::text; before := 'null';
      elsif tg_op = 'DELETE' then
        key := json_build_object('id', old.id)::text; after := 'null'; before := json_build_object('id', old.id, 'max_seconds', old.max_seconds, 'org_id', old.org_id, 'role', old.role, 'set_at', old.set_at, 'set_by', old.set_by, 'ticket_required', old.ticket_required, 'withdrawn_at', old.withdrawn_at, 'withdrawn_by', old.withdrawn_by)::text;
      else
        if new.id is distinct from old.id then
          after := after || ',"id":' || coalesce(to_json(new.id)::text, 'null'); before := before || ',"id":' || coalesce(to_json(old.id)::text, 'null');
        end if;
        if new.max_seconds is distinct from old.max_seconds then
          after := after || ',"max_seconds":' || coalesce(to_json(new.max_seconds)::text, 'null'); before := before || ',"max_seconds":' || coalesce(to_json(old.max_seconds)::text, 'null');
        end if;
        if new.org_id is distinct from old.org_id then
          after := after || ',"org_id":' || coalesce(to_json(new.org_id)::text, 'null'); before := before || ',"org_id":' || coalesce(to_json(old.org_id)::text, 'null');
        end if;
        if new.role is distinct from old.role then
          after := after || ',"role":' || coalesce(to_json(new.role)::text, 'null'); before := before || ',"role":' || coalesce(to_json(old.role)::text, 'null');
        end if;
        if new.set_at is distinct from old.set_at then
          after := after || ',"set_at":' || coalesce(to_json(new.set_at)::text, 'null'); before := before || ',"set_at":' || coalesce(to_json(old.set_at)::text, 'null');
        end if;
        if new.set_by is distinct from old.set_by then
          after := after || ',"set_by":' || coalesce(to_json(new.set_by)::text, 'null'); before := before || ',"set_by":' || coalesce(to_json(old.set_by)::text, 'null');
        end if;
        if new.ticket_required is distinct from old.ticket_required then
          after := after || ',"ticket_required":' || coalesce(to_json(new.ticket_required)::text, 'null'); before := before || ',"ticket_required":' || coalesce(to_json(old.ticket_required)::text, 'null');
        end if;
        if new.withdrawn_at is distinct from old.withdrawn_at then
          after := after || ',"withdrawn_at":' || coalesce(to_json(new.withdrawn_at)::text, 'null'); before := before || ',"withdrawn_at":' || coalesce(to_json(old.withdrawn_at)::text, 'null');
        end if;
        if new.withdrawn_by is distinct from old.withdrawn_by then
          after := after || ',"withdrawn_by":' || coalesce(to_json(new.withdrawn_by)::text, 'null'); before := before || ',"withdrawn_by":' || coalesce(to_json(old.withdrawn_by)::text, 'null');
        end if;
        if after = '' then return null; end if;
        key := json_build_object('id', old.id)::text; after := '{' || substr(after, 2) || '}'; before := '{' || substr(before, 2) || '}';
      end if;
      insert into ledger_pending (xact, org_id, change) values (pg_current_xact_id(), current_org(),
        '{"after":' || after || ',"before":' || before || ',"key":' || key || ',"table":"staff_policy"}');
      return null;
    end $function$
;
-- owner holdfast_ledger; execute: holdfast_owner

CREATE OR REPLACE FUNCTION public.capture_totp_factor()
 RETURNS trigger
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'public', 'pg_temp'
AS $function$
    declare
      before text := '';
      after  text := '';
      key    text;
    begin
      if tg_op = 'INSERT' then
        key := json_build_object('id', new.id, 'person_id', new.person_id)::text; after := json_build_object('confirmed_at', new.confirmed_at, 'created_at', new.created_at, 'id', new.id, 'label_sealed', capture_bytes(new.label_sealed), 'last_step', new.last_step, 'person_id', new.person_id, 'secret_sealed', capture_bytes(new.secret_sealed))::text; before := 'null';
      elsif tg_op = 'DELETE' then
        key := json_build_object('id', old.id, 'person_id', old.person_id)::text; after := 'null'; before := json_build_object('confirmed_at', old.confirmed_at, 'created_at', old.created_at, 'id', old.id, 'label_sealed', capture_bytes(old.label_sealed), 'last_step', old.last_step, 'person_id', old.person_id, 'secret_sealed', capture_bytes(old.secret_sealed))::text;
      else
        if new.confirmed_at is distinct from old.confirmed_at then
          after := after || ',"confirmed_at":' || coalesce(to_json(new.confirmed_at)::text, 'null'); before := before || ',"confirmed_at":' || coalesce(to_json(old.confirmed_at)::text, 'null');
        end if;
        if new.created_at is distinct from old.created_at then
          after := after || ',"created_at":' || coalesce(to_json(new.created_at)::text, 'null'); before := before || ',"created_at":' || coalesce(to_json(old.created_at)::text, 'null');
        end if;
        if new.id is distinct from old.id then
          after := after || ',"id":' || coalesce(to_json(new.id)::text, 'null'); before := before || ',"id":' || coalesce(to_json(old.id)::text, 'null');
        end if;
        if new.label_sealed is distinct from old.label_sealed then
          after := after || ',"label_sealed":' || coalesce(to_json(capture_bytes(new.label_sealed))::text, 'null'); before := before || ',"label_sealed":' || coalesce(to_json(capture_bytes(old.label_sealed))::text, 'null');
        end if;
        if new.last_step is distinct from old.last_step then
          after := after || ',"last_step":' || coalesce(to_json(new.last_step)::text, 'null'); before := before || ',"last_step":' || coalesce(to_json(old.last_step)::text, 'null');
        end if;
        if new.person_id is distinct from old.person_id then
          after := after || ',"person_id":' || coalesce(to_json(new.person_id)::text, 'null'); before := before || ',"person_id":' || coalesce(to_json(old.person_id)::text, 'null');
        end if;
        if new.secret_sealed is distinct from old.secret_sealed then
          after := after || ',"secret_sealed":' || coalesce(to_json(capture_bytes(new.secret_sealed))::text, 'null'); before := before || ',"secret_sealed":' || coalesce(to_json(capture_bytes(old.secret_sealed))::text, 'null');
        end if;
        if after = '' then return null; end if;
        key := json_build_object('id', old.id, 'person_id', old.person_id)::text; after := '{' || substr(after, 2) || '}'; before := '{' || substr(before, 2) || '}';
      end if;
      insert into ledger_pending (xact, org_id, change) values (pg_current_xact_id(), current_org(),
        '{"after":' || after || ',"before":' || before || ',"key":' || key || ',"table":"totp_factor"}');
      return null;
    end $function$
;
-- owner holdfast_ledger; execute: holdfast_owner

CREATE OR REPLACE FUNCTION public.capture_value(t regclass, col text, side text, secret text[])
 RETURNS text
 LANGUAGE sql
 STABLE
RETURN (SELECT format(CASE WHEN (capture_value.col = ANY (capture_value.secret)) THEN 'case when %s.%I is not null then ''secret'' end'::text WHEN (pg_attribute.atttypid = ('bytea'::regtype)::oid) THEN 'capture_bytes(%s.%I)'::text ELSE '%s.%I'::text END, capture_value.side, capture_value.col) AS format FROM pg_attribute WHERE ((pg_attribute.attrelid = (capture_value.t)::oid) AND (pg_attribute.attname = capture_value.col)))
;
-- owner holdfast_owner; execute: holdfast_ledger

CREATE OR REPLACE FUNCTION public.capture_witness()
 RETURNS trigger
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'public', 'pg_temp'
AS $function$
    declare
      before text := '';
      after  text := '';
      key    text;
    begin
      if tg_op = 'INSERT' then
        key := json_build_object('id', new.id)::text; after := json_build_object('created_at', new.created_at, 'id', new.id, 'kind', new.kind, 'org_id', new.org_id, 'target_sealed', capture_bytes(new.target_sealed))::text; before := 'null';
      elsif tg_op = 'DELETE' then
        key := json_build_object('id', old.id)::text; after := 'null'; before := json_build_object('created_at', old.created_at, 'id', old.id, 'kind', old.kind, 'org_id', old.org_id, 'target_sealed', capture_bytes(old.target_sealed))::text;
      else
        if new.created_at is distinct from old.created_at then
          after := after || ',"created_at":' || coalesce(to_json(new.created_at)::text, 'null'); before := before || ',"created_at":' || coalesce(to_json(old.created_at)::text, 'null');
        end if;
        if new.id is distinct from old.id then
          after := after || ',"id":' || coalesce(to_json(new.id)::text, 'null'); before := before || ',"id":' || coalesce(to_json(old.id)::text, 'null');
        end if;
        if new.kind is distinct from old.kind then
          after := after || ',"kind":' || coalesce(to_json(new.kind)::text, 'null'); before := before || ',"kind":' || coalesce(to_json(old.kind)::text, 'null');
        end if;
        if new.org_id is distinct from old.org_id then
          after := after || ',"org_id":' || coalesce(to_json(new.org_id)::text, 'null'); before := before || ',"org_id":' || coalesce(to_json(old.org_id)::text, 'null');
        end if;
        if new.target_sealed is distinct from old.target_sealed then
          after := after || ',"target_sealed":' || coalesce(to_json(capture_bytes(new.target_sealed))::text, 'null'); before := before || ',"target_sealed":' || coalesce(to_json(capture_bytes(old.target_sealed))::text, 'null');
        end if;
        if after = '' then return null; end if;
        key := json_build_object('id', old.id)::text; after := '{' || substr(after, 2) || '}'; before := '{' || substr(before, 2) || '}';
      end if;
      insert into ledger_pending (xact, org_id, change) values (pg_current_xact_id(), current_org(),
        '{"after":' || after || ',"before":' || before || ',"key":' || key || ',"table":"witness"}');
      return null;
    end $function$
;
-- owner holdfast_ledger; execute: holdfast_owner

CREATE OR REPLACE FUNCTION public.current_org()
 RETURNS uuid
 LANGUAGE sql
 STABLE PARALLEL SAFE
RETURN CASE WHEN (COALESCE(current_setting('holdfast.staff'::text, true), ''::text) = ''::text) THEN (NULLIF(current_setting('holdfast.org'::text, true), ''::text))::uuid ELSE staff_org() END
;
-- owner holdfast_owner; execute: holdfast_app, holdfast_gate, holdfast_jobs, holdfast_ledger

CREATE OR REPLACE FUNCTION public.current_person()
 RETURNS text
 LANGUAGE sql
 STABLE PARALLEL SAFE
RETURN NULLIF(current_setting('holdfast.person'::text, true), ''::text)
;
-- owner holdfast_owner; execute: holdfast_app, holdfast_gate, holdfast_jobs, holdfast_ledger

CREATE OR REPLACE FUNCTION public.enter(org uuid, person text, writes boolean)
 RETURNS text
 LANGUAGE sql
RETURN ((set_config('holdfast.org'::text, COALESCE((org)::text, ''::text), true) || set_config('holdfast.person'::text, COALESCE(person, ''::text), true)) || CASE WHEN writes THEN set_config('synchronous_commit'::text, 'off'::text, true) ELSE ''::text END)
;
-- owner holdfast_owner; execute: holdfast_app

CREATE OR REPLACE FUNCTION public.enter_as_staff(org uuid, person text, staff_grant text, noted json)
 RETURNS text
 LANGUAGE plpgsql
AS $function$
declare
  live record;
begin
  perform set_config('holdfast.org', coalesce(org::text, ''), true), set_config('holdfast.person', coalesce(person, ''), true),
    set_config('holdfast.staff', coalesce(nullif(staff_grant, ''), 'none'), true);
  select * into live from staff_grant_live(org, staff_grant, person);
  if not found then
    raise exception 'no staff access is live' using errcode = 'HF005';
  end if;
  if noted is null then
    if not live.write then
      raise exception 'this staff access is for reading' using errcode = 'HF005';
    end if;
    return set_config('synchronous_commit', 'off', true);
  end if;
  insert into access_log (org_id, id, at, actor, session, operation, target, origin_sealed, permission, outcome)
    select org, n.id, n.at, person, staff_grant, n.operation, n.target, decode(n.origin, 'base64'), n.permission, 'read'
    from json_to_record(noted) as n (id text, at timestamptz, operation text, target text, origin text, permission text);
  return set_config('transaction_read_only', 'on', true);
end $function$
;
-- owner holdfast_owner; execute: holdfast_app

CREATE OR REPLACE FUNCTION public.fence_rows(t regclass, readable text, writable text)
 RETURNS void
 LANGUAGE plpgsql
AS $function$
declare
  policy name;
begin
  execute format('alter table %s enable row level security', t);
  execute format('alter table %s force row level security', t);
  foreach policy in array array['base', 'tenant', 'tenant_insert', 'tenant_update', 'tenant_delete'] loop
    execute format('drop policy if exists %I on %s', policy, t);
  end loop;
  execute format('create policy base on %s to holdfast_app using (true) with check (true)', t);
  -- Restrictive: another permissive policy added by mistake cannot widen it.
  if readable = writable then
    execute format('create policy tenant on %s as restrictive to holdfast_app using (%s) with check (%s)', t, readable, readable);
  else
    execute format('create policy tenant on %s as restrictive for select to holdfast_app using (%s)', t, readable);
    execute format('create policy tenant_insert on %s as restrictive for insert to holdfast_app with check (%s)', t, writable);
    execute format('create policy tenant_update on %s as restrictive for update to holdfast_app using (%s) with check (%s)', t, writable, writable);
    execute format('create policy tenant_delete on %s as restrictive for delete to holdfast_app using (%s)', t, writable);
  end if;
end $function$
;
-- owner holdfast_owner

CREATE OR REPLACE FUNCTION public.fence_table(t regclass, kind text, secret text[], quiet text[])
 RETURNS void
 LANGUAGE plpgsql
AS $function$
begin
  execute format('create or replace trigger refuse_truncate before truncate on %s for each statement execute function refuse_change()', t);
  execute format('alter table %s enable always trigger refuse_truncate', t);
  execute format('grant select, insert, update, delete on %s to holdfast_app', t);
  insert into protected_table values (t::text, fence_table.kind, table_columns(t), fence_table.secret, fence_table.quiet)
    on conflict (name) do update set kind = excluded.kind, columns = excluded.columns, secret = excluded.secret, quiet = excluded.quiet;
end $function$
;
-- owner holdfast_owner

CREATE OR REPLACE FUNCTION public.gate_agent(id text)
 RETURNS TABLE(org_id uuid, host_id text, secret_hash bytea, state text, retired_at timestamp with time zone, left_at timestamp with time zone)
 LANGUAGE sql
 STABLE SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'public', 'pg_temp'
AS $function$
  select h.org_id, h.id, h.agent_secret_hash, h.state, h.retired_at, h.left_at from host h where h.agent_id = gate_agent.id
$function$
;
-- owner holdfast_gate; execute: holdfast_app

CREATE OR REPLACE FUNCTION public.gate_api_key(id text)
 RETURNS TABLE(org_id uuid, secret_hash bytea, old_secret_hash bytea, old_until timestamp with time zone, generation integer, key_role text, scopes text[], networks text[], person_id text, person_state text, member_role text, service_account_id text, service_role text, expires_at timestamp with time zone, revoked_at timestamp with time zone, org_is_operator boolean, plan text, org_networks text[])
 LANGUAGE sql
 STABLE SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'public', 'pg_temp'
AS $function$
  select k.org_id, k.secret_hash, k.old_secret_hash, k.old_until, k.generation, k.role, k.scopes, k.networks,
    k.created_by, p.state, m.role, k.service_account_id, s.role, k.expires_at, k.revoked_at, o.is_operator, o.plan, o.networks
  from api_key k
    join org o on o.id = k.org_id
    join person p on p.id = k.created_by
    left join membership m on m.org_id = k.org_id and m.person_id = k.created_by
    left join service_account s on s.org_id = k.org_id and s.id = k.service_account_id and s.disabled_at is null
  where k.id = gate_api_key.id
$function$
;
-- owner holdfast_gate; execute: holdfast_app

CREATE OR REPLACE FUNCTION public.gate_directory(id text)
 RETURNS TABLE(org_id uuid, directory_id text, kind text, secret_hash bytea, expires_at timestamp with time zone, live boolean)
 LANGUAGE sql
 STABLE SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'public', 'pg_temp'
AS $function$
  select c.org_id, c.directory_id, c.kind, c.secret_hash, least(c.expires_at, client.expires_at),
    c.revoked_at is null and client.revoked_at is null and d.disabled_at is null
  from directory_credential c
    join directory d on d.org_id = c.org_id and d.id = c.directory_id
    left join directory_credential client on client.org_id = c.org_id and client.id = c.client_id
  where c.id = gate_directory.id
$function$
;
-- owner holdfast_gate; execute: holdfast_app

CREATE OR REPLACE FUNCTION public.gate_enrolment(token_hash bytea)
 RETURNS TABLE(org_id uuid, host_id text)
 LANGUAGE sql
 STABLE SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'public', 'pg_temp'
AS $function$
  select e.org_id, e.host_id from host_enrolment e where e.token_hash = gate_enrolment.token_hash
$function$
;
-- owner holdfast_gate; execute: holdfast_app

CREATE OR REPLACE FUNCTION public.gate_invitation(token_hash bytea)
 RETURNS TABLE(org_id uuid, id text, org_name text, role text, email_index bytea, expires_at timestamp with time zone, accepted_at timestamp with time zone, revoked_at timestamp with time zone, invited_by text, inviter_role text, founding boolean)
 LANGUAGE sql
 STABLE SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'public', 'pg_temp'
AS $function$
  select i.org_id, i.id, o.name, i.role, i.email_index, i.expires_at, i.accepted_at, i.revoked_at, i.invited_by, m.role, i.founding
  from invitation i
    join org o on o.id = i.org_id
    left join membership m on m.org_id = case when i.founding then operator_org() else i.org_id end and m.person_id = i.invited_by
  where i.token_hash = gate_invitation.token_hash
$function$
;
-- owner holdfast_gate; execute: holdfast_app

CREATE OR REPLACE FUNCTION public.gate_manager_factors()
 RETURNS TABLE(managers bigint, with_app bigint, with_passkey bigint, with_any bigint, marked_without bigint)
 LANGUAGE sql
 STABLE SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'public', 'pg_temp'
AS $function$
  with manager as (
    select p.id, p.mfa_enrolled_at is not null as marked,
      exists (select from totp_factor f where f.person_id = p.id and f.confirmed_at is not null) as app,
      exists (select from passkey k where k.person_id = p.id) as key
    from person p
    where may_operate() and p.state = 'active'
      and exists (select from membership m where m.person_id = p.id and m.role in ('owner', 'admin'))
  )
  select count(*), count(*) filter (where app), count(*) filter (where key), count(*) filter (where app or key),
    count(*) filter (where marked and not app and not key)
  from manager
$function$
;
-- owner holdfast_gate; execute: holdfast_app

CREATE OR REPLACE FUNCTION public.gate_manager_sessions()
 RETURNS TABLE(role text, org_requires_mfa boolean, restricted boolean, confirmed boolean, enrolled boolean, sessions bigint)
 LANGUAGE sql
 STABLE SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'public', 'pg_temp'
AS $function$
  select m.role, o.require_mfa, s.restricted, s.mfa_at is not null,
    exists (select from passkey k where k.person_id = p.id)
      or exists (select from totp_factor f where f.person_id = p.id and f.confirmed_at is not null)
      or s.sso_connection_id is not null and 'mfa' = any (s.amr),
    count(*)
  from session s
    join membership m on m.org_id = s.org_id and m.person_id = s.person_id
    join org o on o.id = s.org_id
    join person p on p.id = s.person_id
  where may_operate() and m.role in ('owner', 'admin') and p.state = 'active'
    and s.revoked_at is null and s.expires_at > now() and s.idle_expires_at > now()
  group by 1, 2, 3, 4, 5
$function$
;
-- owner holdfast_gate; execute: holdfast_app

CREATE OR REPLACE FUNCTION public.gate_membership(org uuid, person text)
 RETURNS TABLE(role text, requires_mfa boolean, org_is_operator boolean, policy jsonb, sessions_ended_at timestamp with time zone)
 LANGUAGE sql
 STABLE SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'public', 'pg_temp'
AS $function$
  select m.role, m.role in ('owner', 'admin') or o.require_mfa, o.is_operator,
    sign_in_policy(o.session_minutes, o.idle_minutes, o.lock_minutes, o.networks, o.sign_in_methods), m.sessions_ended_at
  from membership m join org o on o.id = m.org_id where m.org_id = org and m.person_id = person
$function$
;
-- owner holdfast_gate; execute: holdfast_app

CREATE OR REPLACE FUNCTION public.gate_own_mfa_required()
 RETURNS boolean
 LANGUAGE sql
 STABLE SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'public', 'pg_temp'
AS $function$
  select exists (
    select from membership m join org o on o.id = m.org_id
    where m.person_id = current_person() and (m.role in ('owner', 'admin') or o.require_mfa))
$function$
;
-- owner holdfast_gate; execute: holdfast_app

CREATE OR REPLACE FUNCTION public.gate_own_password()
 RETURNS text
 LANGUAGE sql
 STABLE SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'public', 'pg_temp'
AS $function$
  select p.password_hash from person p where p.id = current_person()
$function$
;
-- owner holdfast_gate; execute: holdfast_app

CREATE OR REPLACE FUNCTION public.gate_own_staff_grants()
 RETURNS TABLE(org_id uuid, org_name text, id text, role text, write boolean, seconds integer, ticket text, request_hash text, requested_at timestamp with time zone, request_expires_at timestamp with time zone, state text, by_policy boolean, starts_at timestamp with time zone, ends_at timestamp with time zone, ended_at timestamp with time zone, live boolean)
 LANGUAGE sql
 STABLE SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'public', 'pg_temp'
AS $function$
  select g.org_id, o.name, g.id, g.role, g.write, g.seconds, g.ticket, g.request_hash, g.requested_at, g.request_expires_at, g.state,
    g.policy_id is not null, g.starts_at, g.ends_at, g.ended_at, exists (select from staff_grant_live(g.org_id, g.id, g.person_id))
  from staff_grant g join org o on o.id = g.org_id
  where g.person_id = current_person() order by g.id desc limit 100
$function$
;
-- owner holdfast_gate; execute: holdfast_app

CREATE OR REPLACE FUNCTION public.gate_passkey(credential_hash bytea)
 RETURNS TABLE(person_id text, state text, org_ids uuid[])
 LANGUAGE sql
 STABLE SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'public', 'pg_temp'
AS $function$
  select p.id, p.state, array(
    select m.org_id from membership m where m.person_id = p.id
    order by (select max(s.last_seen_at) from session s where s.person_id = p.id and s.org_id = m.org_id) desc nulls last, m.org_id)
  from passkey k join person p on p.id = k.person_id where k.credential_hash = gate_passkey.credential_hash
$function$
;
-- owner holdfast_gate; execute: holdfast_app

CREATE OR REPLACE FUNCTION public.gate_person_by_email(email_index bytea)
 RETURNS TABLE(person_id text, password_hash text, state text, org_ids uuid[])
 LANGUAGE sql
 STABLE SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'public', 'pg_temp'
AS $function$
  select p.id, p.password_hash, p.state, array(
    select m.org_id from membership m where m.person_id = p.id
    order by (select max(s.last_seen_at) from session s where s.person_id = p.id and s.org_id = m.org_id) desc nulls last, m.org_id)
  from person p where p.email_index = gate_person_by_email.email_index
$function$
;
-- owner holdfast_gate; execute: holdfast_app

CREATE OR REPLACE FUNCTION public.gate_person_orgs(person text)
 RETURNS TABLE(org_id uuid, slug text, name text, role text, session_minutes integer)
 LANGUAGE sql
 STABLE SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'public', 'pg_temp'
AS $function$
  select o.id, o.slug, o.name, m.role, o.session_minutes
  from membership m join org o on o.id = m.org_id where m.person_id = person order by o.name, o.id
$function$
;
-- owner holdfast_gate; execute: holdfast_app

CREATE OR REPLACE FUNCTION public.gate_recovery(token_hash bytea)
 RETURNS TABLE(org_id uuid, id text, person_id text)
 LANGUAGE sql
 STABLE SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'public', 'pg_temp'
AS $function$
  select r.org_id, r.id, r.person_id from factor_recovery r where r.token_hash = gate_recovery.token_hash
$function$
;
-- owner holdfast_gate; execute: holdfast_app

CREATE OR REPLACE FUNCTION public.gate_refresh(session_id text, presented_seq integer, same_agent boolean, OUT verdict text, OUT refresh_seq integer)
 RETURNS record
 LANGUAGE plpgsql
AS $function$
declare
  s session;
begin
  select * into s from session where id = session_id for update;
  refresh_seq := s.refresh_seq;
  if s.id is null or s.revoked_at is not null or s.expires_at <= now() or s.idle_expires_at <= now() then
    verdict := 'dead';
  elsif presented_seq = s.refresh_seq then
    verdict := 'rotate';
    refresh_seq := s.refresh_seq + 1;
    update session set refresh_seq = s.refresh_seq + 1, refresh_grace_until = clock_timestamp() + interval '10 seconds', grace_hits = 0,
      last_seen_at = now(), idle_expires_at = least(s.expires_at, now() + interval '7 days') where id = s.id;
  elsif presented_seq = s.refresh_seq - 1 and same_agent and s.grace_hits < 5 and s.refresh_grace_until > clock_timestamp() then
    verdict := 'grace';
    update session set grace_hits = s.grace_hits + 1 where id = s.id;
  else
    verdict := 'reuse';
    update session set revoked_at = now(), revoke_reason = 'refresh_reuse' where id = s.id;
  end if;
end $function$
;
-- owner holdfast_owner; execute: holdfast_app

CREATE OR REPLACE FUNCTION public.gate_reset(token_hash bytea)
 RETURNS TABLE(id text, person_id text, org_id uuid, expires_at timestamp with time zone, used_at timestamp with time zone)
 LANGUAGE sql
 STABLE SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'public', 'pg_temp'
AS $function$
  select r.id, r.person_id, (select m.org_id from membership m where m.person_id = r.person_id order by m.org_id limit 1), r.expires_at, r.used_at
  from password_reset r where r.token_hash = gate_reset.token_hash
$function$
;
-- owner holdfast_gate; execute: holdfast_app

CREATE OR REPLACE FUNCTION public.gate_session(session_id text)
 RETURNS TABLE(person_id text, person_state text, org_id uuid, role text, mver integer, live boolean, restricted boolean, mfa_at timestamp with time zone, auth_time timestamp with time zone, amr text[], created_at timestamp with time zone, expires_at timestamp with time zone, idle_expires_at timestamp with time zone, revoked_at timestamp with time zone, refresh_seq integer, org_is_operator boolean, region text, plan text, org_requires_mfa boolean, mfa_enrolled boolean, staff_grant_id text, staff_write boolean, staff_ends_at timestamp with time zone, signed_in_at timestamp with time zone, methods text[], attended_at timestamp with time zone, policy jsonb)
 LANGUAGE sql
 STABLE SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'public', 'pg_temp'
AS $function$
  select s.person_id, p.state, s.org_id, case when s.staff_grant_id is null then m.role else g.role end, m.version,
    s.revoked_at is null and s.expires_at > now() and s.idle_expires_at > now() and p.state = 'active',
    s.restricted, s.mfa_at, s.auth_time, s.amr, s.created_at, s.expires_at, s.idle_expires_at, s.revoked_at, s.refresh_seq,
    o.is_operator, o.region, o.plan, o.require_mfa, p.mfa_enrolled_at is not null, s.staff_grant_id, g.write, g.ends_at,
    s.signed_in_at, s.methods, s.attended_at,
    sign_in_policy(o.session_minutes, o.idle_minutes, o.lock_minutes, o.networks, o.sign_in_methods)
  from session s
    join person p on p.id = s.person_id
    join org o on o.id = s.org_id
    left join membership m on m.org_id = s.org_id and m.person_id = s.person_id
    left join lateral staff_grant_live(s.org_id, s.staff_grant_id, s.person_id) g on true
  where s.id = session_id
$function$
;
-- owner holdfast_gate; execute: holdfast_app

CREATE OR REPLACE FUNCTION public.gate_setup_needed()
 RETURNS boolean
 LANGUAGE sql
 STABLE SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'public', 'pg_temp'
AS $function$
  select not exists (select from org)
$function$
;
-- owner holdfast_gate; execute: holdfast_app

CREATE OR REPLACE FUNCTION public.gate_sign_on_standing()
 RETURNS TABLE(connections bigint, proved bigint, shared bigint, enforced bigint, without_way_in bigint, stranded bigint, directories bigint, tests bigint, tests_failed bigint)
 LANGUAGE sql
 STABLE SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'public', 'pg_temp'
AS $function$
  select
    (select count(*) from sso_connection where state = 'active'),
    (select count(*) from sso_domain where proved_at is not null),
    -- proved by more than one organisation
    (select count(*) from (select from sso_domain where proved_at is not null group by domain having count(*) > 1) twice),
    (select count(*) from sso_enforcement),
    -- whose emergency way in is no active Owner's with a passkey
    (select count(*) from sso_enforcement e where not exists (
      select from membership m join person p on p.id = m.person_id
      where m.org_id = e.org_id and m.person_id = e.break_glass and m.role = 'owner' and p.state = 'active'
        and exists (select from passkey k where k.person_id = p.id))),
    -- whose people have neither a provider nor any other way
    (select count(*) from sso_enforcement e join sso_domain d on d.org_id = e.org_id and d.proved_at is not null where not exists (
      select from sso_connection c where c.org_id = d.org_id and c.id = d.connection_id and c.state = 'active')),
    (select count(*) from directory where disabled_at is null),
    (select count(*) from directory_test where ended_at > now() - interval '1 day'),
    (select count(*) from (
      select distinct on (org_id) steps from directory_test where ended_at > now() - interval '1 day' order by org_id, ended_at desc) last
      where jsonb_path_exists(steps, '$[*] ? (@.passed == false)'))
  where may_operate()
$function$
;
-- owner holdfast_gate; execute: holdfast_app

CREATE OR REPLACE FUNCTION public.gate_sso_connection(id text)
 RETURNS TABLE(org_id uuid, kind text, state text)
 LANGUAGE sql
 STABLE SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'public', 'pg_temp'
AS $function$
  select c.org_id, c.kind, c.state from sso_connection c where c.id = gate_sso_connection.id
$function$
;
-- owner holdfast_gate; execute: holdfast_app

CREATE OR REPLACE FUNCTION public.gate_sso_domain(domain text)
 RETURNS TABLE(org_id uuid, connection_id text, kind text, enforced boolean)
 LANGUAGE sql
 STABLE SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'public', 'pg_temp'
AS $function$
  select d.org_id, c.id, c.kind, exists (select from sso_enforcement e where e.org_id = d.org_id)
  from sso_domain d join sso_connection c on c.org_id = d.org_id and c.id = d.connection_id
  where d.domain = gate_sso_domain.domain and d.proved_at is not null and c.state = 'active'
$function$
;
-- owner holdfast_gate; execute: holdfast_app

CREATE OR REPLACE FUNCTION public.gate_sso_enforced(person text)
 RETURNS TABLE(org_id uuid, domains text[], break_glass boolean)
 LANGUAGE sql
 STABLE SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'public', 'pg_temp'
AS $function$
  select e.org_id, array(select d.domain from sso_domain d where d.org_id = e.org_id and d.proved_at is not null), e.break_glass = person
  from membership m join sso_enforcement e on e.org_id = m.org_id
  where m.person_id = person
$function$
;
-- owner holdfast_gate; execute: holdfast_app

CREATE OR REPLACE FUNCTION public.gate_sso_holder(domain text)
 RETURNS TABLE(org_id uuid)
 LANGUAGE sql
 STABLE SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'public', 'pg_temp'
AS $function$
  select d.org_id from sso_domain d where d.domain = gate_sso_holder.domain and d.proved_at is not null
$function$
;
-- owner holdfast_gate; execute: holdfast_app

CREATE OR REPLACE FUNCTION public.guess_begin(names bytea[], free integer[], cap integer[])
 RETURNS integer
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'public', 'pg_temp'
AS $function$
declare
  pause int := 0;
begin
  if exists (select from guess g where g.name = names[1] and g.welcome_at > now() - interval '30 days') then
    names := names[1:1];
  end if;
  insert into guess (name) select n from unnest(names) n order by n on conflict do nothing;
  perform from guess g where g.name = any (names) order by g.name for update;
  select coalesce(max(ceil(extract(epoch from g.blocked_until - clock_timestamp()))), 0) into pause
    from guess g where g.name = any (names) and g.blocked_until > clock_timestamp();
  if pause > 0 then
    return pause;
  end if;
  update guess g set
    failures = case when g.last_at < now() - interval '1 day' then 1 else g.failures + 1 end,
    last_at = now(),
    blocked_until = case
      when g.last_at < now() - interval '1 day' or g.failures + 1 < limits.free then '-infinity'
      else clock_timestamp() + least(limits.cap, 2 ^ least(g.failures + 1 - limits.free, 20)) * interval '1 second'
    end
  from unnest(names, free, cap) limits (name, free, cap) where g.name = limits.name;
  return 0;
end $function$
;
-- owner holdfast_gate; execute: holdfast_app

CREATE OR REPLACE FUNCTION public.guess_forget()
 RETURNS bigint
 LANGUAGE sql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'public', 'pg_temp'
AS $function$
  with gone as (delete from guess where last_at < now() - interval '31 days' returning 1) select count(*) from gone
$function$
;
-- owner holdfast_gate; execute: holdfast_app

CREATE OR REPLACE FUNCTION public.guess_right(names bytea[])
 RETURNS void
 LANGUAGE sql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'public', 'pg_temp'
AS $function$
  update guess set failures = 0, blocked_until = '-infinity', welcome_at = now() where name = any (names)
$function$
;
-- owner holdfast_gate; execute: holdfast_app

CREATE OR REPLACE FUNCTION public.hide_column(t regclass, col text)
 RETURNS void
 LANGUAGE plpgsql
AS $function$
begin
  execute format('revoke select on %s from holdfast_app', t);
  execute format('grant select (%s) on %s to holdfast_app', (select string_agg(quote_ident(c), ', ') from unnest(table_columns(t)) c where c <> col), t);
end $function$
;
-- owner holdfast_owner

CREATE OR REPLACE FUNCTION public.keep_owner()
 RETURNS trigger
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'public', 'pg_temp'
AS $function$
begin
  perform pg_advisory_xact_lock(uuid_hash_extended(old.org_id, 1096107084));
  if exists (select from membership m where m.org_id = old.org_id)
    and not exists (select from membership m where m.org_id = old.org_id and m.role = 'owner') then
    raise exception 'an organisation needs an owner' using errcode = 'HF002';
  end if;
  return null;
end $function$
;
-- owner holdfast_gate; execute: holdfast_owner

CREATE OR REPLACE FUNCTION public.ledger_append(head jsonb, OUT seq bigint, OUT at_us bigint, OUT hash bytea)
 RETURNS record
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'public', 'pg_temp'
 SET enable_seqscan TO 'off'
 SET enable_bitmapscan TO 'off'
AS $function$
declare
  org     uuid := current_org();
  changes text := '';
  change  text;
  body    text;
  held    text;
  tail    record;
begin
  if org is null or jsonb_typeof(head) <> 'object' or head ?| array['changes', 'v'] then
    raise exception 'no organisation entered, or not the head of an entry' using errcode = 'HF004';
  end if;
  -- In the order of the index, which is the order of the changes.
  for change in delete from ledger_pending p where p.xact = pg_current_xact_id() and p.org_id = org returning p.change loop
    changes := changes || ',' || change;
  end loop;
  body := left(head::text, -1) || case head when '{}' then '"changes": [' else ', "changes": [' end || substr(changes, 2) || '], "v": 1}';
  held := pg_advisory_xact_lock(uuid_hash_extended(org, 1096107084));
  -- A statement of its own, so that its snapshot is taken under the lock.
  select l.seq, l.at_us, l.hash into tail from ledger l where l.org_id = org order by l.seq desc limit 1;
  seq := coalesce(tail.seq + 1, 0);
  at_us := greatest((extract(epoch from clock_timestamp()) * 1000000)::bigint, tail.at_us);
  tail.hash := coalesce(tail.hash, sha256('HFL1 genesis'::bytea || uuid_send(org)));
  hash := ledger_hash(org, seq, at_us, tail.hash, sha256(convert_to(body, 'UTF8')));
  insert into ledger values (org, seq, at_us, tail.hash, hash, body);
end $function$
;
-- owner holdfast_ledger; execute: holdfast_app

CREATE OR REPLACE FUNCTION public.ledger_append_changes(head jsonb)
 RETURNS bigint
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'public', 'pg_temp'
 SET enable_seqscan TO 'off'
 SET enable_bitmapscan TO 'off'
AS $function$
begin
  if not exists (select from ledger_pending p where p.xact = pg_current_xact_id() and p.org_id = current_org()) then
    return null;
  end if;
  return (select a.seq from ledger_append(head) a);
end $function$
;
-- owner holdfast_ledger; execute: holdfast_app

CREATE OR REPLACE FUNCTION public.ledger_hash(org uuid, seq bigint, at_us bigint, prev bytea, digest bytea)
 RETURNS bytea
 LANGUAGE sql
 IMMUTABLE PARALLEL SAFE
RETURN sha256(((((('\x0048464c31'::bytea || uuid_send(org)) || int8send(seq)) || int8send(at_us)) || prev) || digest))
;
-- owner holdfast_ledger; execute: holdfast_app, holdfast_owner

CREATE OR REPLACE FUNCTION public.ledger_seq_at(moment bigint)
 RETURNS bigint
 LANGUAGE plpgsql
 STABLE
AS $function$
declare
  low  bigint := 0;
  high bigint := coalesce((select l.seq + 1 from ledger l where l.org_id = (select current_org()) order by l.seq desc limit 1), 0);
  mid  bigint;
begin
  while low < high loop
    mid := (low + high) / 2;
    if (select l.at_us from ledger l where l.org_id = (select current_org()) and l.seq = mid) < moment then
      low := mid + 1;
    else
      high := mid;
    end if;
  end loop;
  return low;
end $function$
;
-- owner holdfast_owner; execute: holdfast_app

CREATE OR REPLACE FUNCTION public.list_orgs()
 RETURNS SETOF uuid
 LANGUAGE sql
 STABLE SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'public', 'pg_temp'
AS $function$
  select id from org order by id
$function$
;
-- owner holdfast_gate; execute: holdfast_jobs

CREATE OR REPLACE FUNCTION public.list_orgs_waking(until timestamp with time zone, max integer)
 RETURNS SETOF uuid
 LANGUAGE sql
 STABLE SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'public', 'pg_temp'
AS $function$
  select c.org_id from obligation_clock c where c.wake_at <= until group by c.org_id order by min(c.wake_at) limit max
$function$
;
-- owner holdfast_gate; execute: holdfast_jobs

CREATE OR REPLACE FUNCTION public.list_stale_data_keys(ring integer, max integer)
 RETURNS TABLE(scope text, version integer)
 LANGUAGE sql
 STABLE SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'public', 'pg_temp'
AS $function$
  select scope, version from data_key where ring_version < ring order by scope, version limit max
$function$
;
-- owner holdfast_gate; execute: holdfast_jobs

CREATE OR REPLACE FUNCTION public.may_operate()
 RETURNS boolean
 LANGUAGE sql
 STABLE SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'public', 'pg_temp'
AS $function$
  select not exists (select from org) or exists (select from org where is_operator and id = current_org())
$function$
;
-- owner holdfast_gate; execute: holdfast_app

CREATE OR REPLACE FUNCTION public.members_without_passkey()
 RETURNS SETOF text
 LANGUAGE sql
 STABLE SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'public', 'pg_temp'
AS $function$
  select m.person_id from membership m
  where m.org_id = current_org() and not exists (select from passkey k where k.person_id = m.person_id) order by m.person_id
$function$
;
-- owner holdfast_gate; execute: holdfast_app

CREATE OR REPLACE FUNCTION public.need_plan()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
begin
  if not exists (select from org o where o.id = new.org_id and plan_contains(o.plan, tg_argv[0])) then
    raise exception 'the plan does not contain %', tg_argv[0] using errcode = 'HF006';
  end if;
  return new;
end $function$
;
-- owner holdfast_owner

CREATE OR REPLACE FUNCTION public.note_secret()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
begin
  if tg_op = 'INSERT' then
    new.generation := 0;
    new.shown_to := array[new.created_by];
  elsif new.secret_hash is distinct from old.secret_hash then
    new.generation := old.generation + 1;
    new.shown_to := array(select distinct unnest(old.shown_to || old.created_by || new.created_by) order by 1);
  end if;
  return new;
end $function$
;
-- owner holdfast_owner

CREATE OR REPLACE FUNCTION public.operator_org()
 RETURNS uuid
 LANGUAGE sql
 STABLE SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'public', 'pg_temp'
AS $function$
  select id from org where is_operator
$function$
;
-- owner holdfast_gate; execute: holdfast_app

CREATE OR REPLACE FUNCTION public.operator_organisations(past uuid, max integer)
 RETURNS TABLE(id uuid, name text, plan text, region text, created_at timestamp with time zone)
 LANGUAGE sql
 STABLE SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'public', 'pg_temp'
AS $function$
  select o.id, o.name, o.plan, o.region, o.created_at
  from org o
  where exists (select from org mine where mine.is_operator and mine.id = current_org()) and (past is null or o.id < past)
  order by o.id desc limit least(max, 101)
$function$
;
-- owner holdfast_gate; execute: holdfast_app

CREATE OR REPLACE FUNCTION public.passkey_challenge_forget()
 RETURNS bigint
 LANGUAGE sql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'public', 'pg_temp'
AS $function$
  with gone as (delete from passkey_challenge_used where expires_at < now() - interval '1 day' returning 1) select count(*) from gone
$function$
;
-- owner holdfast_gate; execute: holdfast_app

CREATE OR REPLACE FUNCTION public.passkey_challenge_use(challenge_hash bytea, expires_at timestamp with time zone)
 RETURNS boolean
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'public', 'pg_temp'
AS $function$
begin
  insert into passkey_challenge_used values (passkey_challenge_use.challenge_hash, passkey_challenge_use.expires_at) on conflict do nothing;
  return found;
end $function$
;
-- owner holdfast_gate; execute: holdfast_app

CREATE OR REPLACE FUNCTION public.plan_contains(plan text, what text)
 RETURNS boolean
 LANGUAGE sql
 IMMUTABLE
AS $function$ select what in ('sso', 'scim') and plan in ('growth', 'enterprise') $function$
;
-- owner holdfast_owner; execute: holdfast_app

CREATE OR REPLACE FUNCTION public.protect_identity_table(t regclass, readable text, writable text, secret text[] DEFAULT '{}'::text[], quiet text[] DEFAULT '{}'::text[])
 RETURNS void
 LANGUAGE plpgsql
AS $function$
begin
  perform fence_rows(t, readable, writable), fence_table(t, 'identity', secret, quiet), capture_changes(t, secret, quiet);
end $function$
;
-- owner holdfast_owner

CREATE OR REPLACE FUNCTION public.protect_platform_table(t regclass)
 RETURNS void
 LANGUAGE plpgsql
AS $function$
begin
  perform fence_rows(t, 'true', '(select may_operate())'), fence_table(t, 'platform', '{}', '{}');
end $function$
;
-- owner holdfast_owner

CREATE OR REPLACE FUNCTION public.protect_plumbing_table(t regclass)
 RETURNS void
 LANGUAGE plpgsql
AS $function$
begin
  perform require_org_key(t), fence_rows(t, 'org_id = (select current_org())', 'org_id = (select current_org())');
  perform fence_table(t, 'plumbing', '{}', '{}');
end $function$
;
-- owner holdfast_owner

CREATE OR REPLACE FUNCTION public.protect_tenant_table(t regclass, secret text[] DEFAULT '{}'::text[], quiet text[] DEFAULT '{}'::text[])
 RETURNS void
 LANGUAGE plpgsql
AS $function$
begin
  perform require_org_key(t), fence_rows(t, 'org_id = (select current_org())', 'org_id = (select current_org())');
  perform fence_table(t, 'tenant', secret, quiet), capture_changes(t, secret, quiet);
end $function$
;
-- owner holdfast_owner

CREATE OR REPLACE FUNCTION public.refuse_change()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
begin
  raise exception '% cannot be changed by %', tg_table_name, lower(tg_op) using errcode = 'HF003';
end $function$
;
-- owner holdfast_owner

CREATE OR REPLACE FUNCTION public.refuse_hasty_recovery()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
declare
  confirmations record;
begin
  if (new.org_id, new.id, new.person_id, new.asked_by, new.asked_at, new.reason_sealed, new.token_hash)
    is distinct from (old.org_id, old.id, old.person_id, old.asked_by, old.asked_at, old.reason_sealed, old.token_hash)
    or old.state not in ('asked', 'confirmed') then
    raise exception 'a recovery is decided once, as it was asked' using errcode = 'HF003';
  end if;
  if new.state = 'confirmed' and old.state = 'asked' then
    select count(*) as people, max(c.at) as latest into confirmations
      from factor_recovery_confirmation c where c.org_id = new.org_id and c.recovery_id = new.id;
    if confirmations.people < 2 or new.ready_at < confirmations.latest + interval '24 hours' then
      raise exception 'a recovery needs two who confirm it, and a day' using errcode = 'HF003';
    end if;
  elsif (new.ready_at, new.ready_until) is distinct from (old.ready_at, old.ready_until) then
    raise exception 'the delay of a recovery is fixed' using errcode = 'HF003';
  end if;
  if new.state = 'used' and (old.state <> 'confirmed' or new.ended_at < old.ready_at or new.ended_at >= old.ready_until) then
    raise exception 'a recovery is used within its time' using errcode = 'HF003';
  end if;
  return new;
end $function$
;
-- owner holdfast_owner

CREATE OR REPLACE FUNCTION public.refuse_holder()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
begin
  if new.person_id in (select service_account_holders(new.requester_id, new.at)) then
    raise exception 'whoever may hold the secret of a service account does not approve what it asks for' using errcode = 'HF003';
  end if;
  return new;
end $function$
;
-- owner holdfast_owner

CREATE OR REPLACE FUNCTION public.refuse_other_database()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
begin
  if (old.name, old.environment, old.labels, old.address, old.port, old.database, old.profiles)
    is distinct from (new.name, new.environment, new.labels, new.address, new.port, new.database, new.profiles) then
    raise exception 'what a database is cannot be changed' using errcode = 'HF003';
  end if;
  return new;
end $function$
;
-- owner holdfast_owner

CREATE OR REPLACE FUNCTION public.refuse_other_kind()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
begin
  if old.kind <> new.kind then
    raise exception 'a rule stays for servers or for databases' using errcode = 'HF003';
  end if;
  return new;
end $function$
;
-- owner holdfast_owner

CREATE OR REPLACE FUNCTION public.refuse_other_request()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
begin
  if (old.policy_id, old.policy_version, old.host_id, old.database_id, old.login, old.person_id, old.service_account_id, old.key_id,
      old.key_generation, old.seconds, old.not_before, old.reason_sealed, old.ticket, old.extensions, old.source_networks, old.extends_id,
      old.request_hash, old.requested_at)
    is distinct from (new.policy_id, new.policy_version, new.host_id, new.database_id, new.login, new.person_id, new.service_account_id,
      new.key_id, new.key_generation, new.seconds, new.not_before, new.reason_sealed, new.ticket, new.extensions, new.source_networks,
      new.extends_id, new.request_hash, new.requested_at) then
    raise exception 'a request for access cannot be changed' using errcode = 'HF003';
  end if;
  return new;
end $function$
;
-- owner holdfast_owner

CREATE OR REPLACE FUNCTION public.refuse_other_review()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
begin
  if tg_op = 'DELETE' then
    raise exception 'a review of access stays' using errcode = 'HF003';
  end if;
  if old.state = 'completed' or (old.id, old.begun_by, old.begun_at, old.due_at) is distinct from (new.id, new.begun_by, new.begun_at, new.due_at) then
    raise exception 'a completed review of access cannot be changed' using errcode = 'HF003';
  end if;
  if new.state = 'completed' and exists (
    select from access_review_item i where i.org_id = new.org_id and i.review_id = new.id and i.decision is null) then
    raise exception 'a review of access is completed when all is decided' using errcode = 'HF003';
  end if;
  return new;
end $function$
;
-- owner holdfast_owner

CREATE OR REPLACE FUNCTION public.refuse_other_review_item()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
declare
  item access_review_item := case when tg_op = 'INSERT' then new else old end;
begin
  if tg_op = 'DELETE' or exists (select from access_review r where r.org_id = item.org_id and r.id = item.review_id and r.state = 'completed') then
    raise exception 'a completed review of access cannot be changed' using errcode = 'HF003';
  end if;
  if tg_op = 'INSERT' then
    return new;
  end if;
  if old.decision is not null and (old.decision <> 'keep' or new.decision is null or new.version <> old.version)
    or (old.review_id, old.id, old.kind, old.ref, old.person_id) is distinct from (new.review_id, new.id, new.kind, new.ref, new.person_id) then
    raise exception 'what was decided stays decided' using errcode = 'HF003';
  end if;
  return new;
end $function$
;
-- owner holdfast_owner

CREATE OR REPLACE FUNCTION public.refuse_other_staff_grant()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
begin
  if (old.id, old.person_id, old.role, old.write, old.seconds, old.reason_sealed, old.name_sealed, old.ticket, old.request_hash, old.requested_at,
      old.request_expires_at)
    is distinct from (new.id, new.person_id, new.role, new.write, new.seconds, new.reason_sealed, new.name_sealed, new.ticket, new.request_hash,
      new.requested_at, new.request_expires_at)
    or (old.state <> 'requested' and (old.approved_by, old.policy_id, old.starts_at, old.ends_at)
      is distinct from (new.approved_by, new.policy_id, new.starts_at, new.ends_at))
    or (old.state in ('denied', 'cancelled', 'ended') and new.state <> old.state) then
    raise exception 'a request of staff cannot be changed, and what has ended stays so' using errcode = 'HF003';
  end if;
  return new;
end $function$
;
-- owner holdfast_owner

CREATE OR REPLACE FUNCTION public.refuse_staff_session()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
begin
  if tg_op = 'UPDATE' then
    if (new.staff_grant_id, case when new.staff_grant_id is not null then new.org_id end)
      is distinct from (old.staff_grant_id, case when new.staff_grant_id is not null then old.org_id end) then
      raise exception 'a session keeps its staff access' using errcode = 'HF003';
    end if;
  elsif new.staff_grant_id is not null and not exists (select from staff_grant_live(new.org_id, new.staff_grant_id, new.person_id)) then
    raise exception 'no staff access is live' using errcode = 'HF005';
  end if;
  return new;
end $function$
;
-- owner holdfast_owner

CREATE OR REPLACE FUNCTION public.require_org_key(t regclass)
 RETURNS void
 LANGUAGE plpgsql
AS $function$
begin
  if not exists (select from pg_attribute where attrelid = t and attname = 'org_id' and atttypid = 'uuid'::regtype and attnotnull) then
    raise exception '% needs a column "org_id uuid not null"', t;
  end if;
end $function$
;
-- owner holdfast_owner

CREATE OR REPLACE FUNCTION public.service_account_holders(account text, at timestamp with time zone)
 RETURNS SETOF text
 LANGUAGE sql
 STABLE
AS $function$
  select a.owner_id from service_account a where a.id = account
  union select a.created_by from service_account a where a.id = account
  union select unnest(k.shown_to || k.created_by) from api_key k
    where k.service_account_id = account and k.revoked_at is null and k.expires_at > at
$function$
;
-- owner holdfast_owner; execute: holdfast_app

CREATE OR REPLACE FUNCTION public.settle_owner()
 RETURNS void
 LANGUAGE plpgsql
AS $function$
begin
  set constraints keep_owner immediate;
  set constraints keep_owner deferred;
end $function$
;
-- owner holdfast_owner; execute: holdfast_app

CREATE OR REPLACE FUNCTION public.sign_in_policy(session_minutes integer, idle_minutes integer, lock_minutes integer, networks text[], methods text[])
 RETURNS jsonb
 LANGUAGE sql
 IMMUTABLE
AS $function$
  select case when coalesce(session_minutes, idle_minutes, lock_minutes) is not null or cardinality(networks) > 0 or cardinality(methods) < 3
    then jsonb_build_object('sessionMinutes', session_minutes, 'idleMinutes', idle_minutes, 'lockMinutes', lock_minutes,
      'networks', networks, 'methods', methods) end
$function$
;
-- owner holdfast_owner; execute: holdfast_app, holdfast_gate

CREATE OR REPLACE FUNCTION public.sso_forget()
 RETURNS bigint
 LANGUAGE sql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'public', 'pg_temp'
AS $function$
  with gone as (delete from sso_used where expires_at < now() - interval '1 day' returning 1) select count(*) from gone
$function$
;
-- owner holdfast_gate; execute: holdfast_app

CREATE OR REPLACE FUNCTION public.sso_owners_with_passkey()
 RETURNS TABLE(person_id text)
 LANGUAGE sql
 STABLE SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'public', 'pg_temp'
AS $function$
  select m.person_id from membership m
  where m.org_id = current_org() and m.role = 'owner' and exists (select from passkey k where k.person_id = m.person_id)
$function$
;
-- owner holdfast_gate; execute: holdfast_app

CREATE OR REPLACE FUNCTION public.sso_use(hash bytea, expires_at timestamp with time zone)
 RETURNS boolean
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'public', 'pg_temp'
AS $function$
begin
  insert into sso_used values (sso_use.hash, sso_use.expires_at) on conflict do nothing;
  return found;
end $function$
;
-- owner holdfast_gate; execute: holdfast_app

CREATE OR REPLACE FUNCTION public.staff_access_ended(max integer)
 RETURNS TABLE(org_id uuid, id text, person_id text)
 LANGUAGE sql
 STABLE SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'public', 'pg_temp'
AS $function$
  select g.org_id, g.id, g.person_id from staff_grant g
  where current_org() = operator_org() and (g.state <> 'approved' or g.ends_at <= now()) order by g.id desc limit least(max, 100)
$function$
;
-- owner holdfast_gate; execute: holdfast_app

CREATE OR REPLACE FUNCTION public.staff_access_state()
 RETURNS TABLE(total integer, standing integer, unsealed integer, foreign_reads integer)
 LANGUAGE sql
 STABLE SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'public', 'pg_temp'
AS $function$
  with reads as materialized (
    select l.org_id, l.at, l.actor, l.session from access_log l where l.batch_seq is null and starts_with(l.session, 'sg_'))
  select
    (select count(*)::int from staff_grant),
    (select count(*)::int from staff_grant g join membership m on m.person_id = g.approved_by where m.org_id = operator_org()),
    (select count(*)::int from reads where at < now() - interval '10 minutes'),
    (select count(*)::int from reads r
      where not exists (select from staff_grant g where g.org_id = r.org_id and g.id = r.session and g.person_id = r.actor))
  where current_org() = operator_org()
$function$
;
-- owner holdfast_gate; execute: holdfast_app

CREATE OR REPLACE FUNCTION public.staff_grant_live(org uuid, grant_id text, person text)
 RETURNS TABLE(role text, write boolean, ends_at timestamp with time zone)
 LANGUAGE sql
 STABLE STRICT SECURITY DEFINER ROWS 1
 SET search_path TO 'pg_catalog', 'public', 'pg_temp'
AS $function$
  select g.role, g.write, g.ends_at
  from staff_grant g
    join person p on p.id = g.person_id and p.state = 'active'
    join org home on home.is_operator and home.id <> g.org_id
    join membership works on works.org_id = home.id and works.person_id = g.person_id and works.role <> 'viewer'
  where g.org_id = org and g.id = grant_id and g.person_id = person and g.state = 'approved' and g.ends_at > statement_timestamp()
    and (exists (select from membership m where m.org_id = g.org_id and m.person_id = g.approved_by and m.role in ('owner', 'admin')
        and not exists (select from membership own where own.org_id = home.id and own.person_id = m.person_id))
      or exists (select from staff_policy s where s.org_id = g.org_id and s.id = g.policy_id and s.withdrawn_at is null
        and not exists (select from membership theirs where theirs.org_id = home.id and theirs.person_id = s.set_by)))
$function$
;
-- owner holdfast_gate; execute: holdfast_app, holdfast_owner

CREATE OR REPLACE FUNCTION public.staff_org()
 RETURNS uuid
 LANGUAGE sql
 STABLE SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'public', 'pg_temp'
AS $function$
  select current_setting('holdfast.org', true)::uuid
  from staff_grant_live(nullif(current_setting('holdfast.org', true), '')::uuid, current_setting('holdfast.staff', true),
    current_setting('holdfast.person', true))
$function$
;
-- owner holdfast_gate; execute: holdfast_app, holdfast_jobs, holdfast_ledger, holdfast_owner

CREATE OR REPLACE FUNCTION public.table_columns(t regclass)
 RETURNS text[]
 LANGUAGE sql
 STABLE
RETURN (SELECT array_agg((pg_attribute.attname)::text ORDER BY pg_attribute.attnum) AS array_agg FROM pg_attribute WHERE ((pg_attribute.attrelid = (table_columns.t)::oid) AND (pg_attribute.attnum > 0) AND (NOT pg_attribute.attisdropped)))
;
-- owner holdfast_owner

CREATE OR REPLACE FUNCTION public.tell_of_access()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
begin
  perform pg_notify('holdfast_people', concat_ws(' ', current_org(), pg_current_xact_id()));
  return null;
end $function$
;
-- owner holdfast_owner

CREATE OR REPLACE FUNCTION jobs.enqueue(task text, payload jsonb, run_at timestamp with time zone DEFAULT NULL::timestamp with time zone, job_key text DEFAULT NULL::text, max_attempts integer DEFAULT NULL::integer)
 RETURNS void
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'pg_temp'
AS $function$
begin
  perform graphile_worker.add_job(task, (payload || jsonb_build_object('org', public.current_org(), 'person', public.current_person()))::json,
    run_at => enqueue.run_at, max_attempts => enqueue.max_attempts, job_key => public.current_org() || ':' || enqueue.job_key);
end $function$
;
-- owner holdfast_jobs; execute: holdfast_app
