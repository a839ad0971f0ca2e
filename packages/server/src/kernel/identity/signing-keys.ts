import { exportJWK, generateKeyPair, importJWK, type CryptoKey, type JWK } from 'jose'
import type { Entered } from '../handle.ts'
import { newId } from '../identifier.ts'
import { readIn, type Ground } from '../unit.ts'
import type { Secrets } from './secrets.ts'
import './tables.ts'

/** How long a retired key still verifies: the life of what it signed (15 min), and the time a node may take to notice. */
export const retiredMinutes = 20

/** The keys of access tokens, as the database has them; remembered for a minute. */
export interface SigningKeys {
  signing: (now: Date) => Promise<{ kid: string; key: CryptoKey }>
  /** Null when no such key verifies (any more). An unknown id makes one look into the database, at most every five seconds. */
  verifying: (kid: string, now: Date) => Promise<CryptoKey | null>
  forget: () => void
}

interface Loaded {
  at: number
  signing: { kid: string; key: CryptoKey } | null
  verifying: Map<string, { key: CryptoKey; retiredAt: Date | null }>
}

const rememberedMs = 60_000
const unknownEveryMs = 5_000
const place = (kid: string) => ({ table: 'signing_key', column: 'private_sealed', row: kid })
const nothing: Loaded = { at: -Infinity, signing: null, verifying: new Map() }

const keyOf = async (jwk: JWK): Promise<CryptoKey> => {
  const key = await importJWK(jwk, 'EdDSA')
  if (key instanceof Uint8Array) throw new Error('a signing key is never symmetric')
  return key
}

export const createSigningKeys = (ground: Ground, secrets: Secrets, clock: () => number = Date.now): SigningKeys => {
  let held = nothing
  let loading: Promise<Loaded> | null = null

  const read = async (orgId: NonNullable<Awaited<ReturnType<Secrets['operatorOrg']>>>): Promise<Loaded> =>
    readIn(ground, orgId, null, async ({ tx, vault }) => {
      const rows = await tx
        .selectFrom('signingKey')
        .selectAll()
        .where((row) =>
          row.or([row('state', '!=', 'retired'), row('retiredAt', '>', new Date(clock() - retiredMinutes * 60_000))]),
        )
        .limit(100)
        .execute()
      const loaded: Loaded = { at: clock(), signing: null, verifying: new Map() }
      for (const { kid, state, publicJwk, privateSealed, retiredAt } of rows) {
        loaded.verifying.set(kid, { key: await keyOf(publicJwk as JWK), retiredAt })
        if (state === 'signing') {
          loaded.signing = {
            kid,
            key: await keyOf(JSON.parse(await vault.openText('platform', place(kid), privateSealed)) as JWK),
          }
        }
      }
      return loaded
    })
  const load = async (): Promise<Loaded> => {
    const orgId = await secrets.operatorOrg()
    return orgId ? read(orgId) : { ...nothing, at: clock() }
  }
  const fresh = (): Promise<Loaded> =>
    (loading ??= load()
      .then((loaded) => (held = loaded))
      .finally(() => (loading = null)))
  const current = async (): Promise<Loaded> => (held.signing && clock() - held.at < rememberedMs ? held : fresh())

  return {
    signing: async () => {
      const { signing } = await current()
      if (!signing) throw new Error('the installation is not set up')
      return signing
    },
    verifying: async (kid, now) => {
      let found = (await current()).verifying.get(kid)
      if (!found && clock() - held.at > unknownEveryMs) found = (await fresh()).verifying.get(kid)
      if (!found) return null
      return found.retiredAt && now.getTime() - found.retiredAt.getTime() > retiredMinutes * 60_000 ? null : found.key
    },
    forget: () => {
      held = nothing
    },
  }
}

/** Adds a key, private half sealed. */
const addKey = async ({ tx, vault }: Entered, state: 'next' | 'signing', now: Date): Promise<void> => {
  const { publicKey, privateKey } = await generateKeyPair('EdDSA', { crv: 'Ed25519', extractable: true })
  const kid = newId('sk')
  const privateSealed = await vault.seal('platform', place(kid), JSON.stringify(await exportJWK(privateKey)))
  const publicJwk = JSON.stringify(await exportJWK(publicKey))
  const signingAt = state === 'signing' ? now : null
  await tx.insertInto('signingKey').values({ kid, publicJwk, privateSealed, state, createdAt: now, signingAt }).execute()
}

/** The first keys of an installation: one that signs, one that is published ahead. */
export const createFirstSigningKeys = async (entered: Entered, now: Date): Promise<void> => {
  await addKey(entered, 'signing', now)
  await addKey(entered, 'next', now)
}

/**
 * next → signing, signing → retired (verifies for 20 minutes more), and a new next. In the operator's organisation. Returns the number of
 * keys there have been, or null when another rotation is under way. Call `tokens.forget()` after the commit.
 */
export const rotateSigningKey = async (entered: Entered, now: Date): Promise<number | null> => {
  const { tx } = entered
  const rows = await tx
    .selectFrom('signingKey')
    .select(['kid', 'state'])
    .where('state', '!=', 'retired')
    .orderBy('kid')
    .forUpdate()
    .execute()
  const next = rows.find(({ state }) => state === 'next')
  if (!next) return null
  await tx.updateTable('signingKey').set({ state: 'retired', retiredAt: now }).where('state', '=', 'signing').execute()
  await tx.updateTable('signingKey').set({ state: 'signing', signingAt: now }).where('kid', '=', next.kid).execute()
  await addKey(entered, 'next', now)
  const { count } = await tx
    .selectFrom('signingKey')
    .select(({ fn }) => fn.countAll<string>().as('count'))
    .executeTakeFirstOrThrow()
  return Number(count)
}
