/** Two organisations full of data, and one valid call of every operation; for the universal suite and the leak hunter. */
import { createHash, generateKeyPairSync, randomBytes } from 'node:crypto'
import {
  accessPolicy,
  accessReview,
  agent,
  apiKey,
  breakGlass,
  emergencyKey,
  database,
  directory,
  factor,
  grant,
  host,
  invitation,
  ledger,
  LiveSessionId,
  obligations,
  organisation,
  policy,
  recovery,
  serviceAccount,
  session,
  sso,
  sshAuthority,
  staff,
  staffAccess,
  recording,
  type HostId,
  type InputOf,
  type Operation,
  type operations,
  type OrgId,
  type Role,
  type SsoConnectionId,
} from '@holdfast/contract'
import { recordingHash, recordingRoot } from '@holdfast/ledger'
import { ed25519PublicKey, formatPublicKey } from '@holdfast/crypto/ssh'
import { inject } from 'vitest'
import { newId, newIdOf, newOrgId } from '../src/kernel/identifier.ts'
import { openUnit, readIn, record } from '../src/kernel/unit.ts'
import {
  addMember,
  enrol,
  newCaller,
  startPlatform,
  totpCode,
  type Caller,
  type FoundedPlatform,
  type Member,
  type Platform,
} from './platform.ts'
import { enrolPasskey, newPasskey } from './passkeys.ts'
import { answerFor, proveDomain, saidOf, signOnAs, signOnFor, type SignOn } from './sign-on.ts'

/** A public key of its own, as OpenSSH writes it. */
export const newSshKey = (): string =>
  formatPublicKey(
    ed25519PublicKey(generateKeyPairSync('ed25519').publicKey.export({ format: 'der', type: 'spki' }).subarray(-32)),
  )

export type OperationName = {
  [N in keyof typeof operations]: `${N}.${keyof (typeof operations)[N] & string}`
}[keyof typeof operations]

type OperationAt<Name extends string> = Name extends `${infer Noun}.${infer Verb}`
  ? Noun extends keyof typeof operations
    ? Verb extends keyof (typeof operations)[Noun]
      ? (typeof operations)[Noun][Verb]
      : never
    : never
  : never

export interface Call<I> {
  input: I
  as: Caller
}

interface EnrolledHost {
  hostId: HostId
  caller: Caller
}

export interface World {
  platform: Platform
  founded: FoundedPlatform
  /** A member of each role in the operator's organisation. */
  members: Record<Role, Member>
  /** The only Owner of another organisation. */
  stranger: Member
  strangerOrg: OrgId
  /** The only Owner of a customer whose data the operator's staff ask for. */
  customer: Member
  customerOrg: OrgId
  /** Hosts that are used again: one of ours, one of the stranger's. */
  hosts: Map<OrgId, Promise<EnrolledHost>>
  /** Single sign-on of the operator's own organisation, set up once. */
  signOn: Promise<SignOn> | null
}

/** Another organisation, made directly: becoming one is the business of `organisation.create`. */
export const makeOrganisation = async ({ services }: Platform, name: string): Promise<OrgId> => {
  const orgId = newOrgId()
  const unit = openUnit(services.ground, orgId, null, true)
  await unit.tx
    .insertInto('org')
    .values({ id: orgId, slug: `org-${randomBytes(4).toString('hex')}`, name, plan: 'enterprise' })
    .execute()
  const actor = { type: 'system', id: 'test', via: 'test' }
  await record(services.ground, unit, {
    actor,
    action: 'organisation.arranged',
    targetId: orgId,
    requestId: newId('rq'),
    origin: null,
    reason: null,
  })
  return orgId
}

export const createWorld = async (): Promise<World> => {
  const platform = await startPlatform()
  const founded = await platform.found()
  const member = (role: Role): Promise<Member> => addMember(platform, founded, role, `Planted ${role}`)
  const members = {
    owner: await member('owner'),
    admin: await member('admin'),
    reviewer: await member('reviewer'),
    member: await member('member'),
    viewer: await member('viewer'),
  }
  const strangerOrg = await makeOrganisation(platform, 'Stranger Ltd')
  const customerOrg = await makeOrganisation(platform, 'Customer Ltd')
  return {
    platform,
    founded,
    members,
    strangerOrg,
    customerOrg,
    customer: await addMember(platform, { orgId: customerOrg }, 'owner', 'Carla Customer'),
    hosts: new Map(),
    signOn: null,
    stranger: await addMember(platform, { orgId: strangerOrg }, 'owner', 'Stranger'),
  }
}

/** A person of their own with a passkey. */
const withPasskey = async (world: World) => {
  const { caller } = await somebody(world)
  return { ...(await enrolPasskey(world.platform, caller)), caller }
}

/** A person of their own, for calls that end or change somebody. */
export const somebody = ({ platform, founded }: World, role: Role = 'member'): Promise<Member> =>
  addMember(platform, founded, role)

/** Somebody who has a second factor, signed in with the password alone. */
const withoutFactor = async (world: World) => {
  const { platform } = world
  const { caller: before, personId, email, password } = await somebody(world)
  await enrol(platform, platform.clock, before)
  const caller = newCaller()
  await platform.call(session.signIn, { email, password }, caller)
  return { personId, caller }
}
const recoveryAsked = async (world: World) => {
  const { personId, caller } = await withoutFactor(world)
  const { id } = await world.platform.call(recovery.ask, { reason: 'planted-reason' }, caller)
  return { id, personId, caller }
}
const stopTokenOf = ({ platform, founded }: World, id: string): Promise<string> =>
  readIn(platform.services.ground, founded.orgId, null, async ({ tx, vault }) => {
    const row = await tx.selectFrom('factorRecovery').select('tokenSealed').where('id', '=', id).executeTakeFirstOrThrow()
    return vault.openText('org', { table: 'factor_recovery', column: 'token_sealed', row: id }, row.tokenSealed)
  })

const draft = ({ platform, members }: World) =>
  platform.call(policy.create, { title: 'Planted policy', content: '# Planted\n\nplanted-secret-text\n' }, members.member.caller)

const versionIn = async (world: World, state: 'draft' | 'in_review' | 'approved' | 'published') => {
  const { platform, members } = world
  const version = await draft(world)
  if (state === 'draft') return version
  await platform.call(policy.submit, { id: version.id }, members.member.caller)
  if (state === 'in_review') return version
  await platform.call(policy.approve, { id: version.id, sha256: version.sha256 }, members.reviewer.caller)
  if (state === 'published') await platform.call(policy.publish, { id: version.id }, members.admin.caller)
  return version
}

/** An obligation that runs: the review of a policy that was published. */
const owedIn = async (world: World) => {
  const { policyId } = await versionIn(world, 'published')
  const { rows } = await world.platform.call(obligations.list, { subject: policyId }, world.members.owner.caller)
  return rows[0]?.id ?? ''
}
const pausedIn = async (world: World) => {
  const id = await owedIn(world)
  await world.platform.call(obligations.pause, { id, reason: 'Waiting.' }, world.members.owner.caller)
  return id
}
const nextYear = ({ platform }: World): string => new Date(platform.clock.now().getTime() + 400 * 86_400_000).toISOString()

const ownerCall = async <I>({ members }: World, input: I): Promise<Call<I>> => ({ input, as: members.owner.caller })
const asMember = async <I>({ members }: World, input: I): Promise<Call<I>> => ({ input, as: members.member.caller })

const freshCode = (world: World, person: Member): string => {
  world.platform.clock.advance(30_000) // each code works once
  return totpCode(person.totpSecret ?? '', world.platform.clock.now())
}

/** A code of now that no step up has used: each works once, and moving the clock for each would end every session. */
const unusedCode = async ({ platform, founded }: World, person: Member): Promise<string> => {
  await platform.arrange(founded.orgId, 'update totp_factor set last_step = 0 where person_id = $1', [person.personId])
  return totpCode(person.totpSecret ?? '', platform.clock.now())
}

const registered = (world: World, as: Caller = world.members.owner.caller) => {
  const word = as === world.stranger.caller ? 'own' : 'planted'
  const name = `${word}-${randomBytes(4).toString('hex')}`
  return world.platform.call(
    host.register,
    { name, environment: 'production', labels: [`${word}=yes`], address: `${word}.example.test` },
    as,
  )
}
const enrolment = (token: string) => ({ token, hostPublicKey: newSshKey(), agentVersion: '1.0' })

const enrolledHost = async (world: World, as: Caller): Promise<EnrolledHost> => {
  const { token } = await registered(world, as)
  const { hostId, agentKey } = await world.platform.call(agent.enrol, enrolment(token), newCaller())
  return { hostId, caller: newCaller({ apiKey: agentKey }) }
}
const hostIn = (world: World, orgId: OrgId, as: Caller): Promise<EnrolledHost> => {
  const known = world.hosts.get(orgId) ?? enrolledHost(world, as)
  world.hosts.set(orgId, known)
  return known
}
const ourHost = (world: World) => hostIn(world, world.founded.orgId, world.members.owner.caller)
/** The agent of a host of ours, and of one of the stranger's. */
export const agentIn = async (world: World): Promise<Caller> => (await ourHost(world)).caller
export const strangerAgentIn = async (world: World): Promise<Caller> =>
  (await hostIn(world, world.strangerOrg, world.stranger.caller)).caller

const accessRules = {
  name: 'Planted rules',
  selects: { labels: ['planted=yes'] },
  logins: ['planted'],
  requesters: { roles: ['owner' as const] },
  approvers: { roles: ['admin' as const] },
  reasonRequired: false,
}
const accessRule = ({ platform, members }: World) => platform.call(accessPolicy.create, accessRules, members.owner.caller)

/** Whoever asks for access has acknowledged what is published (C8). */
const acknowledgeAll = async ({ platform, members }: World): Promise<void> => {
  const { rows } = await platform.call(policy.list, { due: 'me', limit: 100 }, members.owner.caller)
  for (const { id } of rows) {
    const { versions } = await platform.call(policy.read, { id }, members.owner.caller)
    const version = versions.find(({ state }) => state === 'published')
    if (version) await platform.call(policy.acknowledge, { id: version.id, sha256: version.sha256 }, members.owner.caller)
  }
}

const askFor = async (world: World) => {
  await acknowledgeAll(world)
  const { id: policyId } = await accessRule(world)
  const { hostId } = await enrolledHost(world, world.members.owner.caller)
  return {
    hostId,
    policyId,
    login: 'planted',
    seconds: 600,
    reason: 'planted-reason',
    code: await unusedCode(world, world.members.owner),
  }
}
const requested = async (world: World) => world.platform.call(grant.request, await askFor(world), world.members.owner.caller)
const approval = async (world: World) => {
  const { id, requestHash } = await requested(world)
  return { id, requestHash, code: await unusedCode(world, world.members.admin) }
}
const granted = async (world: World) => world.platform.call(grant.approve, await approval(world), world.members.admin.caller)

/** What the Owner may ask of the customer: nothing else of theirs is open. */
const staffAsk = async (world: World) => {
  const { platform, members, customerOrg } = world
  await acknowledgeAll(world)
  const { rows } = await platform.call(staff.list, {}, members.owner.caller)
  for (const { id, state } of rows) if (state === 'requested') await platform.call(staff.giveBack, { id }, members.owner.caller)
  const code = await unusedCode(world, members.owner)
  return { orgId: customerOrg, reason: 'planted-reason', seconds: 600, code }
}
const staffAsked = async (world: World) => world.platform.call(staff.request, await staffAsk(world), world.members.owner.caller)
const staffApproval = async (world: World) => {
  const { id, requestHash } = await staffAsked(world)
  return { id, requestHash, code: await unusedCode(world, world.customer) }
}
const staffLet = async (world: World) =>
  world.platform.call(staffAccess.approve, await staffApproval(world), world.customer.caller)
/** A session of its own for the Owner, since entering ends the one it is called from. */
const ownerAgain = async (world: World): Promise<Caller> => {
  const { platform, members } = world
  const caller = newCaller()
  await platform.call(session.signIn, { email: members.owner.email, password: members.owner.password }, caller)
  await platform.call(session.confirmFactor, { code: await unusedCode(world, members.owner) }, caller)
  return caller
}
const enterCustomers = async (world: World) => {
  const { id } = await staffLet(world)
  const as = await ownerAgain(world)
  return { input: { id, code: await unusedCode(world, world.members.owner) }, as }
}
const byCustomer = async <I>({ customer }: World, input: I): Promise<Call<I>> => ({ input, as: customer.caller })
const allowed = { role: 'viewer' as const, maxSeconds: 3600, ticketRequired: true }
/** Of the keys that sign bundles: no certificate of another sample hangs on it. */
const noRotation = async ({ platform, founded }: World) => {
  await platform.arrange(founded.orgId, 'delete from ssh_rotation', [])
  return { purpose: 'revocations' as const }
}
const announcedRotation = async (world: World) => {
  const { platform, founded, members } = world
  const { id } = await platform.call(sshAuthority.rotate, await noRotation(world), members.owner.caller)
  await platform.arrange(founded.orgId, 'update ssh_rotation set to_version = 2, made_at = now(), sequence = 1 where id = $1', [
    id,
  ])
  return id
}
/** A grant behind a bastion of ours, whose agent is let in by nothing else. */
const behindBastion = async (world: World) => {
  const { platform, members } = world
  const named = { name: `planted-${randomBytes(4).toString('hex')}`, environment: 'edge', address: 'planted.example.test' }
  const { token } = await platform.call(host.register, { ...named, recorderLogin: 'recorder' }, members.owner.caller)
  const { hostId: bastionId, agentKey } = await platform.call(agent.enrol, enrolment(token), newCaller())
  const ask = await askFor(world)
  const { id: policyId } = await platform.call(accessPolicy.create, { ...accessRules, bastionId }, members.owner.caller)
  const { id, requestHash } = await platform.call(grant.request, { ...ask, policyId }, members.owner.caller)
  const code = await unusedCode(world, members.admin)
  await platform.call(grant.approve, { id, requestHash, code }, members.admin.caller)
  const [sessionId, as] = [newIdOf(LiveSessionId, 'ls'), newCaller({ apiKey: agentKey })]
  const session = { id: sessionId, grantId: id, login: 'recorder', startedAt: platform.clock.now().toISOString() }
  await platform.call(agent.report, { acknowledged: 1, sessions: [session] }, as)
  const input = { grantId: id, sessionId, publicKey: newSshKey(), kind: 'command' as const, command: 'planted-command' }
  return { input, as }
}
const opened = async (world: World) => {
  const { input, as } = await behindBastion(world)
  const { id } = await world.platform.call(recording.open, input, as)
  const content = '[0.5,"o","planted output\\r\\n"]\n'
  return { id, as, chunk: { id, index: 0, content, hash: recordingHash(recordingRoot(id), 0, content) } }
}
const recorded = async (world: World) => {
  const { id, as, chunk } = await opened(world)
  await world.platform.call(recording.append, chunk, as)
  return { id }
}

/** Runs a job as the worker would. */
export const runJob = async ({ composition, services }: Platform, orgId: OrgId, name: string, payload: object): Promise<void> => {
  const found = composition.jobs.find((job) => job.name === name)
  if (!found) throw new Error(`there is no job ${name}`)
  await found.run(found.payload.parse(payload) as never, { services, orgId, personId: null, log: () => {} })
}
const allGone = `update access_review_item set decision = 'gone', decided_at = now() where org_id = $1 and decision is null`
const noReview = async ({ platform, founded: { orgId } }: World): Promise<void> => {
  await platform.arrange(orgId, allGone, [orgId])
  await platform.arrange(
    orgId,
    `update access_review set state = 'completed', gathered_at = now(), completed_by = begun_by, completed_at = now(), comment = 'planted'
       where org_id = $1 and state <> 'completed'`,
    [orgId],
  )
}
/** A review that is open, and the newest of its items: a key of somebody's. */
const reviewed = async (world: World) => {
  const { platform, founded, members } = world
  await noReview(world)
  await platform.call(apiKey.create, { name: 'Planted key', role: 'viewer' }, (await somebody(world)).caller)
  const { id } = await platform.call(accessReview.begin, {}, members.owner.caller)
  await runJob(platform, founded.orgId, 'accessReview.gather', { id })
  const { rows } = await platform.call(accessReview.items, { id, kind: 'api_key', limit: 100 }, members.owner.caller)
  const item = rows.at(-1)
  if (!item) throw new Error('the snapshot holds no key')
  return { id, item }
}
const decidedReview = async (world: World) => {
  const { id } = await reviewed(world)
  await world.platform.arrange(world.founded.orgId, allGone, [world.founded.orgId])
  return { id }
}

/** A database of the test server: a login that may make roles, and a group role. */
const registration = async ({ platform }: World) => {
  const word = randomBytes(4).toString('hex')
  const server = inject('postgres')
  await platform.admin.query(`create role readers_${word}; create role maker_${word} login createrole password 'planted-password';
    grant readers_${word} to maker_${word} with admin option; grant connect on database ${platform.database.name} to maker_${word}`)
  return {
    ...{ name: `planted-${word}`, environment: 'production', labels: ['planted=yes'], address: server.host, port: server.port },
    ...{ database: platform.database.name, profiles: [{ name: 'planted', groupRole: `readers_${word}` }] },
    ...{ administrator: `maker_${word}`, password: 'planted-password', authority: server.ca },
  }
}
const aDatabase = async (world: World) =>
  world.platform.call(database.register, await registration(world), world.members.owner.caller)
const databaseGrant = async (world: World) => {
  const { platform, members } = world
  await acknowledgeAll(world)
  const { id: databaseId } = await aDatabase(world)
  const rules = { ...accessRules, kind: 'database' as const, selects: { databaseIds: [databaseId] } }
  const { id: policyId } = await platform.call(accessPolicy.create, rules, members.owner.caller)
  const input = { databaseId, policyId, login: 'planted', seconds: 600, reason: 'planted-reason' }
  const asked = await platform.call(
    grant.request,
    { ...input, code: await unusedCode(world, members.owner) },
    members.owner.caller,
  )
  const approval = { id: asked.id, requestHash: asked.requestHash, code: await unusedCode(world, members.admin) }
  await platform.call(grant.approve, approval, members.admin.caller)
  return { id: asked.id, code: await unusedCode(world, members.owner) }
}
const unprovedGrant = async (world: World) => {
  const { platform, members } = world
  const wanted = await databaseGrant(world)
  await platform.call(grant.databaseCredentials, wanted, members.owner.caller)
  await platform.call(grant.return, { id: wanted.id }, members.owner.caller)
  return wanted.id
}

const ofEmergency = ({ platform, members }: World): InputOf<typeof emergencyKey.register> => ({
  ...{ personId: members.member.personId, kind: 'certificate', keptAt: 'planted place' },
  fingerprint: `SHA256:${randomBytes(32).toString('base64').replace(/=+$/, '')}`,
  until: new Date(platform.clock.now().getTime() + 30 * 86_400_000).toISOString(),
})
const emergencyRecord = async (world: World) =>
  (await world.platform.call(emergencyKey.register, ofEmergency(world), world.members.owner.caller)).id

const brokenGlass = async (world: World): Promise<InputOf<typeof breakGlass.review>['id']> => {
  const at = world.platform.clock.now().toISOString()
  await world.platform.call(agent.report, { acknowledged: 0, breakGlass: [{ at, from: '192.0.2.7' }] }, await agentIn(world))
  const { rows } = await world.platform.call(breakGlass.list, { open: 'true' }, world.members.owner.caller)
  const [use] = rows
  if (!use) throw new Error('the use was not reported')
  return use.id
}

const invited = (world: World) =>
  world.platform.call(
    invitation.create,
    { email: `${randomBytes(5).toString('hex')}@example.test`, role: 'viewer' },
    world.members.owner.caller,
  )

/** The connection of the operator's organisation, in the state asked for, with a group in it. */
const directoryIn = async ({ platform, founded, members }: World, state: 'enabled' | 'disabled' = 'enabled') => {
  const { caller } = members.owner
  if (!(await platform.call(directory.read, {}, caller)).directory)
    await platform.call(directory.create, { name: 'Planted directory' }, caller)
  const { directory: found } = await platform.call(directory.read, {}, caller)
  if (found && found.state !== state)
    await (state === 'enabled'
      ? platform.call(directory.enable, {}, caller)
      : platform.call(directory.disable, { reason: 'planted-reason' }, caller))
  const groupId = newId('dg') as InputOf<typeof directory.applyRoles>['roles'][number]['groupId']
  const insert = `insert into directory_group (org_id, id, directory_id, display_name, created_at, updated_at) values ($1, $2, $3, $4, now(), now())`
  await platform.arrange(founded.orgId, insert, [founded.orgId, groupId, found?.id, `Planted ${groupId}`])
  return { defaultRole: 'member' as const, roles: [{ groupId, role: 'reviewer' as const }] }
}
const credentialIn = async (world: World) => {
  await directoryIn(world)
  return world.platform.call(directory.issueCredential, { kind: 'bearer', overlapHours: 0 }, world.members.owner.caller)
}

/** An organisation that nobody has joined yet. */
const unfounded = (world: World) =>
  world.platform.call(
    organisation.create,
    { name: 'Empty Ltd', ownerEmail: `${randomBytes(5).toString('hex')}@example.test` },
    world.members.owner.caller,
  )

const accountFields = async (world: World) => ({
  ...{ name: `planted-${randomBytes(4).toString('hex')}`, purpose: 'Planted purpose', role: 'viewer' as const },
  ownerId: (await somebody(world)).personId,
})
const accountIn = async (world: World) =>
  world.platform.call(serviceAccount.create, await accountFields(world), world.members.owner.caller)

/** The token of a link, planted in place of the one that was mailed. */
const plantToken = async (world: World, table: 'invitation' | 'password_reset', id: string): Promise<string> => {
  const token = randomBytes(32).toString('base64url')
  const hash = createHash('sha256').update(token).digest()
  await world.platform.arrange(world.founded.orgId, `update ${table} set token_hash = $1 where id = $2`, [hash, id])
  return token
}

const resetToken = async (world: World): Promise<string> => {
  const { personId } = await somebody(world)
  const id = newId('pr')
  const insert = `insert into password_reset (id, person_id, token_hash, expires_at) values ($1, $2, $3, now() + interval '1 hour')`
  await world.platform.arrange(world.founded.orgId, insert, [id, personId, randomBytes(32)])
  return plantToken(world, 'password_reset', id)
}

const signOn = (world: World): Promise<SignOn> =>
  (world.signOn ??= signOnFor(world.platform, world.members.owner.caller, { name: 'Planted provider', defaultRole: 'member' }))
/** In place of the one before: there is room for some only. */
const anotherConnection = async (world: World) => {
  const { provider } = await signOn(world)
  const gone = `delete from sso_connection where name like 'Planted%' and state = 'draft' and org_id = $1`
  await world.platform.arrange(world.founded.orgId, gone, [world.founded.orgId])
  const settings = { kind: 'oidc' as const, issuer: provider.issuer }
  return world.platform.call(sso.create, { name: 'Planted', settings }, world.members.owner.caller)
}
/** With a second signing key where asked for. */
const samlConnection = async (world: World, renewed = false): Promise<{ id: SsoConnectionId; other: string }> => {
  const { platform, founded, members } = world
  const gone = `delete from sso_connection where name like 'Planted%' and state = 'draft' and org_id = $1`
  await platform.arrange(founded.orgId, gone, [founded.orgId])
  const input = { name: 'Planted', settings: { kind: 'saml' as const } }
  const { id } = await platform.call(sso.create, input, members.owner.caller)
  if (!renewed) return { id, other: '' }
  const { signing } = await platform.call(sso.renewSigningKey, { id }, members.owner.caller)
  return { id, other: signing?.other?.fingerprint ?? '' }
}
const plantedDomain = async ({ platform, founded }: World): Promise<string> => {
  await platform.arrange(founded.orgId, `delete from sso_domain where domain like 'planted-%' and org_id = $1`, [founded.orgId])
  return `planted-${randomBytes(4).toString('hex')}.example`
}
const provedDomain = async (world: World): Promise<string> => {
  const domain = await plantedDomain(world)
  await proveDomain(world.platform, world.members.owner.caller, domain, null)
  return domain
}
/** Enforced for one call: what follows is as it was. */
const enforceable = async (world: World) => {
  const { platform, founded, members } = world
  const own = await signOn(world)
  await signOnAs(platform, own, saidOf(own.domain, 'planted'))
  await platform.arrange(founded.orgId, 'update sso_domain set connection_id = $1 where proved_at is not null', [
    own.connectionId,
  ])
  await platform.arrange(founded.orgId, `delete from sso_enforcement where org_id = $1`, [founded.orgId])
  await enrolPasskey(platform, members.owner.caller)
  return { breakGlass: members.owner.personId }
}
const enforced = async (world: World) => {
  const input = await enforceable(world)
  await world.platform.call(sso.enforce, input, world.members.owner.caller)
}

/** A valid call of every operation. One that is missing does not compile. */
export const samples: { [Name in OperationName]: (world: World) => Promise<Call<InputOf<OperationAt<Name>>>> } = {
  'setup.state': async () => ({ input: {}, as: newCaller() }),
  'setup.complete': async ({ platform }) => ({
    input: {
      token: platform.setupToken,
      organisation: 'Again',
      name: 'Again',
      email: 'again@example.test',
      password: 'eleven lamps at the harbour',
    },
    as: newCaller(),
  }),
  'session.signIn': async (w) => ({
    input: { email: w.members.member.email, password: w.members.member.password },
    as: newCaller(),
  }),
  'session.confirmFactor': async (w) => ({ input: { code: freshCode(w, w.members.admin) }, as: w.members.admin.caller }),
  'session.passkeyOptions': async () => ({ input: {}, as: newCaller() }),
  'session.signInWithPasskey': async (w) => {
    const { passkey } = await withPasskey(w)
    const { challenge } = await w.platform.call(session.passkeyOptions, {}, newCaller())
    return { input: { passkey: passkey.assert(challenge) }, as: newCaller() }
  },
  'session.confirmPasskey': async (w) => {
    const { passkey, caller } = await withPasskey(w)
    const { challenge } = await w.platform.call(factor.passkeyOptions, {}, caller)
    return { input: { passkey: passkey.assert(challenge) }, as: caller }
  },
  'session.confirmPassword': (w) => asMember(w, { password: w.members.member.password }),
  'session.refresh': async (w) => ({ input: {}, as: (await somebody(w)).caller }),
  'session.current': (w) => asMember(w, {}),
  'session.list': (w) => asMember(w, {}),
  'session.revoke': async (w) => {
    const person = await somebody(w)
    const { rows } = await w.platform.admin.query<{ id: string }>(
      'select id from session where person_id = $1 and revoked_at is null limit 1',
      [person.personId],
    )
    return { input: { id: rows[0]?.id ?? '' }, as: person.caller }
  },
  'session.revokeOthers': async (w) => ({ input: {}, as: (await somebody(w)).caller }),
  'session.lock': async (w) => ({ input: {}, as: (await somebody(w)).caller }),
  'session.signOut': async (w) => ({ input: {}, as: (await somebody(w)).caller }),
  'session.switchOrganisation': async (w) => ({ input: { orgId: w.founded.orgId }, as: (await somebody(w)).caller }),
  'session.discover': async (w) => ({ input: { domain: (await signOn(w)).domain }, as: newCaller() }),
  'session.beginSignOn': async (w) => ({ input: { domain: (await signOn(w)).domain }, as: newCaller() }),
  'session.finishSignOn': async (w) => {
    const own = await signOn(w)
    const as = newCaller()
    const said = saidOf(own.domain, `planted-${randomBytes(4).toString('hex')}`)
    return { input: { connectionId: own.connectionId, parameters: await answerFor(w.platform, own, said, as) }, as }
  },
  'account.rename': (w) => asMember(w, { name: 'Planted member' }),
  'account.changePassword': async (w) => {
    const person = await somebody(w)
    return { input: { current: person.password, next: 'forty geese over the canal' }, as: person.caller }
  },
  'account.requestReset': async (w) => ({ input: { email: w.members.viewer.email }, as: newCaller() }),
  'account.resetPassword': async (w) => ({
    input: { token: await resetToken(w), password: 'forty geese over the canal' },
    as: newCaller(),
  }),
  'factor.list': (w) => ownerCall(w, {}),
  'factor.enrolTotp': async (w) => ({ input: {}, as: (await somebody(w)).caller }),
  'factor.confirmTotp': async (w) => {
    const { caller } = await somebody(w)
    const { id, secret } = await w.platform.call(factor.enrolTotp, {}, caller)
    return { input: { id, code: totpCode(secret, w.platform.clock.now()) }, as: caller }
  },
  'factor.enrolPasskey': async (w) => ({ input: {}, as: (await somebody(w)).caller }),
  'factor.confirmPasskey': async (w) => {
    const { caller } = await somebody(w)
    const { challenge } = await w.platform.call(factor.enrolPasskey, {}, caller)
    return { input: { label: 'Planted passkey', passkey: newPasskey().register(challenge) }, as: caller }
  },
  'factor.passkeyOptions': async (w) => ({ input: {}, as: (await withPasskey(w)).caller }),
  'factor.rename': async (w) => {
    const { id, caller } = await withPasskey(w)
    return { input: { id, label: 'Planted key' }, as: caller }
  },
  'factor.remove': async (w) => {
    const { caller } = await somebody(w)
    const { id, secret } = await w.platform.call(factor.enrolTotp, {}, caller)
    await w.platform.call(factor.confirmTotp, { id, code: totpCode(secret, w.platform.clock.now()) }, caller)
    return { input: { id }, as: caller }
  },
  'factor.renewRecoveryCodes': (w) => ownerCall(w, {}),
  'organisation.read': (w) => asMember(w, {}),
  'organisation.update': (w) => ownerCall(w, { name: 'Planted organisation' }),
  'organisation.create': (w) => ownerCall(w, { name: 'New one', ownerEmail: `${randomBytes(5).toString('hex')}@example.test` }),
  'organisation.inviteOwner': async (w) => ownerCall(w, { id: (await unfounded(w)).id, ownerEmail: 'first@example.test' }),
  'organisation.transferOwnership': async (w) => ({
    input: { personId: (await somebody(w, 'admin')).personId }, // cleared: with a second factor
    as: (await somebody(w, 'owner')).caller,
  }),
  'recovery.ask': async (w) => ({ input: { reason: 'planted-reason' }, as: (await withoutFactor(w)).caller }),
  'recovery.begin': async (w) => ownerCall(w, { personId: (await withoutFactor(w)).personId, reason: 'planted-reason' }),
  'recovery.mine': async (w) => ({ input: {}, as: (await recoveryAsked(w)).caller }),
  'recovery.list': async (w) => {
    await recoveryAsked(w)
    return ownerCall(w, {})
  },
  'recovery.read': async (w) => ownerCall(w, { id: (await recoveryAsked(w)).id }),
  'recovery.confirm': async (w) => {
    const { id } = await recoveryAsked(w)
    return ownerCall(w, { id, code: await unusedCode(w, w.members.owner) })
  },
  'recovery.refuse': async (w) => ownerCall(w, { id: (await recoveryAsked(w)).id, reason: 'planted-reason' }),
  'recovery.stop': async (w) => ({ input: { token: await stopTokenOf(w, (await recoveryAsked(w)).id) }, as: newCaller() }),
  'signInPolicy.read': (w) => asMember(w, {}),
  'signInPolicy.preview': (w) => ownerCall(w, { requireMfa: true, networks: ['198.51.100.0/24'], sessionMinutes: 60 }),
  'signInPolicy.set': (w) => ownerCall(w, { networks: ['192.0.2.0/24'], idleMinutes: 10_080 }),
  'member.list': (w) => asMember(w, {}),
  'member.changeRole': async (w) => ownerCall(w, { id: (await somebody(w)).personId, role: 'reviewer' as const }),
  'member.remove': async (w) => ownerCall(w, { id: (await somebody(w)).personId }),
  'member.endSessions': async (w) => ownerCall(w, { id: (await somebody(w)).personId }),
  'member.leave': async (w) => ({ input: {}, as: (await somebody(w)).caller }),
  'invitation.create': (w) => ownerCall(w, { email: `${randomBytes(5).toString('hex')}@example.test`, role: 'viewer' as const }),
  'invitation.list': (w) => ownerCall(w, {}),
  'invitation.revoke': async (w) => ownerCall(w, { id: (await invited(w)).id }),
  'invitation.preview': async (w) => ({
    input: { token: await plantToken(w, 'invitation', (await invited(w)).id) },
    as: newCaller(),
  }),
  'invitation.accept': async (w) => ({
    input: {
      token: await plantToken(w, 'invitation', (await invited(w)).id),
      name: 'Newcomer',
      password: 'sixteen boats in the fog',
    },
    as: newCaller(),
  }),
  'apiKey.create': (w) => asMember(w, { name: 'planted key', role: 'viewer' as const }),
  'apiKey.authorise': (w) =>
    asMember(w, {
      id: newId('ak') as InputOf<typeof apiKey.authorise>['id'],
      secretHash: randomBytes(32).toString('hex'),
      name: 'cli',
      role: 'viewer' as const,
    }),
  'apiKey.list': (w) => asMember(w, {}),
  'apiKey.revoke': async (w) => {
    const { caller } = await somebody(w)
    return { input: { id: (await w.platform.call(apiKey.create, { name: 'gone', role: 'viewer' }, caller)).id }, as: caller }
  },
  'sso.read': async (w) => {
    await signOn(w)
    return ownerCall(w, {})
  },
  'sso.create': async (w) => {
    const { id } = await anotherConnection(w)
    const { provider } = await signOn(w)
    await w.platform.call(sso.remove, { id }, w.members.owner.caller)
    return ownerCall(w, { name: 'Planted', settings: { kind: 'oidc' as const, issuer: provider.issuer } })
  },
  'sso.update': async (w) => ownerCall(w, { id: (await anotherConnection(w)).id, name: 'Planted again' }),
  'sso.beginTest': async (w) => ownerCall(w, { id: (await signOn(w)).connectionId }),
  'sso.finishTest': async (w) => {
    const { connectionId: id, provider, domain } = await signOn(w)
    const { url } = await w.platform.call(sso.beginTest, { id }, w.members.owner.caller)
    return ownerCall(w, { id, parameters: provider.signIn(url, saidOf(domain, 'planted')) })
  },
  'sso.activate': async (w) => ownerCall(w, { id: (await signOn(w)).connectionId }),
  'sso.deactivate': async (w) => ownerCall(w, { id: (await anotherConnection(w)).id }),
  'sso.remove': async (w) => ownerCall(w, { id: (await anotherConnection(w)).id }),
  'sso.renewSigningKey': async (w) => ownerCall(w, { id: (await samlConnection(w)).id }),
  'sso.switchSigningKey': async (w) => {
    const { id, other } = await samlConnection(w, true)
    return ownerCall(w, { id, fingerprint: other })
  },
  'sso.withdrawSigningKey': async (w) => {
    const { id, other } = await samlConnection(w, true)
    return ownerCall(w, { id, fingerprint: other })
  },
  'sso.addDomain': async (w) => ownerCall(w, { domain: await plantedDomain(w) }),
  'sso.proveDomain': async (w) => ownerCall(w, { domain: await provedDomain(w) }),
  'sso.routeDomain': async (w) => ownerCall(w, { domain: await provedDomain(w), connectionId: (await signOn(w)).connectionId }),
  'sso.removeDomain': async (w) => ownerCall(w, { domain: await provedDomain(w) }),
  'sso.enforce': async (w) => ownerCall(w, await enforceable(w)),
  'sso.lift': async (w) => {
    await enforced(w)
    return ownerCall(w, {})
  },
  'sso.confirmDrill': async (w) => {
    await enforced(w)
    const { rows } = await w.platform.admin.query<{ id: string }>(
      'select id from session where person_id = $1 and revoked_at is null order by created_at desc limit 1',
      [w.members.owner.personId],
    )
    const mark = `update session set amr = amr || '{break_glass}' where id = $1`
    await w.platform.arrange(w.founded.orgId, mark, [rows[0]?.id])
    return ownerCall(w, {})
  },
  'directory.read': (w) => ownerCall(w, {}),
  'directory.create': (w) => byCustomer(w, { name: 'Planted directory' }),
  'directory.issueCredential': async (w) => {
    await directoryIn(w)
    return ownerCall(w, { kind: 'client' as const, overlapHours: 0 })
  },
  'directory.revokeCredential': async (w) => ownerCall(w, { id: (await credentialIn(w)).credential.id }),
  'directory.disable': async (w) => {
    await directoryIn(w)
    return ownerCall(w, { reason: 'planted-reason' })
  },
  'directory.enable': async (w) => {
    await directoryIn(w, 'disabled')
    return ownerCall(w, {})
  },
  'directory.people': (w) => ownerCall(w, {}),
  'directory.groups': async (w) => {
    await directoryIn(w)
    return ownerCall(w, {})
  },
  'directory.previewRoles': async (w) => ownerCall(w, await directoryIn(w)),
  'directory.applyRoles': async (w) => {
    const mapping = await directoryIn(w)
    const { hash } = await w.platform.call(directory.previewRoles, mapping, w.members.owner.caller)
    return ownerCall(w, { ...mapping, hash })
  },
  'directory.unmapGroup': async (w) => {
    const mapping = await directoryIn(w)
    const { hash } = await w.platform.call(directory.previewRoles, mapping, w.members.owner.caller)
    await w.platform.call(directory.applyRoles, { ...mapping, hash }, w.members.owner.caller)
    return ownerCall(w, { id: mapping.roles[0]?.groupId ?? ('' as never) })
  },
  'directory.log': (w) => ownerCall(w, {}),
  'directory.startTest': async (w) => {
    await directoryIn(w)
    await w.platform.settle() // the one before is over
    return ownerCall(w, {})
  },
  'directory.test': async (w) => {
    await w.platform.settle() // a test that was begun writes its end
    return ownerCall(w, {})
  },
  'apiKey.rotate': async (w) => {
    const { caller } = await somebody(w)
    return { input: { id: (await w.platform.call(apiKey.create, { name: 'turned', role: 'viewer' }, caller)).id }, as: caller }
  },
  'apiKey.endOverlap': async (w) => {
    const { caller } = await somebody(w)
    const { id } = await w.platform.call(apiKey.create, { name: 'turned', role: 'viewer' }, caller)
    await w.platform.call(apiKey.rotate, { id }, caller)
    return { input: { id }, as: caller }
  },
  'serviceAccount.create': async (w) => ownerCall(w, await accountFields(w)),
  'serviceAccount.list': (w) => asMember(w, {}),
  'serviceAccount.read': async (w) => asMember(w, { id: (await accountIn(w)).id }),
  'serviceAccount.current': async (w) => {
    const { id } = await accountIn(w)
    const wanted = { id, name: 'planted key', scopes: ['policy:read' as const] }
    const { key } = await w.platform.call(serviceAccount.createKey, wanted, w.members.owner.caller)
    return { input: {}, as: newCaller({ apiKey: key }) }
  },
  'serviceAccount.update': async (w) => ownerCall(w, { id: (await accountIn(w)).id, purpose: 'Planted anew' }),
  'serviceAccount.reassign': async (w) => ownerCall(w, { id: (await accountIn(w)).id, ownerId: (await somebody(w)).personId }),
  'serviceAccount.confirmReview': async (w) => ownerCall(w, { id: (await accountIn(w)).id, comment: 'Planted: still needed.' }),
  'serviceAccount.createKey': async (w) =>
    ownerCall(w, { id: (await accountIn(w)).id, name: 'planted key', scopes: ['policy:read' as const] }),
  'serviceAccount.disable': async (w) => ownerCall(w, { id: (await accountIn(w)).id }),
  'policy.create': (w) => asMember(w, { title: 'Planted policy', content: 'planted-secret-text' }),
  'policy.update': async (w) => ownerCall(w, { id: (await draft(w)).policyId, title: 'Planted again' }),
  'policy.addVersion': async (w) =>
    asMember(w, { id: (await versionIn(w, 'published')).policyId, content: 'planted-secret-text', note: 'next' }),
  'policy.editDraft': async (w) => asMember(w, { id: (await draft(w)).id, content: 'planted-secret-text, edited' }),
  'policy.submit': async (w) => asMember(w, { id: (await draft(w)).id }),
  'policy.approve': async (w) => {
    const { id, sha256 } = await versionIn(w, 'in_review')
    return ownerCall(w, { id, sha256 })
  },
  'policy.requestChanges': async (w) => ownerCall(w, { id: (await versionIn(w, 'in_review')).id, comment: 'Shorter.' }),
  'policy.publish': async (w) => ownerCall(w, { id: (await versionIn(w, 'approved')).id }),
  'policy.confirmReview': async (w) => ownerCall(w, { id: (await versionIn(w, 'published')).policyId, comment: 'Stands.' }),
  'policy.retire': async (w) => ownerCall(w, { id: (await draft(w)).policyId, reason: 'Replaced.' }),
  'policy.acknowledge': async (w) => {
    const { id, sha256 } = await versionIn(w, 'published')
    return asMember(w, { id, sha256 })
  },
  'policy.remind': async (w) => ownerCall(w, { id: (await versionIn(w, 'published')).policyId }),
  'policy.list': (w) => asMember(w, {}),
  'policy.read': async (w) => asMember(w, { id: (await draft(w)).policyId }),
  'policy.content': async (w) => asMember(w, { id: (await draft(w)).id }),
  'policy.diff': async (w) => {
    const first = await versionIn(w, 'published')
    const next = await w.platform.call(
      policy.addVersion,
      { id: first.policyId, content: 'other', note: 'next' },
      w.members.member.caller,
    )
    return asMember(w, { id: next.id, from: first.id })
  },
  'policy.acknowledgements': async (w) => ownerCall(w, { id: (await versionIn(w, 'published')).policyId }),
  'host.register': (w) =>
    ownerCall(w, { name: `planted-${randomBytes(4).toString('hex')}`, environment: 'production', address: '192.0.2.9' }),
  'host.renewToken': async (w) => ownerCall(w, { id: (await registered(w)).host.id }),
  'host.update': async (w) => ownerCall(w, { id: (await registered(w)).host.id, environment: 'staging' }),
  'host.retire': async (w) => ownerCall(w, { id: (await registered(w)).host.id, reason: 'Replaced.' }),
  'host.list': (w) => asMember(w, {}),
  'host.read': async (w) => asMember(w, { id: (await registered(w)).host.id }),
  'host.authorities': (w) => asMember(w, {}),
  'sshAuthority.status': (w) => asMember(w, {}),
  'sshAuthority.rotate': async (w) => ownerCall(w, await noRotation(w)),
  'sshAuthority.hasten': async (w) => ownerCall(w, { id: await announcedRotation(w), reason: 'planted-reason' }),
  'accessPolicy.create': (w) => ownerCall(w, accessRules),
  'accessPolicy.update': async (w) =>
    ownerCall(w, { ...accessRules, id: (await accessRule(w)).id, version: 1, logins: ['planted', 'deploy'] }),
  'accessPolicy.retire': async (w) => ownerCall(w, { id: (await accessRule(w)).id, reason: 'Replaced.' }),
  'accessPolicy.wouldEnd': async (w) => ownerCall(w, { id: (await accessRule(w)).id, rules: accessRules }),
  'accessPolicy.list': (w) => asMember(w, {}),
  'accessPolicy.read': async (w) => asMember(w, { id: (await accessRule(w)).id }),
  'accessReview.begin': async (w) => {
    await noReview(w)
    return ownerCall(w, {})
  },
  'accessReview.list': async (w) => {
    await reviewed(w)
    return ownerCall(w, {})
  },
  'accessReview.read': async (w) => ownerCall(w, { id: (await reviewed(w)).id }),
  'accessReview.items': async (w) => ownerCall(w, { id: (await reviewed(w)).id }),
  'accessReview.decide': async (w) => {
    const { id, item } = await reviewed(w)
    const decision = { item: item.id, version: item.version, decision: 'keep' as const }
    return ownerCall(w, { id, decisions: [decision], reason: 'planted-reason' })
  },
  'accessReview.refresh': async (w) => {
    const { id, item } = await reviewed(w)
    return ownerCall(w, { id, items: [item.id] })
  },
  'accessReview.complete': async (w) => ownerCall(w, { ...(await decidedReview(w)), comment: 'planted-comment' }),
  'accessReview.exportCsv': async (w) => ownerCall(w, { id: (await reviewed(w)).id }),
  'accessReview.exportJson': async (w) => ownerCall(w, { id: (await reviewed(w)).id }),
  'grant.options': async (w) => ownerCall(w, { hostId: (await askFor(w)).hostId }),
  'grant.request': async (w) => ownerCall(w, await askFor(w)),
  'grant.approve': async (w) => ({ input: await approval(w), as: w.members.admin.caller }),
  'grant.deny': async (w) => ({ input: { id: (await requested(w)).id, reason: 'Not now.' }, as: w.members.admin.caller }),
  'grant.cancel': async (w) => ownerCall(w, { id: (await requested(w)).id }),
  'grant.certificate': async (w) => ownerCall(w, { id: (await granted(w)).id, publicKey: newSshKey() }),
  'grant.extend': async (w) =>
    ownerCall(w, {
      id: (await granted(w)).id,
      seconds: 600,
      reason: 'planted-reason',
      code: await unusedCode(w, w.members.owner),
    }),
  'grant.return': async (w) => ownerCall(w, { id: (await granted(w)).id }),
  'grant.revoke': async (w) => ownerCall(w, { id: (await granted(w)).id, reason: 'planted-reason' }),
  'grant.revokeAllOf': (w) => ownerCall(w, { personId: w.members.owner.personId, reason: 'planted-reason' }),
  'grant.list': async (w) => {
    await requested(w)
    return ownerCall(w, {})
  },
  'grant.read': async (w) => ownerCall(w, { id: (await granted(w)).id }),
  'breakGlass.list': async (w) => {
    await brokenGlass(w)
    return ownerCall(w, {})
  },
  'breakGlass.review': async (w) => ownerCall(w, { id: await brokenGlass(w), finding: 'planted finding' }),
  'emergencyKey.list': async (w) => {
    await emergencyRecord(w)
    return ownerCall(w, {})
  },
  'emergencyKey.register': (w) => ownerCall(w, ofEmergency(w)),
  'emergencyKey.confirm': async (w) => ownerCall(w, { id: await emergencyRecord(w), until: ofEmergency(w).until }),
  'emergencyKey.end': async (w) => ownerCall(w, { id: await emergencyRecord(w), reason: 'planted-reason' }),
  'recording.open': behindBastion,
  'recording.append': async (w) => {
    const { chunk, as } = await opened(w)
    return { input: chunk, as }
  },
  'recording.end': async (w) => {
    const { id, as } = await opened(w)
    return { input: { id, chunks: 0, head: recordingRoot(id), outcome: 'cut_off' as const }, as }
  },
  'recording.list': async (w) => {
    await recorded(w)
    return ownerCall(w, {})
  },
  'recording.read': async (w) => ownerCall(w, await recorded(w)),
  'recording.events': async (w) => ownerCall(w, await recorded(w)),
  'recording.search': async (w) => ownerCall(w, { ...(await recorded(w)), text: 'planted' }),
  'recording.verify': async (w) => ownerCall(w, await recorded(w)),
  'agent.enrol': async (w) => ({ input: enrolment((await registered(w)).token), as: newCaller() }),
  'agent.state': async (w) => ({ input: {}, as: await agentIn(w) }),
  'access.news': (w) => ownerCall(w, {}),
  'agent.events': async (w) => ({ input: { state: 'along' }, as: await agentIn(w) }),
  'agent.report': async (w) => ({
    input: {
      acknowledged: 1,
      refused: [{ at: w.platform.clock.now().toISOString(), reason: 'planted: no grant' }],
      posture: { at: w.platform.clock.now().toISOString(), accounts: 1, ways: ['planted: another way in'] },
    },
    as: await agentIn(w),
  }),
  'agent.renewHostCertificate': async (w) => ({ input: { hostPublicKey: newSshKey() }, as: await agentIn(w) }),
  'ledger.list': (w) => ownerCall(w, {}),
  'database.register': async (w) => ownerCall(w, await registration(w)),
  'database.test': async (w) => ownerCall(w, { id: (await aDatabase(w)).id }),
  'database.setAdministrator': async (w) => {
    const input = await registration(w)
    const { id } = await w.platform.call(database.register, input, w.members.owner.caller)
    const { administrator, password, authority } = input
    return ownerCall(w, { id, administrator, password, authority })
  },
  'database.retire': async (w) => ownerCall(w, { id: (await aDatabase(w)).id, reason: 'Planted reason' }),
  'database.list': (w) => ownerCall(w, {}),
  'database.read': async (w) => ownerCall(w, { id: (await aDatabase(w)).id }),
  'grant.databaseOptions': (w) => ownerCall(w, {}),
  'grant.databaseCredentials': async (w) => ownerCall(w, await databaseGrant(w)),
  'grant.abandonDatabaseRoles': async (w) => ownerCall(w, { id: await unprovedGrant(w), reason: 'Planted reason' }),
  'ledger.read': (w) => ownerCall(w, { seq: 0 }),
  'ledger.head': (w) => asMember(w, {}),
  'ledger.activity': (w) => ownerCall(w, {}),
  'ledger.verify': (w) => asMember(w, {}),
  'ledger.export': (w) => ownerCall(w, {}),
  'ledger.checkpoints': (w) => asMember(w, {}),
  'ledger.checkpoint': (w) => ownerCall(w, {}),
  'ledger.witnesses': (w) => asMember(w, {}),
  'ledger.addWitness': (w) => ownerCall(w, { kind: 'email' as const, target: 'planted-witness@example.test' }),
  'ledger.removeWitness': async (w) => {
    const { id } = await w.platform.call(
      ledger.addWitness,
      { kind: 'email', target: 'gone@example.test' },
      w.members.owner.caller,
    )
    return ownerCall(w, { id })
  },
  'obligation.mine': (w) => ownerCall(w, {}),
  'obligation.list': (w) => ownerCall(w, {}),
  'obligation.read': async (w) => ownerCall(w, { id: await owedIn(w) }),
  'obligation.rebase': async (w) => ownerCall(w, { id: await owedIn(w), dueAt: nextYear(w), reason: 'Planted reason' }),
  'obligation.pause': async (w) => ownerCall(w, { id: await owedIn(w), reason: 'Planted reason' }),
  'obligation.resume': async (w) => ownerCall(w, { id: await pausedIn(w), reason: 'Planted reason' }),
  'obligation.readCalendar': (w) => ownerCall(w, {}),
  'obligation.setCalendar': (w) =>
    ownerCall(w, { timeZone: 'Europe/Vienna', weekdays: [1, 2, 3, 4, 5], holidays: [{ on: '2026-12-25', name: 'Christmas' }] }),
  'accessLog.list': (w) => ownerCall(w, {}),
  'staff.organisations': (w) => ownerCall(w, {}),
  'staff.request': async (w) => ownerCall(w, await staffAsk(w)),
  'staff.list': (w) => ownerCall(w, {}),
  'staff.enter': enterCustomers,
  'staff.leave': async (w) => {
    const { input, as } = await enterCustomers(w)
    await w.platform.call(staff.enter, input, as)
    return { input: {}, as }
  },
  'staff.giveBack': async (w) => ownerCall(w, { id: (await staffAsked(w)).id }),
  'staffAccess.list': async (w) => {
    await staffAsked(w)
    return byCustomer(w, {})
  },
  'staffAccess.approve': async (w) => byCustomer(w, await staffApproval(w)),
  'staffAccess.deny': async (w) => byCustomer(w, { id: (await staffAsked(w)).id }),
  'staffAccess.end': async (w) => byCustomer(w, { id: (await staffLet(w)).id }),
  'staffAccess.policy': (w) => byCustomer(w, {}),
  'staffAccess.allowAhead': (w) => byCustomer(w, allowed),
  'staffAccess.withdraw': async (w) => {
    await w.platform.call(staffAccess.allowAhead, allowed, w.customer.caller)
    return byCustomer(w, {})
  },
  'encryption.keys': (w) => ownerCall(w, {}),
  'encryption.rotateDataKey': (w) => ownerCall(w, {}),
  'operator.health': (w) => ownerCall(w, {}),
  'operator.keys': (w) => ownerCall(w, {}),
  'operator.rotate': (w) => ownerCall(w, { secret: 'token-signing' as const }),
  'operator.outbox': (w) => ownerCall(w, {}),
  'operator.mail': (w) => ownerCall(w, { id: newId('ma') as never }),
  'operator.organisations': (w) => ownerCall(w, {}),
  'operator.setPlan': async (w) => ownerCall(w, { id: (await unfounded(w)).id, plan: 'growth' as const }),
  'operator.checkPromises': (w) => ownerCall(w, {}),
}

/** The sample of an operation that is only known at run time. */
export const sampleOf = (operation: Operation, world: World): Promise<Call<unknown>> => {
  const sample = samples[operation.name as OperationName] as ((world: World) => Promise<Call<unknown>>) | undefined
  if (!sample) throw new Error(`${operation.name} has no sample`)
  return sample(world)
}
