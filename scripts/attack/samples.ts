/** A request of every operation that takes input: each field has a value that is accepted, so that payloads begin where people's input does. */
import {
  allOperations,
  apiKey,
  factor,
  ledger,
  obligations,
  organisation,
  policy,
  session,
  type Operation,
} from '@holdfast/contract'
import { accessSamples, aHost, anAccessPolicy, newSshKey, rulesWithAccount } from './access-samples.ts'
import { directorySamples } from './directory-samples.ts'
import { databaseSamples } from './database-samples.ts'
import { emergencyKeySamples } from './emergency-key-samples.ts'
import { passkeySamples } from './passkey-samples.ts'
import { reviewSamples } from './review-samples.ts'
import { aBastion, recordingSamples } from './recording-samples.ts'
import { recoverySamples } from './recovery-samples.ts'
import { serviceAccountSamples } from './service-account-samples.ts'
import { signOnSamples } from './sign-on-samples.ts'
import { staffSamples } from './staff-samples.ts'
import { customerOwner, invite, person, send, type Ground, type Headers, type Person } from './ground.ts'
import { each, once, unused, type Make, type Sample } from './sample.ts'

/** Policies of the attack's own, by a member, so that the Owner may approve them. */
const versions = ({ call, keys }: Ground) => {
  const draft = () => call(policy.create, { title: 'Attacked', content: '# Attacked' }, keys.member)
  const inReview = async () => call(policy.submit, { id: (await draft()).id }, keys.member)
  const approved = async () => {
    const { id, sha256 } = await inReview()
    return call(policy.approve, { id, sha256 }, keys.owner)
  }
  const published = async () => call(policy.publish, { id: (await approved()).id }, keys.owner)
  return { draft, inReview, approved, published }
}

/** One that runs: the review of a policy that was just published. */
const obligation = async (ground: Ground): Promise<{ id: string; subject: string }> => {
  const { policyId: subject } = await versions(ground).published()
  return { id: await runningOf(ground, subject), subject }
}

/** A rebase ends it and begins another in its place. */
const runningOf = async ({ call, keys }: Ground, subject: string): Promise<string> => {
  const { rows } = await call(obligations.list, { subject, kind: 'policy.review' }, keys.owner)
  return rows[0]?.id ?? ''
}

const email = async (): Promise<Record<string, string>> => ({ email: `${unused()}@attack.example` })

/** What the fields alone do not say. Everything else is made from the contract. */
const made: Record<string, Make> = {
  ...accessSamples,
  ...databaseSamples,
  ...emergencyKeySamples,
  ...recordingSamples,
  ...recoverySamples,
  ...reviewSamples,
  ...staffSamples,
  ...passkeySamples,
  ...directorySamples,
  ...signOnSamples,
  ...serviceAccountSamples,
  'session.signIn': () => each(email),
  'session.confirmPassword': async () => once({ password: 'wrong' }),
  'session.revoke': async ({ ask }, who) => {
    const { text } = await send(ask, session.list, {}, who.browser())
    return once({ id: (JSON.parse(text) as { rows: { id: string }[] }).rows[0]?.id })
  },
  'session.switchOrganisation': async ({ call, keys }) => once({ orgId: (await call(organisation.read, {}, keys.owner)).id }),
  'factor.confirmTotp': async ({ call }, who) => once({ id: (await call(factor.enrolTotp, {}, who.browser())).id }),
  'factor.rename': async ({ call }, who) => once({ id: (await call(factor.enrolTotp, {}, who.browser())).id }),
  'factor.remove': async ({ call }, who) => once({ id: (await call(factor.enrolTotp, {}, who.browser())).id }),
  'organisation.create': () => each(async () => ({ ownerEmail: `${unused()}@attack.example` })),
  'member.changeRole': async (ground) => once({ id: (await person(ground)).personId }),
  'member.remove': async (ground) => once({ id: (await person(ground)).personId }),
  'member.endSessions': async (ground) => once({ id: (await person(ground)).personId }),
  'invitation.create': () => each(email),
  'invitation.revoke': async (ground) => once({ id: (await invite(ground)).id }),
  'invitation.preview': async (ground) => once({ token: (await invite(ground)).token }),
  'invitation.accept': (ground) => each(async () => ({ token: (await invite(ground)).token })),
  'apiKey.authorise': () => each(async () => ({ id: `ak_${'0'.repeat(10)}${unused().replaceAll(/[ilou]/g, '0')}0000` })),
  'apiKey.revoke': async ({ call }, who) =>
    once({ id: (await call(apiKey.create, { name: 'Attacked', role: 'viewer' }, who.browser())).id }),
  'apiKey.rotate': async ({ call }, who) =>
    once({ id: (await call(apiKey.create, { name: 'Attacked', role: 'viewer' }, who.browser())).id }),
  'apiKey.endOverlap': async ({ call }, who) => {
    const { id } = await call(apiKey.create, { name: 'Attacked', role: 'viewer' }, who.browser())
    await call(apiKey.rotate, { id }, who.browser())
    return once({ id })
  },
  'policy.update': async (ground) => once({ id: (await versions(ground).draft()).policyId, ownerId: await memberId(ground) }),
  'policy.addVersion': (ground) => each(async () => ({ id: (await versions(ground).published()).policyId })),
  'policy.editDraft': async (ground) => once({ id: (await versions(ground).draft()).id }),
  'policy.submit': (ground) => each(async () => ({ id: (await versions(ground).draft()).id })),
  'policy.approve': (ground) => each(() => idAndHash(versions(ground).inReview())),
  'policy.requestChanges': (ground) => each(async () => ({ id: (await versions(ground).inReview()).id })),
  'policy.publish': (ground) => each(async () => ({ id: (await versions(ground).approved()).id })),
  'policy.confirmReview': async (ground) => once({ id: (await versions(ground).published()).policyId }),
  'policy.retire': (ground) => each(async () => ({ id: (await versions(ground).draft()).policyId })),
  'policy.acknowledge': (ground) => each(() => idAndHash(versions(ground).published())),
  'policy.remind': (ground) => each(async () => ({ id: (await versions(ground).published()).policyId })),
  'policy.content': async (ground) => once({ id: (await versions(ground).draft()).id }),
  'policy.diff': async (ground) => {
    const { id } = await versions(ground).draft()
    return once({ id, from: id })
  },
  'policy.read': async (ground) => once({ id: (await versions(ground).draft()).policyId }),
  'policy.acknowledgements': async (ground) => once({ id: (await versions(ground).published()).policyId }),
  'ledger.addWitness': async ({ database }) => {
    const make = async (): Promise<Record<string, string>> => {
      await database.query(`delete from witness where kind <> 'file'`)
      return { target: `${unused()}@attack.example` }
    }
    return each(make, { kind: 'email' })
  },
  'ledger.removeWitness': async ({ call, keys, database }) => {
    await database.query(`delete from witness where kind <> 'file'`)
    const target = `${unused()}@attack.example`
    return once({ id: (await call(ledger.addWitness, { kind: 'email', target }, keys.owner)).id })
  },
  'obligation.read': async (ground) => once({ id: (await obligation(ground)).id }),
  'obligation.rebase': async (ground) => {
    const { subject } = await obligation(ground)
    return each(async () => ({ id: await runningOf(ground, subject) }))
  },
  'obligation.pause': async (ground) => {
    const { id } = await obligation(ground)
    return each(async () => {
      await send(ground.ask, obligations.resume, { id, reason: 'Attacked' }, ground.keys.owner)
      return { id }
    })
  },
  'obligation.resume': async (ground) => {
    const { id } = await obligation(ground)
    return each(async () => {
      await send(ground.ask, obligations.pause, { id, reason: 'Attacked' }, ground.keys.owner)
      return { id }
    })
  },
  'host.register': () => each(async () => ({ name: `attacked-${unused()}` })),
  'host.renewToken': async (ground) => once({ id: await aHost(ground) }),
  'host.update': async (ground) => once({ id: await aHost(ground) }),
  'host.retire': (ground) => each(async () => ({ id: await aHost(ground) })),
  'host.read': async (ground) => once({ id: await aHost(ground) }),
  'host.list': async () => once({ state: 'waiting' }),
  'accessPolicy.create': async (ground) =>
    once({ kind: 'host', ...(await rulesWithAccount(ground)), bastionId: (await aBastion(ground)).hostId }),
  'accessPolicy.update': async (ground) =>
    once({
      id: await anAccessPolicy(ground),
      version: 1,
      kind: 'host',
      ...(await rulesWithAccount(ground)),
      bastionId: (await aBastion(ground)).hostId,
    }),
  'accessPolicy.wouldEnd': async (ground) =>
    once({ id: await anAccessPolicy(ground), rules: { name: 'Attacked', ...(await rulesWithAccount(ground)) } }),
  'accessPolicy.retire': (ground) => each(async () => ({ id: await anAccessPolicy(ground) })),
  'accessPolicy.read': async (ground) => once({ id: await anAccessPolicy(ground) }),
  'accessPolicy.list': async () => once({ state: 'active' }),
  'operator.setPlan': async (ground) =>
    once({ id: (await customerOwner(ground)).orgId, plan: 'growth', endsAt: '2030-01-01T00:00:00.000Z' }),
  'operator.rotate': async () => once({ secret: 'token-signing' }),
  'operator.mail': async ({ database }) =>
    once({ id: (await database.query<{ id: string }>('select id from mail limit 1')).rows[0]?.id }),
}

const idAndHash = async (version: Promise<{ id: string; sha256: string }>): Promise<Record<string, string>> => {
  const { id, sha256 } = await version
  return { id, sha256 }
}

const memberId = async ({ database, call, keys }: Ground): Promise<string> => {
  const { id } = await call(organisation.read, {}, keys.owner)
  const found = await database.query<{ person_id: string }>(
    `select person_id from membership where org_id = $1 and role = 'reviewer' limit 1`,
    [id],
  )
  return found.rows[0]?.person_id ?? ''
}

/** Values by the name of the field; all are accepted by every operation that has such a field. */
const byName: Record<string, unknown> = {
  ...{ limit: 5, search: 'a', role: 'viewer', state: 'draft', due: 'me', actor: 'pe_', action: 'policy.', target: 'po_', seq: 1 },
  ...{ operation: 'policy.list', from: 0, to: 5, email: 'nobody@attack.example', password: 'nine wet herons on a pier' },
  ...{
    token: 'A'.repeat(43),
    code: '123456',
    current: 'wrong',
    next: 'nine dry herons on a pier',
    label: 'Phone',
    name: 'Attacked',
  },
  ...{
    organisation: 'Attacked',
    title: 'Attacked',
    content: '# Attacked',
    note: 'Attacked',
    comment: 'Attacked',
    reason: 'Attacked',
  },
  ...{
    format: 'markdown',
    reviewEveryDays: 90,
    promises: ['C1'],
    acknowledgeWithinDays: 7,
    days: 30,
    requireMfa: false,
    requiredAtOnce: false,
  },
  ...{
    sessionMinutes: 43_200,
    idleMinutes: 10_080,
    lockMinutes: 720,
    networks: ['0.0.0.0/0', '::/0'],
    methods: ['password', 'passkey'],
  },
  ...{ show: 'open', kind: 'policy.review', subject: 'po_', dueAt: '2030-01-01T00:00:00.000Z', timeZone: 'Europe/Vienna' },
  ...{ weekdays: [1, 2, 3], holidays: [{ on: '2027-01-01', name: 'Attacked' }] },
  ...{
    environment: 'prod',
    label: 'tier=web',
    labels: ['tier=web'],
    address: '10.0.0.5',
    port: 22,
    whenStale: 'refuse',
    recorderLogin: 'recorder',
  },
  ...{ login: 'deploy', seconds: 600, requestHash: 'a'.repeat(64), finding: 'Attacked', open: 'true', ticket: 'OPS-1' },
  ...{ sourceNetworks: [], agentVersion: '1.0', approvals: 1, maxSeconds: 600 },
  ...{ publicKey: newSshKey(), hostPublicKey: newSshKey() },
  ...{
    domain: 'attacked.example',
    connectionId: 'co_01m841fb3rf609mnm1nq5y13xf',
    parameters: 'code=attacked&state=attacked',
    again: false,
    breakGlass: 'pe_01m841fb3rf609mnm1nq5y13xf',
    secretExpiresAt: '2030-01-01T00:00:00.000Z',
    defaultRole: 'viewer',
  },
  ...{
    secretHash: 'a'.repeat(64),
    sha256: 'a'.repeat(64),
    personId: 'pe_01m841fb3rf609mnm1nq5y13xf',
    staffGrantId: 'sg_01m841fb3rf609mnm1nq5y13xf',
  },
}

const instants = { from: '2026-01-01T00:00:00.000Z', to: '2030-01-01T00:00:00.000Z' }

/** A cursor of the list: what its first page ended with. */
const cursorFor = async ({ ask }: Ground, operation: Operation, as: Headers): Promise<string | undefined> => {
  const { status, text } = await send(ask, operation, { limit: 1 }, as)
  return status === 200 ? ((JSON.parse(text) as { next?: string | null }).next ?? undefined) : undefined
}

export const attackable = allOperations.filter(({ input }) => Object.keys(input.shape).length > 0)

const letters = [...'abcdefghijklmnopqrstuvwxyz']
const prefixes = letters.flatMap((first) => letters.map((second) => first + second))

/** An id of the right kind that nobody has: the look-up is reached, and nothing behind it. */
const unknownId = (operation: Operation): Record<string, string> => {
  const field = operation.input.shape['id']
  const ids = prefixes.map((prefix) => `${prefix}_01m841fb3rf609mnm1nq5y13xf`)
  const id = field && ids.find((candidate) => field.safeParse(candidate).success)
  return id === undefined ? {} : { id }
}

/** A valid request of the operation, with every field filled in. */
export const sampleOf = async (ground: Ground, operation: Operation, who: Person, as: Headers): Promise<Sample> => {
  const own = (await made[operation.name]?.(ground, who)) ?? { input: {} }
  const fields = Object.keys(operation.input.shape)
  const values = operation.name === 'ledger.list' ? { ...byName, ...instants } : byName
  const general = Object.fromEntries(fields.filter((name) => name in values).map((name) => [name, values[name]]))
  const after = fields.includes('after') ? await cursorFor(ground, operation, as) : undefined
  const input = { ...unknownId(operation), ...general, ...(after !== undefined && { after }), ...own.input }
  const unfilled = operation.input.safeParse(input).error?.issues[0]
  if (unfilled) throw new Error(`no sample: ${unfilled.path.join('.')}: ${unfilled.message}`)
  return { ...own, input }
}
