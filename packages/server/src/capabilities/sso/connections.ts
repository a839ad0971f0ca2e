import { isDeepStrictEqual } from 'node:util'
import {
  credentialRenewal,
  signingKeyRenewal,
  sso,
  SsoConnectionId,
  type ConnectionSettings,
  type NameIdFormat,
  type ParsedInputOf,
  type SamlSettings,
} from '@holdfast/contract'
import { createSigningPair, nameIdFormats } from '@holdfast/saml'
import { handle, handleOutside, type Context, type Entered, type OutsideContext } from '../../kernel/handle.ts'
import { newIdOf } from '../../kernel/identifier.ts'
import type { Problem } from '../../kernel/problem.ts'
import { connectionIn, secretPlace } from '../../kernel/sign-on/connection.ts'
import { ProviderUnavailable, ProviderUnfit } from '../../kernel/sign-on/refusal.ts'
import { certificatesOf } from '../../kernel/sign-on/saml.ts'
import { signingClock } from './signing-keys.ts'
import { lockConnection, readConnection } from './rows.ts'
import { connectionsAtMost, providerOf } from './rules.ts'

type Refuse = (code: 'provider_unavailable' | 'provider_unfit', detail?: string, extras?: { cause?: unknown }) => Problem

/** What is sent to set a connection up. */
type Given = Partial<Pick<ParsedInputOf<typeof sso.update>, 'settings' | 'metadata' | 'secret'>>

/** Those of SAML, with what its metadata says, and when the first certificate runs out. */
const samlOf = async ({ services }: Pick<Context, 'services'>, settings: SamlSettings, { metadata, secret }: Given) => {
  if (secret !== undefined) throw new ProviderUnfit('A SAML connection has no client secret.')
  const provider = metadata ? await services.signOn.saml.read(metadata) : settings.provider
  const ends = provider ? certificatesOf(provider).map(({ notAfter }) => notAfter.getTime()) : []
  return { settings: { ...settings, provider }, expires: ends.length === 0 ? null : new Date(Math.min(...ends)) }
}

/**
 * Asks the provider before anything is stored. `expires` is undefined where it is for whoever sets
 * the connection up to say.
 */
const look = async (
  context: Pick<Context, 'services'>,
  settings: ConnectionSettings,
  given: Given,
  refuse: Refuse,
): Promise<{ settings: ConnectionSettings; expires?: Date | null }> => {
  try {
    if (settings.kind === 'saml') return await samlOf(context, settings, given)
    if (given.metadata) throw new ProviderUnfit('Only SAML providers have metadata.')
    await context.services.signOn.oidc.look(settings)
    return { settings }
  } catch (error) {
    if (error instanceof ProviderUnavailable) throw refuse('provider_unavailable', error.message, { cause: error })
    if (error instanceof ProviderUnfit) throw refuse('provider_unfit', error.message, { cause: error })
    throw error
  }
}

const seal = async ({ vault }: Entered, id: SsoConnectionId, secret: string): Promise<Buffer> =>
  vault.seal('org', secretPlace(id), secret)

const renewalOf = (id: SsoConnectionId, name: string, due: Date) =>
  ({ subject: id, label: `Single sign-on “${name}”`, role: 'owner', due }) as const

/** What the provider says, and a key for our requests: making one takes a while too. */
const prepare = async (input: ParsedInputOf<typeof sso.create>, context: OutsideContext<typeof sso.create>) => {
  const { services, now, fail } = context
  const looked = await look(context, input.settings, input, fail)
  const pair = looked.settings.kind === 'saml' ? await createSigningPair(services.publicUrl, { notBefore: now }) : null
  return { ...looked, pair }
}

export const create = handleOutside(sso.create, prepare, async (input, context, { settings, expires: known, pair }) => {
  const { tx, services, now, person, fail, obligations } = context
  const { name, secret, defaultRole } = input
  const there = await tx.selectFrom('ssoConnection').select('id').limit(connectionsAtMost).execute()
  if (there.length >= connectionsAtMost) throw fail('too_many_connections', 'Remove one that is not used.')
  const id = newIdOf(SsoConnectionId, 'co')
  const expires = known ?? (input.secretExpiresAt === null ? null : new Date(input.secretExpiresAt))
  const sealed = pair?.privateKeyPem ?? secret
  const kept = withFormat(settings, 'persistent')
  await tx
    .insertInto('ssoConnection')
    .values({
      ...{ id, name, defaultRole, kind: kept.kind, settings: JSON.stringify(kept) },
      secretSealed: sealed === undefined ? null : await seal(context, id, sealed),
      signingCertificate: pair?.certificatePem ?? null,
      secretExpiresAt: expires,
      ...{ createdBy: person(), createdAt: now, changedAt: now, testedAt: null, lastUsedAt: null },
    })
    .execute()
  if (expires) await obligations.open(credentialRenewal, renewalOf(id, name, expires))
  else obligations.unneeded(credentialRenewal)
  if (pair) await obligations.open(signingKeyRenewal, signingClock(id, name, pair.certificatePem))
  else obligations.unneeded(signingKeyRenewal)
  return readConnection(context, id, services)
})

/** Of SAML: what is not said of the Name ID format is as before. */
const withFormat = (settings: ConnectionSettings, before: NameIdFormat | null): ConnectionSettings =>
  settings.kind === 'saml'
    ? { ...settings, nameIdFormat: settings.nameIdFormat === undefined ? before : settings.nameIdFormat }
    : settings

const formatOf = (settings: ConnectionSettings): NameIdFormat | null =>
  settings.kind === 'saml' ? (settings.nameIdFormat ?? null) : null

/** Whether somebody came by a name of another format than requests are to ask for: asked for it, the provider might name them anew. */
const cameOtherwise = async ({ tx }: Pick<Entered, 'tx'>, id: SsoConnectionId, format: NameIdFormat): Promise<boolean> =>
  (await tx
    .selectFrom('ssoIdentity')
    .select('personId')
    .where('connectionId', '=', id)
    .where('nameIdFormat', '<>', nameIdFormats[format])
    .limit(1)
    .executeTakeFirst()) !== undefined

const isUsed = async ({ tx }: Pick<Entered, 'tx'>, id: SsoConnectionId): Promise<boolean> =>
  (await tx.selectFrom('ssoIdentity').select('personId').where('connectionId', '=', id).limit(1).executeTakeFirst()) !== undefined

/** The clock of a secret that runs out follows what is known of it. */
const renew = async (
  { obligations }: Pick<Context<typeof sso.update>, 'obligations'>,
  id: SsoConnectionId,
  { name, before, expires }: { name: string; before: Date | null; expires: Date | null },
): Promise<void> => {
  if (before?.getTime() === expires?.getTime()) return obligations.unneeded(credentialRenewal)
  await obligations.meet(credentialRenewal, { subject: id })
  if (expires) await obligations.open(credentialRenewal, renewalOf(id, name, expires))
  else obligations.unneeded(credentialRenewal)
}

/** What is to be asked of the provider, where the change touches that; undefined: nothing. */
const lookAgain = async ({ id, ...change }: ParsedInputOf<typeof sso.update>, context: OutsideContext<typeof sso.update>) => {
  const { read, orgId, fail } = context
  const held = async () => (await read((reading) => connectionIn(reading, orgId, id)))?.settings
  const asked = change.settings ?? (change.metadata || change.secret !== undefined ? await held() : undefined)
  return asked && look(context, asked, change, fail)
}

/**
 * A new secret is used at once, so that one can be replaced while people sign in. The provider itself stays once somebody came by it: another
 * one could call somebody else by the same subject.
 */
export const update = handleOutside(sso.update, lookAgain, async ({ id, ...change }, context, looked) => {
  const { tx, services, now, fail } = context
  const row = await lockConnection(context, id, fail)
  const settings = looked ? withFormat(looked.settings, formatOf(row.settings)) : row.settings
  const format = formatOf(settings)
  if (providerOf(settings) !== providerOf(row.settings) && (row.kind !== settings.kind || (await isUsed(context, id))))
    throw fail('provider_stays', 'People came by this provider. Add a connection for the other one.')
  if (format !== null && format !== formatOf(row.settings) && (await cameOtherwise(context, id, format)))
    throw fail('format_stays', 'People came by names of another format. Add a connection that asks for this one.')
  const name = change.name ?? row.name
  const said = settings.kind === 'saml' ? undefined : change.secretExpiresAt
  const stated = said === undefined ? row.secretExpiresAt : said === null ? null : new Date(said)
  const expires = looked?.expires === undefined ? stated : looked.expires
  const touched = change.secret !== undefined || !isDeepStrictEqual(settings, row.settings)
  await tx
    .updateTable('ssoConnection')
    .set({
      ...{ name, settings: JSON.stringify(settings), secretExpiresAt: expires },
      ...(change.defaultRole !== undefined && { defaultRole: change.defaultRole }),
      ...(change.secret !== undefined && { secretSealed: await seal(context, id, change.secret) }),
      ...(touched && { changedAt: now, testedAt: null, otherTestedAt: null }),
    })
    .where('id', '=', id)
    .execute()
  await renew(context, id, { name, before: row.secretExpiresAt, expires })
  return readConnection(context, id, services)
})

export const activate = handle(sso.activate, async ({ id }, context) => {
  const { tx, services, fail } = context
  const row = await lockConnection(context, id, fail)
  if (row.settings.kind === 'oidc' && row.settings.clientId === null)
    throw fail('client_missing', 'Enter the client id that the provider gave.')
  if (row.testedAt === null) throw fail('not_tested', 'Test the connection first: all that is needed must pass.')
  await tx.updateTable('ssoConnection').set({ state: 'active' }).where('id', '=', id).execute()
  return readConnection(context, id, services)
})

/** Whether enforced single sign-on relies on the connection. */
const isReliedOn = async ({ tx }: Pick<Entered, 'tx'>, id: SsoConnectionId): Promise<boolean> => {
  if (!(await tx.selectFrom('ssoEnforcement').select('breakGlass').executeTakeFirst())) return false
  const led = tx.selectFrom('ssoDomain').select('domain').where('connectionId', '=', id).where('provedAt', 'is not', null)
  return (await led.limit(1).executeTakeFirst()) !== undefined
}

export const deactivate = handle(sso.deactivate, async ({ id }, context) => {
  const { tx, services, now, fail } = context
  await lockConnection(context, id, fail)
  if (await isReliedOn(context, id)) throw fail('sso_enforced', 'Single sign-on is enforced by it. Lift that first.')
  await tx.updateTable('ssoConnection').set({ state: 'draft' }).where('id', '=', id).execute()
  await tx
    .updateTable('session')
    .set({ revokedAt: now, revokeReason: 'sso_deactivated' })
    .where('ssoConnectionId', '=', id)
    .where('revokedAt', 'is', null)
    .execute()
  return readConnection(context, id, services)
})

export const remove = handle(sso.remove, async ({ id }, context) => {
  const { tx, fail, obligations } = context
  const row = await lockConnection(context, id, fail)
  if (row.state === 'active') throw fail('still_active', 'Deactivate it first.')
  await tx.updateTable('ssoDomain').set({ connectionId: null }).where('connectionId', '=', id).execute()
  await tx.deleteFrom('ssoIdentity').where('connectionId', '=', id).execute()
  await tx.deleteFrom('ssoConnection').where('id', '=', id).execute()
  for (const kind of [credentialRenewal, signingKeyRenewal])
    await obligations.withdraw(kind, { subject: id }, 'The connection was removed.')
  return { id }
})
