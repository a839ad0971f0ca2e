import {
  createDataKeyBytes,
  destroyDataKey,
  EnvelopeError,
  importDataKey,
  keyIdOf,
  open,
  seal,
  type DataKey,
  type EnvelopeContext,
} from '@holdfast/crypto'
import type { KeyServerClient } from '@holdfast/keyserver/client'
import type { OrgId, PersonId } from '@holdfast/contract'
import type { Sendable, Transaction } from './tenancy/transaction.ts'
import { wrapKey } from './wrapping.ts'

/** Whose key seals a value: the organisation's, one person's, or the installation's. Destroying that key erases the value. */
export type KeyScope = 'org' | 'platform' | { person: PersonId | string }

/** Where a sealed value stands; a ciphertext that is moved elsewhere does not open. */
export interface Place {
  table: string
  column: string
  row: string
}

/** Seals and opens values inside one transaction (D2). */
export interface Vault {
  seal: (scope: KeyScope, place: Place, plaintext: string | Uint8Array) => Promise<Buffer>
  open: (scope: KeyScope, place: Place, envelope: Uint8Array) => Promise<Buffer>
  openText: (scope: KeyScope, place: Place, envelope: Uint8Array) => Promise<string>
  /** Loads the keys of many scopes in one query and one call to the key server, so that a list costs no more than a row. */
  warm: (scopes: readonly KeyScope[]) => Promise<void>
  /** Makes the first key of whoever cannot have one yet; the statement that keeps it goes along with the one that makes them. */
  begin: (scope: KeyScope) => Promise<Sendable>
  /** Makes the next version of a key the current one; returns its number. What is sealed already stays readable. */
  renew: (scope: KeyScope) => Promise<number>
}

interface Held {
  scope: string
  version: number
  key: DataKey
  /** Hex. */
  keyId: string
  /** Milliseconds since 1970. */
  heldUntil: number
}

interface DataKeyRow {
  scope: string
  version: number
  wrapped: Buffer
  key_id: Buffer
  state: string
}

export const keyHeldMs = 5 * 60_000
const keysHeld = 5_000

/** Unwrapped data keys, in memory for minutes, bounded, destroyed when they go. The master key never comes here. */
export interface KeyCache {
  find: (keyId: string) => Held | undefined
  current: (scope: string) => Held | undefined
  hold: (held: Held, isCurrent: boolean) => void
  /** Forgets every key of a scope (rotation, erasure), or all. */
  forget: (scope?: string) => void
}

export const createKeyCache = (now: () => number = Date.now): KeyCache => {
  const byId = new Map<string, Held>()
  const currentOf = new Map<string, string>()
  const drop = (held: Held): void => {
    destroyDataKey(held.key)
    byId.delete(held.keyId)
    if (currentOf.get(held.scope) === held.keyId) currentOf.delete(held.scope)
  }
  const find = (keyId: string): Held | undefined => {
    const held = byId.get(keyId)
    if (held && held.heldUntil <= now()) {
      drop(held)
      return undefined
    }
    return held
  }
  return {
    find,
    current: (scope) => {
      const keyId = currentOf.get(scope)
      return keyId === undefined ? undefined : find(keyId)
    },
    hold: (held, isCurrent) => {
      const oldest = byId.size >= keysHeld ? byId.values().next().value : undefined
      if (oldest) drop(oldest)
      byId.set(held.keyId, held)
      if (isCurrent) currentOf.set(held.scope, held.keyId)
    },
    forget: (scope) => {
      for (const held of [...byId.values()]) if (scope === undefined || held.scope === scope) drop(held)
    },
  }
}

export interface VaultOptions {
  keyServer: Pick<KeyServerClient, 'wrap' | 'unwrap'>
  cache: KeyCache
  now?: () => number
}

const scopeText = (orgId: OrgId, scope: KeyScope): string => {
  if (scope === 'platform') return 'platform'
  return scope === 'org' ? `org:${orgId}` : `person:${scope.person}`
}

const contextOf = (scope: string, { table, column, row }: Place): EnvelopeContext => ({ org: scope, table, column, row })

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex')

/** The vault of one transaction: data keys are read and made inside it, so that row-level security guards them too. */
export const vaultIn = (transaction: Transaction, { keyServer, cache, now = Date.now }: VaultOptions): Vault => {
  const heldOf = (scope: string, version: number, plaintext: Buffer): Held => {
    const key = importDataKey(plaintext)
    plaintext.fill(0)
    return { scope, version, key, keyId: hex(key.id), heldUntil: now() + keyHeldMs }
  }
  const unwrap = async (rows: DataKeyRow[]): Promise<Held[]> => {
    const unwrapped = await keyServer.unwrap(
      rows.map((row) => ({ wrapped: row.wrapped, context: { scope: row.scope, version: String(row.version) } })),
    )
    return rows.map((row, index) => {
      const plaintext = unwrapped[index]?.plaintext
      if (!plaintext) throw new Error('the key server answered with fewer keys than asked')
      const held = heldOf(row.scope, row.version, plaintext)
      if (held.keyId !== hex(row.key_id)) throw new EnvelopeError('other_key', 'the key server unwrapped another key')
      cache.hold(held, row.state === 'active')
      return held
    })
  }
  const load = async (scopes: readonly string[]): Promise<Held[]> => {
    const { rows } = await transaction.query(
      'select scope, version, wrapped, key_id, state from data_key where scope = any($1)',
      [scopes],
    )
    return rows.length > 0 ? unwrap(rows as unknown as DataKeyRow[]) : []
  }
  const draft = async (scope: string, version: number): Promise<{ held: Held; insert: Sendable }> => {
    const plaintext = createDataKeyBytes()
    const wrapped = await wrapKey(keyServer, { plaintext, context: { scope, version: String(version) } })
    const held = heldOf(scope, version, plaintext)
    const sql = 'insert into data_key (scope, version, wrapped, key_id, ring_version) values ($1, $2, $3, $4, $5)'
    return { held, insert: { sql, parameters: [scope, version, wrapped.wrapped, held.key.id, wrapped.version] } }
  }
  const make = async (scope: string, version: number): Promise<Held | null> => {
    const { held, insert } = await draft(scope, version)
    const { rowCount } = await transaction.query(`${insert.sql} on conflict do nothing`, insert.parameters)
    if (rowCount === 0) return null
    made.push(held) // not in the shared cache: this transaction may yet be rolled back
    return held
  }
  const made: Held[] = []
  const knownCurrent = (scope: string): Held | undefined => made.findLast((held) => held.scope === scope) ?? cache.current(scope)

  const currentKey = async (scope: string): Promise<Held> => {
    const known = knownCurrent(scope)
    if (known) return known
    await load([scope])
    const loaded = cache.current(scope) ?? (await make(scope, 1))
    if (loaded) return loaded
    await load([scope]) // somebody else made it at the same moment
    const theirs = cache.current(scope)
    if (!theirs) throw new Error('no current data key')
    return theirs
  }
  const keyById = async (scope: string, keyId: string): Promise<DataKey> => {
    const known = made.find((held) => held.keyId === keyId) ?? cache.find(keyId)
    const held = known ?? (await load([scope])).find((loaded) => loaded.keyId === keyId)
    if (!held || held.scope !== scope) throw new EnvelopeError('other_key', 'no data key of this scope opens the envelope')
    return held.key
  }

  const openIn: Vault['open'] = async (scope, place, envelope) => {
    const text = scopeText(transaction.orgId, scope)
    return open(await keyById(text, hex(keyIdOf(envelope))), contextOf(text, place), envelope)
  }
  return {
    seal: async (scope, place, plaintext) => {
      const text = scopeText(transaction.orgId, scope)
      return seal((await currentKey(text)).key, contextOf(text, place), plaintext)
    },
    open: openIn,
    openText: async (scope, place, envelope) => (await openIn(scope, place, envelope)).toString('utf8'),
    warm: async (scopes) => {
      const missing = [...new Set(scopes.map((scope) => scopeText(transaction.orgId, scope)))].filter(
        (scope) => !knownCurrent(scope),
      )
      if (missing.length > 0) await load(missing)
    },
    begin: async (scope) => {
      const { held, insert } = await draft(scopeText(transaction.orgId, scope), 1)
      made.push(held)
      return insert
    },
    renew: async (scope) => {
      const text = scopeText(transaction.orgId, scope)
      const { rows } = await transaction.query(
        `update data_key set state = 'retired' where scope = $1 and state = 'active' returning version`,
        [text],
      )
      const version = Math.max(0, ...rows.map((row) => Number(row['version']))) + 1
      cache.forget(text)
      if (!(await make(text, version))) throw new Error('two rotations of one key at once')
      return version
    },
  }
}
