import { z } from 'zod'
import { createExclusive } from './exclusive.ts'
import { BoxUnavailable, NotAuthentic, type KeyBox, type WrapContext } from './key-box.ts'
import { Problem } from './problem.ts'
import type { State } from './state.ts'

const Version = z.object({
  version: z.int().positive(),
  handle: z.string(),
  createdAt: z.iso.datetime(),
  /** retired: refuses to unwrap, still there; destroyed: gone for good */
  state: z.enum(['active', 'retired', 'destroyed']),
  destroyAt: z.iso.datetime().nullable(),
})
const Ring = z.object({ current: z.int().positive(), versions: z.array(Version) })
const Rings = z.record(z.string(), Ring)
type Version = z.infer<typeof Version>
type Ring = z.infer<typeof Ring>

export interface RingReport {
  name: string
  current: number
  versions: { version: number; createdAt: string; ageDays: number; state: Version['state']; destroyAt: string | null }[]
}

export interface Wrapped {
  wrapped: Buffer
  version: number
}

/** Rings of versioned master keys. Wrapping uses the current version; older ones unwrap until they are retired. */
export interface MasterKeys {
  readonly adapter: KeyBox['adapter']
  wrap(ring: string, plaintext: Buffer, context: WrapContext): Promise<Wrapped>
  /** Throws `unwrap_failed`, `version_unknown`, `version_retired`. */
  unwrap(ring: string, wrapped: Buffer, context: WrapContext): Promise<{ plaintext: Buffer; version: number }>
  /** Wraps under the current version what may be under an older one; the same bytes when it is current already. */
  rewrap(ring: string, wrapped: Buffer, context: WrapContext): Promise<Wrapped & { changed: boolean }>
  rotate(ring: string): Promise<number>
  /** Refuses to unwrap with the version from now on and destroys it after the grace, during which `restore` brings it back. */
  retire(ring: string, version: number): Promise<void>
  restore(ring: string, version: number): Promise<void>
  /** Destroys what has been retired for longer than the grace. */
  sweep(): Promise<void>
  list(): RingReport[]
  close(): void
}

const stateName = 'rings'
const dayMs = 86_400_000
/** Format HFW1: magic, version (u32 big-endian), then the box's ciphertext. */
const magic = Buffer.from('HFW1', 'latin1')
const headerBytes = 8

const frame = (version: number, ciphertext: Buffer): Buffer => {
  const header = Buffer.alloc(headerBytes)
  magic.copy(header)
  header.writeUInt32BE(version, magic.length)
  return Buffer.concat([header, ciphertext])
}

const unframe = (wrapped: Buffer): { version: number; ciphertext: Buffer } => {
  if (wrapped.length <= headerBytes || !wrapped.subarray(0, magic.length).equals(magic)) {
    throw new Problem('unwrap_failed', 'these bytes were not wrapped by a key server')
  }
  return { version: wrapped.readUInt32BE(magic.length), ciphertext: wrapped.subarray(headerBytes) }
}

/** The ring is part of what is authenticated; the prefix cannot be sent by a client. */
const bound = (ring: string, context: WrapContext): WrapContext => ({ ...context, 'holdfast:ring': ring })

/** Turns the box's errors into problems that say nothing about why a ciphertext did not open. */
const guarded = async <T>(work: Promise<T>): Promise<T> => {
  try {
    return await work
  } catch (cause) {
    if (cause instanceof NotAuthentic)
      throw new Problem('unwrap_failed', 'changed, or wrapped for another context', {}, { cause })
    if (cause instanceof BoxUnavailable)
      throw new Problem('keys_unavailable', 'the store of the master keys does not answer', {}, { cause })
    throw cause
  }
}

const findRing = (rings: Record<string, Ring>, name: string): Ring => {
  const ring = Object.hasOwn(rings, name) ? rings[name] : undefined
  if (!ring) throw new Problem('ring_unknown', `there is no key ring ${name}`)
  return ring
}

const findVersion = (ring: Ring, version: number): Version => {
  const found = ring.versions.find((candidate) => candidate.version === version)
  if (!found) throw new Problem('version_unknown', `the ring has no version ${version}`)
  return found
}

const usable = (ring: Ring, version: number): Version => {
  const found = findVersion(ring, version)
  if (found.state !== 'active') throw new Problem('version_retired', `version ${version} of the ring is ${found.state}`)
  return found
}

const report = (name: string, ring: Ring, nowMs: number): RingReport => ({
  name,
  current: ring.current,
  versions: ring.versions.map(({ version, createdAt, state, destroyAt }) => ({
    version,
    createdAt,
    ageDays: Math.floor((nowMs - Date.parse(createdAt)) / dayMs),
    state,
    destroyAt,
  })),
})

interface MasterKeysOptions {
  state: State
  box: KeyBox
  /** Made when absent. */
  rings: readonly string[]
  graceDays: number
  now?: () => number
}

export const openMasterKeys = async ({
  state,
  box,
  rings: names,
  graceDays,
  now = Date.now,
}: MasterKeysOptions): Promise<MasterKeys> => {
  const rings = (await state.read(stateName, Rings)) ?? {}
  const exclusive = createExclusive()

  /** Changes a copy, writes it, then uses it: a failed write changes nothing. */
  const change = async (name: string, edit: (ring: Ring) => Ring): Promise<void> => {
    const next = edit(rings[name] ?? { current: 1, versions: [] })
    await state.write(stateName, { ...rings, [name]: next })
    rings[name] = next
  }
  const setState = (name: string, version: number, edit: Partial<Version>) =>
    change(name, (ring) => ({
      ...ring,
      versions: ring.versions.map((item) => (item.version === version ? { ...item, ...edit } : item)),
    }))

  const addVersion = async (name: string): Promise<number> => {
    const version = Math.max(0, ...(rings[name]?.versions ?? []).map((item) => item.version)) + 1
    const handle = await guarded(box.create(name, version))
    const added: Version = { version, handle, createdAt: new Date(now()).toISOString(), state: 'active', destroyAt: null }
    await change(name, (ring) => ({ current: version, versions: [...ring.versions, added] }))
    return version
  }
  for (const name of names) if (!Object.hasOwn(rings, name)) await addVersion(name)

  const wrap: MasterKeys['wrap'] = async (name, plaintext, context) => {
    const ring = findRing(rings, name)
    const { handle, version } = findVersion(ring, ring.current)
    return { wrapped: frame(version, await guarded(box.encrypt(handle, plaintext, bound(name, context)))), version }
  }
  const unwrap: MasterKeys['unwrap'] = async (name, wrapped, context) => {
    const { version, ciphertext } = unframe(wrapped)
    const { handle } = usable(findRing(rings, name), version)
    return { plaintext: await guarded(box.decrypt(handle, ciphertext, bound(name, context))), version }
  }

  return {
    adapter: box.adapter,
    wrap,
    unwrap,
    async rewrap(name, wrapped, context) {
      const ring = findRing(rings, name)
      const { version, ciphertext } = unframe(wrapped)
      const from = usable(ring, version)
      const to = findVersion(ring, ring.current)
      if (box.reencrypt && version !== to.version) {
        const moved = await guarded(box.reencrypt(from.handle, to.handle, ciphertext, bound(name, context)))
        return { wrapped: frame(to.version, moved), version: to.version, changed: true }
      }
      // Unwrapped even when current already, so that a damaged or misplaced one is reported and not passed on.
      const { plaintext } = await unwrap(name, wrapped, context)
      try {
        return version === to.version
          ? { wrapped, version, changed: false }
          : { ...(await wrap(name, plaintext, context)), changed: true }
      } finally {
        plaintext.fill(0)
      }
    },
    rotate: (name) =>
      exclusive('rings', async () => {
        findRing(rings, name)
        return addVersion(name)
      }),
    retire: (name, version) =>
      exclusive('rings', async () => {
        const ring = findRing(rings, name)
        const found = findVersion(ring, version)
        if (version === ring.current) throw new Problem('version_in_use', 'the current version cannot be retired; rotate first')
        if (found.state !== 'active') return
        await setState(name, version, { state: 'retired', destroyAt: new Date(now() + graceDays * dayMs).toISOString() })
      }),
    restore: (name, version) =>
      exclusive('rings', async () => {
        const found = findVersion(findRing(rings, name), version)
        if (found.state === 'destroyed') throw new Problem('version_destroyed', `version ${version} has been destroyed`)
        await setState(name, version, { state: 'active', destroyAt: null })
      }),
    sweep: () =>
      exclusive('rings', async () => {
        for (const [name, ring] of Object.entries(rings)) {
          for (const { version, handle, state: at, destroyAt } of ring.versions) {
            if (at !== 'retired' || destroyAt === null || Date.parse(destroyAt) > now()) continue
            await guarded(box.destroy(handle))
            await setState(name, version, { state: 'destroyed' })
          }
        }
      }),
    list: () => Object.entries(rings).map(([name, ring]) => report(name, ring, now())),
    close: () => box.close(),
  }
}
