/** Tenancy has two layers (D5). Either alone holds; without both the trespasser gets in, so these tests can fail. */
import { allOperations } from '@holdfast/contract'
import { EnvelopeError } from '@holdfast/crypto'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { compose } from '../src/compose.ts'
import { Problem } from '../src/kernel/problem.ts'
import { callersOf } from './platform.ts'
import { createWorld, sampleOf, strangerAgentIn, type World } from './world.ts'

let world: World
let inputs: Map<string, unknown>

/** Reads of tenant data: what a leak would show through. */
const reads = allOperations.filter(
  ({ kind, permission }) => kind !== 'command' && permission !== 'public' && permission !== 'self',
)

beforeAll(async () => {
  world = await createWorld()
  inputs = new Map()
  for (const operation of reads) inputs.set(operation.name, (await sampleOf(operation, world)).input)
  await world.platform.settle()
}, 60_000)
afterAll(() => world?.platform.close())

type Callers = Pick<ReturnType<typeof callersOf>, 'outcome' | 'download'>

/** The operations in whose answer to a stranger something of ours appears. */
const leaksThrough = async ({ outcome, download }: Callers): Promise<string[]> => {
  const leaking: string[] = []
  for (const operation of reads) {
    try {
      const input = inputs.get(operation.name)
      const as = operation.permission === 'agent' ? await strangerAgentIn(world) : world.stranger.caller
      // Events carry numbers only; whoever may listen may fetch the state, which is here as well.
      if (operation.kind === 'events') continue
      const text =
        operation.kind === 'download'
          ? await download(operation, input, as)
          : JSON.stringify((await outcome(operation, input, as)).output)
      const ours = [world.founded.orgId, ...Object.values(world.members).map(({ personId }) => personId)]
      if (/planted/i.test(text) || ours.some((id) => text.includes(id))) leaking.push(operation.name)
    } catch (error) {
      // A row of another organisation that got past both layers still is sealed under a key that does not open here.
      if (!(error instanceof Problem || error instanceof EnvelopeError)) throw error
    }
  }
  return leaking
}

const withoutScope = (): Callers => callersOf(compose({ ...world.platform.options, tenantTables: new Set() }))

const rowSecurity = async (on: boolean): Promise<void> => {
  const { rows } = await world.platform.admin.query<{ name: string }>(
    `select c.oid::regclass::text as name from pg_class c join pg_attribute a on a.attrelid = c.oid and a.attname = 'org_id' and not a.attisdropped
     where c.relkind = 'r' and c.relnamespace = 'public'::regnamespace and c.relname <> 'ledger_pending'`,
  )
  for (const { name } of rows) {
    await world.platform.admin.query(
      on ? `alter table ${name} enable row level security` : `alter table ${name} disable row level security`,
    )
  }
}

test('both layers: nothing leaks', async () => {
  expect(await leaksThrough(world.platform)).toEqual([])
})

test('without the scoping of statements, row-level security alone holds', async () => {
  expect(await leaksThrough(withoutScope())).toEqual([])
})

test('without row-level security, the scoping of statements alone holds', async () => {
  await rowSecurity(false)
  try {
    expect(await leaksThrough(world.platform)).toEqual([])
  } finally {
    await rowSecurity(true)
  }
})

test('without both, the stranger reads us: the hunter can see a leak', async () => {
  await rowSecurity(false)
  try {
    const leaking = await leaksThrough(withoutScope())
    expect(leaking).toEqual(
      expect.arrayContaining(['organisation.read', 'policy.acknowledgements', 'ledger.read', 'ledger.export']),
    )
  } finally {
    await rowSecurity(true)
  }
})
