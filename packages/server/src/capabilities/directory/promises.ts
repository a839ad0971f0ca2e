import { DirectoryCredentialId, DirectoryId, type OrgId } from '@holdfast/contract'
import { gateOver } from '../../kernel/gate.ts'
import { newId, newIdOf } from '../../kernel/identifier.ts'
import type { JobContext } from '../../kernel/job.ts'
import type { DirectoryPrincipal } from '../../kernel/principal.ts'
import { problemOf } from '../../kernel/problem.ts'
import { keeps } from '../../kernel/promise.ts'
import { rehearse, type Rehearsal } from '../../kernel/rehearse.ts'
import { gapsInContract, gapsInDatabase } from '../../kernel/sign-on/plan-gate.ts'
import { signOnFlaws } from '../../kernel/sign-on/trial.ts'
import { readIn } from '../../kernel/unit.ts'
import { scimRoutes } from './scim/routes.ts'
import { askOver, roundOf, type Ask, type Step } from './self-test.ts'
import './table.ts'

/** As a client finds the service, but in one transaction that never ends: addresses lead to the operations that they lead to outside. */
const askIn =
  ({ call }: Rehearsal): Ask =>
  async (method, address, body) => {
    const { pathname, searchParams } = new URL(address, 'https://self-test.invalid')
    const [, noun, id] = pathname.split('/')
    const url = `/${noun}${id === undefined ? '' : '/:id'}`
    const route = scimRoutes.find((known) => known[0] === method && known[1] === url)
    if (!route) return { status: 404, body: {} }
    const [, , handler, inputOf, status] = route
    try {
      const output = await call(
        handler,
        inputOf({ query: Object.fromEntries(searchParams), params: id === undefined ? {} : { id }, body }),
      )
      const { total, ...rest } = output as Record<string, unknown>
      return { status, body: total === undefined ? rest : { ...rest, totalResults: total } }
    } catch (error) {
      return { status: problemOf(error).status, body: {} }
    }
  }

/** The connection that the organisation has, or one for the time of the rehearsal. */
const connectionOf = async ({ tx }: Rehearsal['unit'], now: Date): Promise<string> => {
  const there = await tx.selectFrom('directory').select('id').executeTakeFirst()
  if (there) return there.id
  const id = newIdOf(DirectoryId, 'di')
  const owner = await tx.selectFrom('membership').select('personId').where('role', '=', 'owner').executeTakeFirstOrThrow()
  const values = {
    id,
    name: 'Self-test',
    defaultRole: 'viewer' as const,
    configuredBy: owner.personId,
    createdAt: now,
    disabledAt: null,
  }
  await tx.insertInto('directory').values(values).execute()
  return id
}

/** The round of the self-test, rehearsed: what would be made for good elsewhere is taken back. */
const rehearsedRound = async ({ services, orgId }: Pick<JobContext, 'services' | 'orgId'>): Promise<Step[]> => {
  const steps: Step[] = []
  const principal: DirectoryPrincipal = {
    ...{ kind: 'directory', orgId, test: true },
    directoryId: newIdOf(DirectoryId, 'di'),
    credentialId: newIdOf(DirectoryCredentialId, 'dc'),
  }
  await rehearse(services, principal, async (rehearsal) => {
    principal.directoryId = DirectoryId.parse(await connectionOf(rehearsal.unit, services.clock.now()))
    await roundOf(askIn(rehearsal), newId('dt'), (step) => void steps.push(step))
  })
  return steps
}

/** Who is let in to the addresses of the standard without being a directory. */
const intruders = async ({ services }: Pick<JobContext, 'services'>): Promise<string[]> => {
  const https = services.endpoints.find(({ name }) => name === 'https')
  if (!https) return ['this process has no HTTPS listener']
  const tokens = { nobody: null, 'a made-up token': `hf_${newId('dc')}.${'A'.repeat(43)}` }
  const found = await Promise.all(
    Object.entries(tokens).map(async ([who, token]) => {
      const { status } = await askOver(https, token)('GET', '/Users?count=1')
      return status === 401 ? [] : [`${who} was answered ${status} by /scim/v2/Users`]
    }),
  )
  return found.flat()
}

interface Standing {
  connections: number
  proved: number
  shared: number
  enforced: number
  withoutWayIn: number
  stranded: number
  directories: number
  tests: number
  testsFailed: number
}

/** One row of numbers, over every organisation. */
const standingOf = async ({ services, orgId }: { services: JobContext['services']; orgId: OrgId }): Promise<Standing | null> => {
  const { rows } = await readIn(services.ground, orgId, null, ({ transaction }) =>
    transaction.query('select * from gate_sign_on_standing()', [], true),
  )
  const [row] = rows
  if (!row) return null
  return Object.fromEntries(Object.entries(row).map(([name, value]) => [name, Number(value)])) as unknown as Standing
}

const wrongIn = ({ shared, withoutWayIn, stranded, testsFailed }: Standing): string[] => [
  ...(shared > 0 ? [`${shared} domains are proved by more than one organisation`] : []),
  ...(withoutWayIn > 0 ? [`${withoutWayIn} organisations insist on single sign-on without an emergency way in`] : []),
  ...(stranded > 0 ? [`${stranded} proved domains of such organisations lead to no active connection`] : []),
  ...(testsFailed > 0 ? [`${testsFailed} directories failed their last self-test today`] : []),
]

const many = (count: number, one: string, more: string): string => `${count} ${count === 1 ? one : more}`

const standingInWords = ({ connections, proved, enforced, directories, tests }: Standing): string =>
  [
    many(connections, 'active connection', 'active connections'),
    `${many(proved, 'proved domain', 'proved domains')}, each of one organisation`,
    `${many(enforced, 'insists', 'insist')} on single sign-on, each with an Owner’s passkey as the emergency way in`,
    `${many(directories, 'directory', 'directories')}, ${many(tests, 'self-test', 'self-tests')} within a day, of which no directory’s last one failed`,
  ].join('; ')

/** C3, over every organisation: the attacks, tried; the plan gate, tried in both layers; a directory, rehearsed; and how everything stands. */
export const signOnHolds = keeps('C3', async (context) => {
  const { services, orgId } = context
  const gate = gateOver(services.ground.reads, services.ground.pool)
  const attacks = await signOnFlaws({ services, gate, now: services.clock.now() })
  const contract = gapsInContract(orgId)
  const database = await gapsInDatabase(services.ground, orgId)
  const steps = await rehearsedRound(context)
  const standing = await standingOf(context)
  const wrong = [
    ...(attacks?.flaws ?? ['single sign-on could not be tried']),
    ...contract.flaws.map((what) => `the contract gates ${what} wrongly`),
    ...database.flaws.map((what) => `the database gates ${what} wrongly`),
    ...steps.filter(({ passed }) => !passed).map(({ name, detail }) => `provisioning: ${name}: ${detail}`),
    ...(await intruders(context)),
    ...(standing ? wrongIn(standing) : ['how it stands could not be read']),
  ]
  if (wrong.length > 0 || !attacks || !standing) return { kept: false, proof: `Found just now: ${wrong.slice(0, 4).join('; ')}.` }
  return {
    kept: true,
    proof: `${attacks.tried} attacks on SAML responses, ID tokens and our own requests were tried against the code that checks them, and refused; the genuine ones were accepted. Setting up without the plan for it was refused in ${contract.tried} pairs of operation and plan, and by the database itself for ${database.tried} kinds of row. A directory’s round of ${steps.length} steps was rehearsed, and nobody without its token got in. Over all organisations: ${standingInWords(standing)}.`,
  }
})
