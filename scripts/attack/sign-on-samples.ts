/**
 * Samples of single sign-on (C3) and of sign-in policies. The connections are to a SAML provider, since those of OpenID Connect are looked up in the
 * network; a SAML connection has no `secret`, the one field that is left out.
 */
import { randomBytes } from 'node:crypto'
import { organisation, sso, SsoConnectionId, type InputOf } from '@holdfast/contract'
import { pair } from '../../packages/saml/src/provider.fixture.ts'
import { metadataOf } from '../../packages/server/test/saml.ts'
import { customerOwner, type Ground, type Headers } from './ground.ts'
import { each, once, unused, type Make } from './sample.ts'

const inDays = (days: number): Date => new Date(Date.now() + days * 86_400_000)

const settings = async (): Promise<Pick<InputOf<typeof sso.create>, 'settings' | 'metadata'>> => ({
  settings: { kind: 'saml', mfaValues: ['2'] },
  metadata: { xml: metadataOf(await pair('provider', inDays(-1), inDays(365))) },
})

const connection = async ({ call, keys }: Ground, as: Headers = keys.owner): Promise<string> =>
  (await call(sso.create, { name: 'Attacked', ...(await settings()) }, as)).id

const activate = ({ database }: Ground, id: string): Promise<unknown> =>
  database.query(`update sso_connection set state = 'active', tested_at = now() where id = $1`, [id])

/** A domain of the operator's, proved, whose people sign in by an active connection; `connectionId`: another than a new one. */
const provedDomain = async (ground: Ground, connectionId?: string): Promise<string> => {
  const { database, call, keys } = ground
  const { id: orgId } = await call(organisation.read, {}, keys.owner)
  const id = connectionId ?? (await connection(ground))
  await activate(ground, id)
  const domain = `${unused()}.example`
  await database.query(
    `insert into sso_domain (org_id, domain, connection_id, token, proved_at, checked_at) values ($1, $2, $3, $4, now(), now())`,
    [orgId, domain, id, randomBytes(16).toString('hex')],
  )
  return domain
}

/** Sent by a session of the customer's Owner, about a connection of theirs. */
const byCustomer: Make = async (ground) => {
  const as = (await customerOwner(ground)).browser()
  return { ...once({ id: await connection(ground, as) }), as }
}

/** In the place of those before that no domain leads to: there may be only so many at once. */
const onlyConnection = async (ground: Ground): Promise<string> => {
  await ground.database.query(
    'delete from sso_connection c where not exists (select from sso_domain d where d.connection_id = c.id)',
  )
  return connection(ground)
}

/** Switched, the two change places; withdrawn, there must be another. */
const twoKeys = async (ground: Ground) => {
  const id = SsoConnectionId.parse(await connection(ground))
  const owner = ground.keys.owner
  return each(async () => {
    const { connections } = await ground.call(sso.read, {}, owner)
    const there = connections.find((one) => one.id === id)?.signing?.other
    const other = there ?? (await ground.call(sso.renewSigningKey, { id }, owner)).signing?.other
    return { id, fingerprint: other?.fingerprint ?? '' }
  })
}

/** At most so many connections: those that an attacked `sso.create` has made are in the way of the next. */
const few = ({ database }: Ground): Promise<unknown> => database.query(`delete from sso_connection where name <> 'Attacked'`)

export const signOnSamples: Record<string, Make> = {
  'session.discover': async (ground) => once({ domain: await provedDomain(ground) }),
  'session.beginSignOn': async (ground) => once({ domain: await provedDomain(ground), again: true }),
  'session.finishSignOn': async (ground) => {
    const connectionId = await connection(ground)
    await activate(ground, connectionId)
    return once({ connectionId, parameters: `SAMLResponse=${Buffer.from('<attacked/>').toString('base64')}&RelayState=attacked` })
  },
  'sso.create': async (ground) => {
    const given = await settings()
    return each(async () => (await few(ground), { name: unused() }), given)
  },
  'sso.update': async (ground) => once({ id: await connection(ground), ...(await settings()) }),
  'sso.activate': async (ground) => {
    const id = await connection(ground)
    await activate(ground, id)
    return once({ id })
  },
  'sso.deactivate': async (ground) => once({ id: await connection(ground) }),
  'sso.remove': (ground) => each(async () => ({ id: await connection(ground) })),
  'sso.beginTest': byCustomer,
  'sso.finishTest': byCustomer,
  'sso.renewSigningKey': (ground) => each(async () => ({ id: await onlyConnection(ground) })),
  'sso.switchSigningKey': twoKeys,
  'sso.withdrawSigningKey': twoKeys,
  'sso.addDomain': async (ground) => {
    const connectionId = await connection(ground)
    return each(async () => ({ domain: `${unused()}.example` }), { connectionId })
  },
  'sso.routeDomain': async (ground) => {
    const connectionId = await connection(ground)
    return once({ domain: await provedDomain(ground, connectionId), connectionId })
  },
  'sso.removeDomain': async (ground) => {
    const connectionId = await connection(ground)
    return each(async () => ({ domain: await provedDomain(ground, connectionId) }))
  },
  'signInPolicy.set': async (ground) => ({ ...once({}), as: (await customerOwner(ground)).browser() }),
}
