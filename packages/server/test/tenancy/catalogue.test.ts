/** D5, L1: nothing in the catalogue has been forgotten. A new table without protection, or a new function that runs as its owner, fails here. */
import type { Client } from 'pg'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { connect, createTestDatabase, type TestDatabase } from '../database.ts'

let database: TestDatabase
let root: Client
beforeAll(async () => {
  database = await createTestDatabase()
  root = await connect(database.admin)
})
afterAll(async () => {
  await root.end()
  await database.drop()
})

/** Tables that `protect_*` does not know, each with its reason. */
const apart: Readonly<Record<string, string>> = {
  migration: 'names and digests of migrations',
  protected_table: 'the list of protections itself',
  ledger: 'fenced by its own policies, immutable, written by ledger_append only',
  ledger_checkpoint: 'fenced by its own policies, immutable; derived from the ledger',
  ledger_pending: 'reached by holdfast_ledger only',
  ledger_recorded: 'always empty; reached by holdfast_ledger only',
  sso_used: 'hashes of answered sign-on requests, reached only through the gate; no personal data',
  passkey_challenge_used: 'hashes of answered challenges, reached only through the gate; no personal data',
  guess: 'failed guesses by keyed hash, before anybody is known; reached through the gate only',
}
/** Tenant rows that are not captured, each with its reason. */
const plumbing: Readonly<Record<string, string>> = {
  access_sequence: 'counts changes of access, each of which is an entry itself',
  access_change: 'when each of those changes was, for an hour',
  directory_log:
    'what a directory sent, for its administrators; what was done about it is an entry, what was refused changed nothing',
  idempotency: 'a cache of answers already recorded',
  access_log: 'reads, sealed into the ledger in batches',
  checkpoint_delivery: 'what became of a copy; the witness holds the evidence',
  obligation_clock: 'when to look next, derived from obligations and their events, which are the evidence',
}

const names = async (sql: string): Promise<string[]> => (await root.query<{ name: string }>(sql)).rows.map(({ name }) => name)

/** What is missing, as `table: fence`. */
const missing = `
  select p.name || ': ' || fence as name from protected_table p join pg_class c on c.oid = p.name::regclass
  cross join lateral (values
    ('row security', c.relrowsecurity and c.relforcerowsecurity),
    ('restrictive policy', exists (select from pg_policy where polrelid = c.oid and not polpermissive)),
    ('only the application is let in', not exists (select from pg_policy where polrelid = c.oid and polroles && array[0, 'holdfast_jobs'::regrole::oid])),
    ('owner', c.relowner = 'holdfast_owner'::regrole),
    ('truncate', exists (select from pg_trigger where tgrelid = c.oid and tgname = 'refuse_truncate' and tgenabled = 'A')),
    ('capture', p.kind in ('plumbing', 'platform') or exists (select from pg_trigger where tgrelid = c.oid and tgname = 'capture' and tgenabled = 'A')),
    ('its columns as they are now', p.columns = table_columns(c.oid)),
    ('not for the public', not has_table_privilege('holdfast_jobs', c.oid, 'select, insert, update, delete'))
  ) as f(fence, there) where not there`

test('every table is protected, or stands in the list with its reason', async () => {
  expect(
    await names(`select relname as name from pg_class where relkind in ('r', 'p') and relnamespace = 'public'::regnamespace
    and relname not in (select name from protected_table) order by 1`),
  ).toEqual(Object.keys(apart).sort())
  expect(await names(`select name from protected_table where kind = 'plumbing' order by 1`)).toEqual(Object.keys(plumbing).sort())
  expect(await names(missing)).toEqual([])
})

test('a table with org_id has the tenant policy, or is a person’s own', async () => {
  expect(
    await names(`select p.name from protected_table p where 'org_id' = any (p.columns) and p.kind not in ('tenant', 'plumbing')`),
  ).toEqual(['session'])
})

test('forgetting any of it is seen', async () => {
  for (const [sql, seen] of [
    ['alter table org no force row level security', 'org: row security'],
    ['drop policy tenant on membership', 'membership: restrictive policy'],
    ['create policy wide on invitation using (true)', 'invitation: only the application is let in'],
    ['alter table api_key add column forgotten text', 'api_key: its columns as they are now'],
    ['alter table person disable trigger capture', 'person: capture'],
    ['drop trigger refuse_truncate on session', 'session: truncate'],
    ['grant select on org to public', 'org: not for the public'],
  ] as const) {
    await root.query('begin')
    await root.query(sql)
    expect(await names(missing)).toEqual([seen])
    await root.query('rollback')
  }
})

test('views read as their reader; nothing is materialised or inherited', async () => {
  expect(
    await names(`select relname as name from pg_class where relnamespace = 'public'::regnamespace
    and (relkind in ('m', 'f') or relkind = 'v' and not coalesce(reloptions @> '{security_invoker=true}', false))`),
  ).toEqual([])
  expect(await names(`select inhrelid::regclass::text as name from pg_inherits`)).toEqual([])
})

test('functions that run as their owner: exactly these, all pinned, none as the owner of tables', async () => {
  const definers = await root.query<{ name: string; owner: string; pinned: boolean }>(`
    select proname as name, proowner::regrole::text as owner, proconfig::text like '%search_path=pg_catalog%pg_temp%' as pinned
    from pg_proc where prosecdef and pronamespace not in ('pg_catalog'::regnamespace) order by 1`)
  expect(definers.rows.filter(({ pinned }) => !pinned)).toEqual([])
  const by = (owner: string) => definers.rows.filter((f) => f.owner === owner).map((f) => f.name)
  expect(by('holdfast_gate')).toEqual([
    ...[
      'access_review_state',
      'belongs_here_only',
      'gate_agent',
      'gate_api_key',
      'gate_directory',
      'gate_enrolment',
      'gate_invitation',
      'gate_manager_factors',
      'gate_manager_sessions',
      'gate_membership',
      'gate_own_mfa_required',
      'gate_own_password',
      'gate_own_staff_grants',
      'gate_passkey',
      'gate_person_by_email',
      'gate_person_orgs',
      'gate_recovery',
    ],
    ...[
      'gate_reset',
      'gate_session',
      'gate_setup_needed',
      'gate_sign_on_standing',
      'gate_sso_connection',
      'gate_sso_domain',
      'gate_sso_enforced',
      'gate_sso_holder',
      'guess_begin',
      'guess_forget',
      'guess_right',
      'keep_owner',
      'list_orgs',
    ],
    ...['list_orgs_waking', 'list_stale_data_keys', 'may_operate', 'members_without_passkey'],
    ...['operator_org', 'operator_organisations'],
    ...['passkey_challenge_forget', 'passkey_challenge_use'],
    ...['sso_forget', 'sso_owners_with_passkey', 'sso_use'],
    ...['staff_access_ended', 'staff_access_state', 'staff_grant_live', 'staff_org'],
  ])
  expect(by('holdfast_ledger').filter((name) => !name.startsWith('capture_'))).toEqual(['ledger_append', 'ledger_append_changes'])
  expect(by('holdfast_jobs')).toEqual(['enqueue'])
  expect(definers.rows.filter(({ owner }) => !['holdfast_gate', 'holdfast_ledger', 'holdfast_jobs'].includes(owner))).toEqual([])
})

test('the application may not run what protects, captures or defines; nobody but named roles may run anything', async () => {
  const callable =
    await names(`select proname as name from pg_proc where pronamespace = 'public'::regnamespace and has_function_privilege('holdfast_app', oid, 'execute')
    and (proname ~ '^(protect|fence|capture|hide|require|table_columns|refuse|audit|keep|list_)' or prorettype = 'trigger'::regtype)`)
  expect(callable).toEqual([])
  expect(
    await names(
      `select proname as name from pg_proc where pronamespace = 'public'::regnamespace and coalesce(proacl, acldefault('f', proowner))::text ~ '[{,]='`,
    ),
  ).toEqual([])
})

test('the roles have no attribute or membership that gets around row security', async () => {
  const { rows } = await root.query(
    `select rolname from pg_roles where rolname like 'holdfast\\_%' and rolname <> 'holdfast_root' and (rolsuper or rolbypassrls or rolcreaterole or rolcreatedb or rolreplication or rolinherit)`,
  )
  expect(rows).toEqual([])
  expect(
    await names(
      `select member::regrole::text as name from pg_auth_members where member in ('holdfast_app'::regrole, 'holdfast_jobs'::regrole)`,
    ),
  ).toEqual([])
})

test('context functions are stable, never immutable', async () => {
  expect(
    await names(
      `select proname as name from pg_proc where proname in ('current_org', 'current_person', 'may_operate') and provolatile <> 's'`,
    ),
  ).toEqual([])
})
