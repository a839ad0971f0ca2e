import { generateKeyPairSync } from 'node:crypto'
import { accessPolicy, agent, grant, host, serviceAccount, session, type HostId, type Role } from '@holdfast/contract'
import { ed25519PublicKey, formatPublicKey } from '@holdfast/crypto/ssh'
import { visitorAt, type Authenticator, type Visitor } from './demo-visitor.ts'

const newKey = (): string => {
  const { publicKey } = generateKeyPairSync('ed25519')
  return formatPublicKey(ed25519PublicKey(publicKey.export({ format: 'der', type: 'spki' }).subarray(-32)))
}

/** A server whose agent has enrolled; nothing runs there, so that it soon is shown as silent, as it would be. */
const enrolHost = async (url: string, owner: Visitor, name: string, environment: string, labels: string[]) => {
  const { token, hostId } = await owner.call(host.register, { name, environment, labels, address: `${name}.example.com` })
  const enrolled = await visitorAt(url).call(agent.enrol, { token, hostPublicKey: newKey(), agentVersion: '0.1.0' })
  const own = visitorAt(url, { authorization: `Bearer ${enrolled.agentKey}` })
  return { hostId, report: () => own.call(agent.report, { acknowledged: enrolled.state.sequence + 100 }) }
}

type CodeOf = (role: Role) => Promise<string>

/** A program with an account of its own, for which the member answers: it asked by its key, somebody approved, and it gave the access back. */
const fillMachine = async (
  url: string,
  { owner, admin, member }: Record<'owner' | 'admin' | 'member', Visitor>,
  codeOf: CodeOf,
  hostId: HostId,
): Promise<void> => {
  const { person } = await member.call(session.current, {})
  const account = await owner.call(serviceAccount.create, {
    ...{ name: 'nightly-deploy', purpose: 'Brings what was merged to staging, each night.', role: 'member', ownerId: person.id },
  })
  const scopes = ['access:request' as const]
  const { key } = await owner.call(serviceAccount.createKey, { id: account.id, name: 'pipeline', scopes })
  await owner.call(accessPolicy.create, {
    ...{ name: 'Nightly deploys', selects: { hostIds: [hostId] }, logins: ['deploy'], maxSeconds: 3600 },
    ...{ requesters: { serviceAccountIds: [account.id] }, approvers: { roles: ['admin'] } },
  })
  const program = visitorAt(url, { authorization: `Bearer ${key}` })
  const asked = await program.call(grant.request, { hostId, login: 'deploy', seconds: 900, reason: 'Release 42 to staging.' })
  await admin.call(grant.approve, { id: asked.id, requestHash: asked.requestHash, code: await codeOf('admin') })
  await program.call(grant.certificate, { id: asked.id, publicKey: newKey() })
  await program.call(grant.return, { id: asked.id })
}

/** Two servers, the rules for them, and access in each state, a program's too: one given and returned, one that runs, one that waits for an answer. */
export const fillAccess = async (
  url: string,
  { owner, admin, reviewer, member }: Record<Role, Visitor>,
  codes: Partial<Record<Role, Authenticator>>,
): Promise<void> => {
  const codeOf = (role: Role): Promise<string> => codes[role]?.code() ?? Promise.reject(new Error(`${role} has no authenticator`))
  const database = await enrolHost(url, owner, 'db-1', 'production', ['team=data'])
  const staging = await enrolHost(url, owner, 'web-staging-1', 'staging', ['team=web'])
  const logins = ['deploy', 'postgres']
  const requesters = { roles: ['member' as const, 'reviewer' as const] }
  const approvers = { roles: ['admin' as const] }
  await owner.call(accessPolicy.create, {
    ...{ name: 'Production', selects: { environments: ['production'] }, logins, requesters, approvers },
    ...{ maxSeconds: 2 * 3600, ticketPattern: 'OPS-#' },
  })
  await owner.call(accessPolicy.create, {
    ...{
      name: 'Staging',
      selects: { environments: ['staging'] },
      logins: ['deploy'],
      requesters,
      approvers,
      maxSeconds: 8 * 3600,
    },
    extensions: ['permit-port-forwarding'],
  })
  const approve = async ({ id, requestHash }: { id: string; requestHash: string }) =>
    admin.call(grant.approve, { id: id as never, requestHash, code: await codeOf('admin') })

  const first = await member.call(grant.request, {
    ...{ hostId: staging.hostId, login: 'deploy', seconds: 3600, reason: 'Try the new release.', code: await codeOf('member') },
  })
  await approve(first)
  await member.call(grant.certificate, { id: first.id, publicKey: newKey() })
  await member.call(grant.return, { id: first.id })
  await staging.report()
  const running = await reviewer.call(grant.request, {
    ...{ hostId: database.hostId, login: 'postgres', seconds: 7200, ticket: 'OPS-1371', code: await codeOf('reviewer') },
    reason: 'Find out why the nightly report is slow.',
  })
  await approve(running)
  await member.call(grant.request, {
    ...{ hostId: database.hostId, login: 'deploy', seconds: 1800, ticket: 'OPS-1374', code: await codeOf('member') },
    reason: 'Apply migration 42 by hand; the job stopped halfway.',
  })
  await database.report()
  await fillMachine(url, { owner, admin, member }, codeOf, staging.hostId)
  await staging.report()
}
