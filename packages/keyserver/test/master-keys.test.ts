import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { isDeepStrictEqual } from 'node:util'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { openFileBox } from '../src/file-box.ts'
import { contextBytes, type KeyBox } from '../src/key-box.ts'
import { openKmsBox } from '../src/kms-box.ts'
import { openMasterKeys, type MasterKeys } from '../src/master-keys.ts'
import { openPkcs11Box } from '../src/pkcs11-box.ts'
import { Problem } from '../src/problem.ts'
import { openState, type State } from '../src/state.ts'
import { startKmsStub } from './kms-stub.ts'
import { createToken } from './softhsm.ts'

const codeOf = async (work: Promise<unknown>): Promise<string> =>
  work.then(
    () => 'fulfilled',
    (error: unknown) => (error instanceof Problem ? error.code : String(error)),
  )

const root = mkdtempSync(join(tmpdir(), 'holdfast-boxes-'))
const here = { org: 'o1', purpose: 'data key' }
const secret = Buffer.from('0123456789abcdef0123456789abcdef')
const dayMs = 86_400_000
let kms: Awaited<ReturnType<typeof startKmsStub>>
let token: ReturnType<typeof createToken>

beforeAll(async () => {
  process.env['AWS_ACCESS_KEY_ID'] = 'stub'
  process.env['AWS_SECRET_ACCESS_KEY'] = 'stub'
  kms = await startKmsStub()
  token = createToken(root)
})
afterAll(async () => {
  await kms.close()
  rmSync(root, { recursive: true, force: true })
})

const adapters: [KeyBox['adapter'], (state: State) => Promise<KeyBox>][] = [
  ['file', openFileBox],
  ['pkcs11', () => openPkcs11Box(token)],
  ['aws-kms', async () => openKmsBox({ region: 'eu-central-1', endpoint: kms.endpoint })],
]

describe.each(adapters)('master keys in %s', (adapter, openBox) => {
  const directory = join(root, adapter)
  let keys: MasterKeys
  let nowMs = Date.parse('2026-01-01T00:00:00Z')
  const openKeys = async () => {
    const state = await openState(directory)
    keys = await openMasterKeys({
      state,
      box: await openBox(state),
      rings: ['tenant', 'platform'],
      graceDays: 7,
      now: () => nowMs,
    })
  }
  beforeAll(openKeys)
  afterAll(() => keys.close())

  it('wrap and unwrap, of any length', async () => {
    for (const length of [1, 16, 32, 33, 4096]) {
      const plaintext = Buffer.alloc(length, 7)
      const { wrapped, version } = await keys.wrap('tenant', plaintext, here)
      expect(version).toBe(1)
      expect(
        wrapped.includes(plaintext.subarray(0, 16).length === 16 ? plaintext.subarray(0, 16) : Buffer.from('never there')),
      ).toBe(false)
      expect((await keys.unwrap('tenant', wrapped, here)).plaintext).toEqual(plaintext)
    }
  })

  it('refuse another context, another ring, a change, and what is not theirs', async () => {
    const { wrapped } = await keys.wrap('tenant', secret, here)
    for (const context of [{ ...here, org: 'o2' }, { org: 'o1' }, { ...here, more: '' }, {}]) {
      expect(await codeOf(keys.unwrap('tenant', wrapped, context))).toBe('unwrap_failed')
    }
    expect(await codeOf(keys.unwrap('platform', wrapped, here))).toBe('unwrap_failed')
    const last = wrapped.length - 1
    for (const at of [0, 8, 20, last]) {
      const changed = Buffer.from(wrapped)
      changed.writeUInt8(changed.readUInt8(at) ^ 1, at)
      expect(await codeOf(keys.unwrap('tenant', changed, here))).toBe('unwrap_failed')
    }
    for (const wrong of [Buffer.from('HFW1'), wrapped.subarray(0, 12), Buffer.alloc(100)]) {
      expect(await codeOf(keys.unwrap('tenant', wrong, here))).toBe('unwrap_failed')
    }
    expect(await codeOf(keys.wrap('nobody', secret, here))).toBe('ring_unknown')
    expect(await codeOf(keys.wrap('constructor', secret, here))).toBe('ring_unknown')
  })

  it('rotate: old ones unwrap, new ones use the new version, rewrapping moves them', async () => {
    const old = await keys.wrap('tenant', secret, here)
    expect(await keys.rotate('tenant')).toBe(2)
    expect((await keys.unwrap('tenant', old.wrapped, here)).plaintext).toEqual(secret)
    const moved = await keys.rewrap('tenant', old.wrapped, here)
    expect(moved).toMatchObject({ version: 2, changed: true })
    expect((await keys.unwrap('tenant', moved.wrapped, here)).plaintext).toEqual(secret)
    expect(await keys.rewrap('tenant', moved.wrapped, here)).toMatchObject({ version: 2, changed: false })
    expect(await codeOf(keys.rewrap('tenant', moved.wrapped, {}))).toBe('unwrap_failed')
    expect(await codeOf(keys.rewrap('tenant', old.wrapped, {}))).toBe('unwrap_failed')
  })

  it('keep their keys over a restart', async () => {
    const { wrapped } = await keys.wrap('tenant', secret, here)
    keys.close()
    await openKeys()
    expect((await keys.unwrap('tenant', wrapped, here)).plaintext).toEqual(secret)
    expect(keys.list().map(({ name, current }) => [name, current])).toEqual([
      ['tenant', 2],
      ['platform', 1],
    ])
  })

  it('retire, restore within the grace, and destroy after it', async () => {
    const { wrapped } = await keys.wrap('platform', secret, here)
    expect(await codeOf(keys.retire('platform', 1))).toBe('version_in_use')
    await keys.rotate('platform')
    await keys.retire('platform', 1)
    expect(await codeOf(keys.unwrap('platform', wrapped, here))).toBe('version_retired')
    await keys.restore('platform', 1)
    expect((await keys.unwrap('platform', wrapped, here)).plaintext).toEqual(secret)
    await keys.retire('platform', 1)
    nowMs += 6 * dayMs
    await keys.sweep()
    expect(keys.list()[1]?.versions[0]).toMatchObject({ state: 'retired', ageDays: 6 })
    nowMs += 2 * dayMs
    await keys.sweep()
    expect(keys.list()[1]?.versions[0]?.state).toBe('destroyed')
    expect(await codeOf(keys.unwrap('platform', wrapped, here))).toBe('version_retired')
    expect(await codeOf(keys.restore('platform', 1))).toBe('version_destroyed')
    expect(await codeOf(keys.retire('platform', 9))).toBe('version_unknown')
  })

  it('never lose a wrapped key to rotations at the same time', async () => {
    const wrapped = Promise.all(Array.from({ length: 40 }, () => keys.wrap('tenant', secret, here)))
    await Promise.all([keys.rotate('tenant'), keys.rotate('tenant'), keys.rotate('tenant')])
    for (const item of await wrapped) expect((await keys.unwrap('tenant', item.wrapped, here)).plaintext).toEqual(secret)
    const versions = keys.list()[0]?.versions.map(({ version }) => version) ?? []
    expect(new Set(versions).size).toBe(versions.length)
  })
})

describe('the adapters', () => {
  it('PKCS#11: the key never leaves the token', async () => {
    const box = await openPkcs11Box(token)
    const handle = await box.create('probe', 1)
    const library = (await import('pkcs11js')).default
    const pkcs11 = new library.PKCS11()
    pkcs11.load(token.module)
    const [slot] = pkcs11.C_GetSlotList(true)
    const session = pkcs11.C_OpenSession(slot as Buffer, library.CKF_SERIAL_SESSION)
    pkcs11.C_FindObjectsInit(session, [{ type: library.CKA_ID, value: Buffer.from(handle, 'hex') }])
    const key = pkcs11.C_FindObjects(session) as Buffer
    pkcs11.C_FindObjectsFinal(session)
    expect(() => pkcs11.C_GetAttributeValue(session, key, [{ type: library.CKA_VALUE }])).toThrow(/SENSITIVE/)
    expect(() => pkcs11.C_SetAttributeValue(session, key, [{ type: library.CKA_EXTRACTABLE, value: true }])).toThrow()
    box.close()
  })

  it('PKCS#11: a wrong label or a wrong PIN says so', async () => {
    await expect(openPkcs11Box({ ...token, tokenLabel: 'other' })).rejects.toThrow(
      'no PKCS#11 token labelled "other"; found: "holdfast-test"',
    )
    await expect(openPkcs11Box({ ...token, pinFile: token.module })).rejects.toThrow(/CKR_PIN/)
  })

  it('AWS KMS: rotation re-encrypts inside KMS, destruction is scheduled, an outage is no refusal', async () => {
    expect(kms.calls).toContain('ReEncrypt')
    expect(kms.scheduled).toHaveLength(1)
    const state = await openState(join(root, 'outage'))
    const keys = await openMasterKeys({
      state,
      box: openKmsBox({ region: 'eu-central-1', endpoint: kms.endpoint }),
      rings: ['tenant'],
      graceDays: 7,
    })
    const { wrapped } = await keys.wrap('tenant', secret, here)
    kms.break(true)
    expect(await codeOf(keys.unwrap('tenant', wrapped, here))).toBe('keys_unavailable')
    kms.break(false)
    expect((await keys.unwrap('tenant', wrapped, here)).plaintext).toEqual(secret)
    keys.close()
  })

  it('HSM and KMS: no master key is in the directory of the key server', () => {
    for (const adapter of ['pkcs11', 'aws-kms']) expect(readdirSync(join(root, adapter))).not.toContain('master-keys.json')
    expect(readFileSync(join(root, 'file', 'master-keys.json'), 'utf8')).toContain('tenant-1')
  })

  it('spell each context in its own way', () => {
    const context = fc.dictionary(fc.string(), fc.string(), { maxKeys: 4 })
    fc.assert(
      fc.property(context, context, (a, b) => {
        const same = isDeepStrictEqual({ ...a }, { ...b })
        expect(contextBytes(a).equals(contextBytes(b))).toBe(same)
      }),
    )
    expect(contextBytes({ a: '1', b: '2' })).toEqual(contextBytes({ b: '2', a: '1' }))
  })
})
