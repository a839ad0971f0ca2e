/** Samples of just-in-time access (C6): grants in the state that each operation needs, and hosts whose agents have enrolled. */
import { generateKeyPairSync, randomBytes } from 'node:crypto'
import {
  accessPolicy,
  agent,
  factor,
  grant,
  host,
  organisation,
  sshAuthority,
  type InputOf,
  type OutputOf,
} from '@holdfast/contract'
import { ed25519PublicKey, formatPublicKey } from '@holdfast/crypto/ssh'
import { authenticatorOf, confirm, demoSignIns, type Ground, type Headers, type Person } from './ground.ts'
import { each, once, unused, type Make } from './sample.ts'
import { aServiceAccount } from './service-account-samples.ts'

export const newSshKey = (): string => {
  const { publicKey } = generateKeyPairSync('ed25519')
  return formatPublicKey(ed25519PublicKey(publicKey.export({ format: 'der', type: 'spki' }).subarray(-32)))
}

export const rules = {
  selects: { environments: ['prod'] },
  logins: ['deploy'],
  requesters: { roles: ['member' as const] },
  approvers: { roles: ['owner' as const] },
}

const registered = ({ call, keys }: Ground) =>
  call(host.register, { name: `attacked-${unused()}`, environment: 'prod', address: '10.0.0.5' }, keys.owner)

export const aHost = async (ground: Ground): Promise<string> => (await registered(ground)).hostId

export const anAccessPolicy = async (
  { call, keys }: Ground,
  more: Partial<InputOf<typeof accessPolicy.create>> = {},
): Promise<InputOf<typeof accessPolicy.read>['id']> =>
  (await call(accessPolicy.create, { name: 'Attacked', ...rules, ...more }, keys.owner)).id

/** Rules that name a service account, too. */
export const rulesWithAccount = async (ground: Ground) => ({
  ...rules,
  requesters: { ...rules.requesters, serviceAccountIds: [await aServiceAccount(ground)] },
})

/** A rotation of the key that signs bundles, which no certificate hangs on; each time as it is when all are told. */
const aRotation = async ({ call, keys, database }: Ground) => {
  await database.query('delete from ssh_rotation')
  const { id } = await call(sshAuthority.rotate, { purpose: 'revocations' }, keys.owner)
  const announced =
    'update ssh_rotation set to_version = 2, made_at = now(), sequence = 1, moved_at = null, retired_at = null where id = $1'
  return async () => (await database.query(announced, [id]), id)
}

interface EnrolledHost {
  hostId: OutputOf<typeof agent.enrol>['hostId']
  /** Of its agent. */
  as: Headers
}

const enrolledHost = async (ground: Ground): Promise<EnrolledHost> => {
  const { token } = await registered(ground)
  const enrolment = { token, hostPublicKey: newSshKey(), agentVersion: '1.0' }
  const { hostId, agentKey } = await ground.call(agent.enrol, enrolment, { origin: ground.system.url })
  return { hostId, as: { authorization: `Bearer ${agentKey}` } }
}

/** The demo's Owner's codes: whose key sends most requests. */
export const ownersCodes = async (ground: Ground): Promise<() => Promise<string>> => {
  const { totpSecret } = await demoSignIns(ground)
  const { rows } = await ground.database.query<{ person_id: string }>(
    `select m.person_id from membership m join org o on o.id = m.org_id where m.role = 'owner' and o.is_operator`,
  )
  return authenticatorOf(ground, rows[0]?.person_id ?? '', totpSecret)
}

/** A person who may approve, with an authenticator. */
export const reviewersCodes = async (ground: Ground, { personId, browser, renew }: Person): Promise<() => Promise<string>> => {
  await ground.database.query(`update membership set role = 'reviewer' where person_id = $1`, [personId])
  const { id, secret } = await ground.call(factor.enrolTotp, {}, browser())
  const code = authenticatorOf(ground, personId, secret)
  await ground.call(factor.confirmTotp, { id, code: await code() }, browser())
  await renew() // confirming has ended the session that we know
  await confirm(ground, { personId })
  return code
}

const terms = {
  requesters: { roles: ['owner' as const, 'member' as const] },
  approvers: { roles: ['owner' as const, 'reviewer' as const] },
  ...{ apiKeysMayAsk: true, maxSeconds: 7200, extensions: ['permit-port-forwarding' as const] },
}

/** What other samples published would have to be read first. */
export const acknowledged = ({ database }: Ground) =>
  database.query(
    `insert into policy_acknowledgement (org_id, version_id, person_id, at, statement, signature)
       select v.org_id, v.id, m.person_id, now(), 'Attacked', 'Attacked' from policy_version v join membership m using (org_id)
         where v.state = 'published' on conflict do nothing`,
  )

/** A request by a key, and how to make it one again after it was decided; or a grant that runs, approved by the demo's reviewer. */
export const aGrant = async (ground: Ground, by: 'owner' | 'member' = 'owner') => {
  const { call, keys, database } = ground
  await acknowledged(ground)
  const { hostId, as } = await enrolledHost(ground)
  const policyId = await anAccessPolicy(ground, { ...terms, selects: { hostIds: [hostId] } })
  const asked = { hostId, policyId, login: 'deploy', seconds: 600, reason: 'Attacked' }
  const { id, requestHash, personId } = await call(grant.request, asked, keys[by])
  const requested = async (): Promise<void> => {
    await database.query('delete from grant_approval where grant_id = $1', [id])
    await database.query(
      `update access_grant set state = 'requested', starts_at = null, ends_at = null, ended_at = null, end_reason = null, ended_by = null,
         decision_sealed = null, end_sequence = null, request_expires_at = now() + interval '1 hour' where id = $1`,
      [id],
    )
  }
  const running = async (): Promise<void> => {
    await requested()
    await database.query(
      `insert into grant_approval (org_id, grant_id, person_id, requester_id, request_hash, at)
         select g.org_id, g.id, m.person_id, g.person_id, g.request_hash, now() from access_grant g
           join membership m on m.org_id = g.org_id and m.role = 'reviewer' where g.id = $1 limit 1`,
      [id],
    )
    await database.query(
      `update access_grant set state = 'approved', starts_at = now() - interval '1 minute', ends_at = now() + interval '10 minutes'
         where id = $1`,
      [id],
    )
    await database.query(
      `update access_grant set state = 'lapsed', ended_at = now() where extends_id = $1 and state = 'requested'`,
      [id],
    )
    await database.query('delete from grant_certificate where grant_id = $1', [id])
  }
  return { id, requestHash, personId, hostId, as, requested, running }
}

type Given = Awaited<ReturnType<typeof aGrant>>

/** One request after the other on the same grant, put back into `state` before each. */
const onGrant =
  (state: 'requested' | 'running', by: 'owner' | 'member' = 'owner'): Make =>
  async (ground) => {
    const given = await aGrant(ground, by)
    return each(async () => (await given[state](), { id: given.id }))
  }

/** The same with a code of the Owner's. */
const withCode =
  (rest: Record<string, unknown> = {}): Make =>
  async (ground) => {
    const [given, code] = [await aGrant(ground), await ownersCodes(ground)]
    return each(async () => (await given.running(), { id: given.id, code: await code() }), rest)
  }

const hour = 3_600_000

const asking: Make = async (ground) => {
  const { database } = ground
  await acknowledged(ground)
  const [{ hostId }, code] = [await enrolledHost(ground), await ownersCodes(ground)]
  const policyId = await anAccessPolicy(ground, { ...terms, selects: { hostIds: [hostId] } })
  const forget = `update access_grant set state = 'lapsed', ended_at = now() where host_id = $1 and state = 'requested'`
  const make = async (): Promise<Record<string, string>> => {
    await database.query(forget, [hostId])
    return { hostId, code: await code() }
  }
  const notBefore = new Date(Date.now() + 24 * hour).toISOString()
  return each(make, { policyId, notBefore, sourceNetworks: ['10.0.0.0/8'], extensions: ['permit-port-forwarding'] })
}

/** Reported by an agent, and not reviewed yet. */
const emergencies = async (ground: Ground) => {
  const { hostId, as } = await enrolledHost(ground)
  return async (): Promise<string> => {
    const use = { at: new Date().toISOString(), from: '10.0.0.9', keyId: 'emergency' }
    await ground.call(agent.report, { acknowledged: 0, breakGlass: [use] }, as)
    const found = await ground.database.query<{ id: string }>(
      'select id from break_glass_use where host_id = $1 order by id desc limit 1',
      [hostId],
    )
    return found.rows[0]?.id ?? ''
  }
}

/** A session of a grant on this host that began, one that ended, a refusal, an emergency access: every field that a report has. */
const reportOf = ({ id: grantId }: Given): Record<string, unknown> => {
  const [session, at] = [`ls_${randomBytes(13).toString('hex')}`, new Date().toISOString()]
  return {
    acknowledged: 1,
    sessions: [{ id: session, grantId, login: 'deploy', startedAt: at }],
    ended: [{ id: session, at, toldAt: at, reason: 'closed', survivors: 0 }],
    refused: [{ at, login: 'deploy', keyId: 'attacked', reason: 'Attacked' }],
    breakGlass: [{ at, from: '10.0.0.9', keyId: 'emergency' }],
    posture: { at, accounts: 2, ways: ['root: attacked'] },
  }
}

export const accessSamples: Record<string, Make> = {
  'operator.setPlan': async ({ call, keys }) => {
    const ownerEmail = `${unused()}@attack.example`
    return once({ id: (await call(organisation.create, { name: 'Attacked', ownerEmail }, keys.owner)).id, endsAt: null })
  },
  'organisation.inviteOwner': async ({ call, keys }) => {
    const ownerEmail = `${unused()}@attack.example`
    const { id } = await call(organisation.create, { name: 'Attacked', ownerEmail }, keys.owner)
    return each(async () => ({ ownerEmail: `${unused()}@attack.example` }), { id })
  },
  'grant.options': async (ground) => {
    const { hostId } = await aGrant(ground)
    const { rows } = await ground.database.query<{ name: string }>('select name from host where id = $1', [hostId])
    return once({ hostId, name: rows[0]?.name, after: 'a' })
  },
  'grant.request': asking,
  'grant.approve': async (ground, who) => {
    const [given, code] = [await aGrant(ground, 'member'), await reviewersCodes(ground, who)]
    const { id, requestHash } = given
    return each(async () => (await given.requested(), { id, code: await code() }), { requestHash })
  },
  'grant.deny': onGrant('requested', 'member'),
  'grant.cancel': onGrant('requested'),
  'grant.certificate': withCode({ publicKey: newSshKey() }),
  'grant.extend': withCode(),
  'grant.return': onGrant('running'),
  'grant.revoke': onGrant('running', 'member'),
  'grant.revokeAllOf': async (ground, who) => {
    const given = await aGrant(ground)
    await ground.database.query('update access_grant set person_id = $2 where id = $1', [given.id, who.personId])
    return each(async () => (await given.running(), { personId: who.personId }))
  },
  'grant.list': async (ground) => {
    const { hostId, personId } = await aGrant(ground)
    return once({ show: 'all', state: 'requested', hostId, personId, serviceAccountId: await aServiceAccount(ground) })
  },
  'grant.read': async (ground) => {
    const given = await aGrant(ground)
    await given.running()
    return once({ id: given.id })
  },
  'breakGlass.list': async (ground) => {
    const use = await emergencies(ground)
    return once({ after: (await use(), await use()) })
  },
  'breakGlass.review': async (ground) => {
    const use = await emergencies(ground)
    return each(async () => ({ id: await use() }))
  },
  'sshAuthority.rotate': async (ground) =>
    each(async () => (await ground.database.query('delete from ssh_rotation'), { purpose: 'revocations' })),
  'sshAuthority.hasten': async (ground) => {
    const announced = await aRotation(ground)
    return each(async () => ({ id: await announced() }), { reason: 'Attacked' })
  },
  'agent.enrol': async (ground) => {
    const { hostId, token } = await registered(ground)
    const unuse = `update host_enrolment set used_at = null, expires_at = now() + interval '1 hour' where host_id = $1`
    return each(async () => (await ground.database.query(unuse, [hostId]), { token }), { hostPublicKey: newSshKey() })
  },
  'agent.report': async (ground) => {
    const given = await aGrant(ground)
    await given.running()
    return { ...once(reportOf(given)), as: given.as }
  },
  'agent.events': async (ground) => ({ ...once({ state: 'along' }), as: (await enrolledHost(ground)).as }),
  'agent.renewHostCertificate': async (ground) => ({
    ...once({ hostPublicKey: newSshKey() }),
    as: (await enrolledHost(ground)).as,
  }),
}
