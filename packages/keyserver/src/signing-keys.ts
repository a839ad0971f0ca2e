import { createPrivateKey, generateKeyPairSync, sign, type KeyObject } from 'node:crypto'
import { z } from 'zod'
import { createExclusive } from './exclusive.ts'
import type { WrapContext } from './key-box.ts'
import type { MasterKeys } from './master-keys.ts'
import { Problem } from './problem.ts'
import type { State } from './state.ts'

const Key = z.object({
  version: z.int().positive(),
  /** raw Ed25519, 32 bytes; kept for ever, since old signatures are checked with it */
  publicKey: z.base64(),
  /** PKCS #8 wrapped under the ring of the key server itself; null when retired */
  wrapped: z.base64().nullable(),
  createdAt: z.iso.datetime(),
  state: z.enum(['active', 'retired']),
})
const Keys = z.record(z.string(), z.array(Key))
type Key = z.infer<typeof Key>

export interface SigningKeyReport {
  name: string
  current: number
  keys: { version: number; publicKey: string; createdAt: string; ageDays: number; state: Key['state'] }[]
}

export interface RawSigner {
  version: number
  publicKey: Uint8Array
  sign(message: Uint8Array): Uint8Array
}

export interface SigningKeys {
  /** The current key first, then the older ones that are not retired: both sign while verifiers move over. */
  signers(name: string): RawSigner[]
  /** The current key, or that version of it. Throws `version_unknown`, `version_retired`. */
  signer(name: string, version?: number): RawSigner
  /** Raw public keys that may have signed, newest first. */
  publicKeys(name: string): Uint8Array[]
  rotate(name: string): Promise<{ version: number; publicKey: string }>
  /** Forgets the private half of an older version. */
  retire(name: string, version: number): Promise<void>
  /** After a rotation of the key server's own ring. */
  rewrap(): Promise<void>
  list(): SigningKeyReport[]
}

/** The ring that wraps signing keys; clients cannot wrap or unwrap with it. */
export const ownRing = 'keyserver'
interface SigningKeysOptions {
  state: State
  masterKeys: MasterKeys
  /** Made when absent. */
  names: readonly string[]
  /** Which state file they are in. */
  file?: string
  /** Bound to the wrapped keys, beside name and version. */
  context?: WrapContext
  now?: () => number
}

export const openSigningKeys = async (options: SigningKeysOptions): Promise<SigningKeys> => {
  const { state, masterKeys, names, file = 'signing-keys', context = {}, now = Date.now } = options
  let stored = (await state.read(file, Keys)) ?? {}
  const privateKeys = new Map<string, KeyObject>()
  const exclusive = createExclusive()
  const slot = (name: string, version: number) => `${name}/${version}`
  const contextOf = (name: string, version: number) => ({ ...context, signing: name, version: String(version) })
  const save = async (next: Record<string, Key[]>) => {
    await state.write(file, next)
    stored = next
  }
  const keysOf = (name: string): Key[] => {
    const keys = Object.hasOwn(stored, name) ? stored[name] : undefined
    if (!keys) throw new Problem('signing_key_unknown', `there is no signing key ${name}`)
    return keys
  }

  const add = async (name: string): Promise<Key> => {
    const existing = stored[name] ?? []
    const version = Math.max(0, ...existing.map((key) => key.version)) + 1
    const pair = generateKeyPairSync('ed25519')
    const der = pair.privateKey.export({ type: 'pkcs8', format: 'der' })
    const { wrapped } = await masterKeys.wrap(ownRing, der, contextOf(name, version))
    der.fill(0)
    const raw = Buffer.from(pair.publicKey.export({ format: 'jwk' }).x ?? '', 'base64url')
    const key: Key = {
      version,
      publicKey: raw.toString('base64'),
      wrapped: wrapped.toString('base64'),
      createdAt: new Date(now()).toISOString(),
      state: 'active',
    }
    await save({ ...stored, [name]: [key, ...existing] })
    privateKeys.set(slot(name, version), pair.privateKey)
    return key
  }

  for (const [name, keys] of Object.entries(stored)) {
    for (const { version, wrapped } of keys) {
      if (wrapped === null) continue
      const { plaintext } = await masterKeys.unwrap(ownRing, Buffer.from(wrapped, 'base64'), contextOf(name, version))
      privateKeys.set(slot(name, version), createPrivateKey({ key: plaintext, format: 'der', type: 'pkcs8' }))
      plaintext.fill(0)
    }
  }
  for (const name of names) if (!Object.hasOwn(stored, name)) await add(name)

  const signerOf = (name: string, { version, publicKey }: Key): RawSigner | null => {
    const key = privateKeys.get(slot(name, version))
    return key
      ? { version, publicKey: Buffer.from(publicKey, 'base64'), sign: (message: Uint8Array) => sign(null, message, key) }
      : null
  }

  return {
    signers: (name) => keysOf(name).flatMap((key) => signerOf(name, key) ?? []),
    signer(name, version) {
      const [current, ...older] = keysOf(name)
      const key = version === undefined ? current : [current, ...older].find((candidate) => candidate?.version === version)
      if (!key) throw new Problem('version_unknown', 'the signing key has no such version')
      const signer = signerOf(name, key)
      if (!signer) throw new Problem('version_retired', `version ${key.version} of the signing key is retired`)
      return signer
    },
    publicKeys: (name) => keysOf(name).map(({ publicKey }) => Buffer.from(publicKey, 'base64')),
    rotate: (name) =>
      exclusive('signing', async () => {
        keysOf(name)
        const { version, publicKey } = await add(name)
        return { version, publicKey }
      }),
    retire: (name, version) =>
      exclusive('signing', async () => {
        const keys = keysOf(name)
        if (!keys.some((key) => key.version === version))
          throw new Problem('version_unknown', `the signing key has no version ${version}`)
        if (keys[0]?.version === version)
          throw new Problem('version_in_use', 'the current signing key cannot be retired; rotate first')
        const retired = keys.map((key) => (key.version === version ? { ...key, wrapped: null, state: 'retired' as const } : key))
        await save({ ...stored, [name]: retired })
        privateKeys.delete(slot(name, version))
      }),
    rewrap: () =>
      exclusive('signing', async () => {
        const moved = async (name: string, key: Key): Promise<Key> => {
          if (key.wrapped === null) return key
          const { wrapped } = await masterKeys.rewrap(ownRing, Buffer.from(key.wrapped, 'base64'), contextOf(name, key.version))
          return { ...key, wrapped: wrapped.toString('base64') }
        }
        const entries = Object.entries(stored).map(
          async ([name, keys]) => [name, await Promise.all(keys.map((key) => moved(name, key)))] as const,
        )
        await save(Object.fromEntries(await Promise.all(entries)))
      }),
    list: () =>
      Object.entries(stored).map(([name, keys]) => ({
        name,
        current: keys[0]?.version ?? 0,
        keys: keys.map(({ version, publicKey, createdAt, state: at }) => ({
          version,
          publicKey,
          createdAt,
          ageDays: Math.floor((now() - Date.parse(createdAt)) / 86_400_000),
          state: at,
        })),
      })),
  }
}
