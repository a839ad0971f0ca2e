import { createHash } from 'node:crypto'
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { bytesToHex, formatVkey, merkleRoot, parseCheckpoint, verifyCheckpoint } from '@holdfast/ledger'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { KeyServerRefused, KeyServerUnavailable } from '../src/client.ts'
import { startTestKeyServer, type TestKeyServer } from '../src/testing.ts'

let server: TestKeyServer
beforeAll(async () => {
  server = await startTestKeyServer()
})
afterAll(() => server.close())

const leaves = (from: number, to: number, history = 'a') =>
  Array.from(
    { length: to - from },
    (_, n) =>
      new Uint8Array(
        createHash('sha256')
          .update(`${history}${from + n}`)
          .digest(),
      ),
  )
const headOf = (hashes: Uint8Array[]) => bytesToHex(hashes.at(-1) ?? new Uint8Array())
const refusal = (work: Promise<unknown>): Promise<string> =>
  work.then(
    () => 'signed',
    (error: unknown) => (error instanceof KeyServerRefused ? error.code : String(error)),
  )
/** Registers a history of `size` entries and returns its origin. */
const register = async (name: string, size: number) => {
  const origin = `holdfast/${name}`
  const hashes = leaves(0, size)
  await server.client.checkpoint({ origin, oldSize: 0, leafHashes: hashes, head: headOf(hashes) })
  return origin
}

describe('the checkpoint signer', () => {
  it('signs what it computed itself, verifiable with the published key', async () => {
    const origin = 'holdfast/grows'
    expect(await server.client.origin(origin)).toMatchObject({ size: 0, head: null })
    for (const [from, to] of [
      [0, 1],
      [1, 5],
      [5, 64],
      [64, 200],
    ] as const) {
      const all = leaves(0, to)
      const root = bytesToHex(merkleRoot(all))
      const reply = await server.client.checkpoint({
        origin,
        oldSize: from,
        leafHashes: leaves(from, to),
        head: headOf(all),
        root,
      })
      expect(parseCheckpoint(reply.note)).toMatchObject({ origin, size: to, root, head: headOf(all) })
      expect((await verifyCheckpoint(reply.note, reply.vkeys)).checkpoint.size).toBe(to)
    }
    expect(await server.client.origin(origin)).toMatchObject({ size: 200, head: headOf(leaves(0, 200)) })
  })

  it('signs the same again, and an empty chain', async () => {
    const origin = await register('again', 7)
    const head = headOf(leaves(0, 7))
    const note = async () => (await server.client.checkpoint({ origin, oldSize: 7, leafHashes: [], head })).note
    expect(await note()).toBe(await note())
    const empty = await server.client.checkpoint({ origin: 'holdfast/empty', oldSize: 0, leafHashes: [], head: null })
    expect(parseCheckpoint(empty.note)).toMatchObject({ size: 0, root: createHash('sha256').digest('hex') })
  })

  it('refuses to shrink, to leave a gap, to repeat, and another history; and then nothing has changed', async () => {
    const origin = await register('firm', 10)
    const before = await server.client.origin(origin)
    const more = leaves(10, 12)
    const attempts: [string, Parameters<typeof server.client.checkpoint>[0]][] = [
      ['checkpoint_size_mismatch', { origin, oldSize: 0, leafHashes: leaves(0, 5), head: headOf(leaves(0, 5)) }],
      ['checkpoint_size_mismatch', { origin, oldSize: 8, leafHashes: more, head: headOf(more) }],
      ['checkpoint_size_mismatch', { origin, oldSize: 11, leafHashes: more, head: headOf(more) }],
      ['checkpoint_head_mismatch', { origin, oldSize: 10, leafHashes: more, head: headOf(leaves(10, 11)) }],
      ['checkpoint_head_mismatch', { origin, oldSize: 10, leafHashes: [], head: headOf(leaves(0, 10, 'forged')) }],
      ['checkpoint_head_mismatch', { origin, oldSize: 10, leafHashes: more, head: null }],
      // Rewritten before the last checkpoint, honest after it: the signer's own root is another.
      [
        'checkpoint_root_mismatch',
        {
          origin,
          oldSize: 10,
          leafHashes: more,
          head: headOf(more),
          root: bytesToHex(merkleRoot([...leaves(0, 10, 'forged'), ...more])),
        },
      ],
    ]
    for (const [code, request] of attempts) expect(await refusal(server.client.checkpoint(request))).toBe(code)
    expect(await server.client.origin(origin)).toEqual(before)
    expect(await refusal(server.client.checkpoint({ origin, oldSize: 10, leafHashes: more, head: headOf(more) }))).toBe('signed')
  })

  it('tells the size it has, so that a client can catch up', async () => {
    const origin = await register('catch-up', 3)
    const error = await server.client
      .checkpoint({ origin, oldSize: 9, leafHashes: [], head: null })
      .catch((cause: unknown) => cause)
    expect(error).toMatchObject({
      code: 'checkpoint_size_mismatch',
      status: 409,
      details: { size: 3, head: headOf(leaves(0, 3)) },
    })
  })

  it('registers a long history in batches; an interrupted one starts over and nothing was signed', async () => {
    const origin = 'holdfast/long'
    const all = leaves(0, 45_000)
    const { note } = await server.client.checkpoint({ origin, oldSize: 0, leafHashes: Buffer.concat(all), head: headOf(all) })
    expect(parseCheckpoint(note)).toMatchObject({ size: 45_000, root: bytesToHex(merkleRoot(all)) })
    const interrupted = 'holdfast/interrupted'
    const wrong = server.client.checkpoint({
      origin: interrupted,
      oldSize: 0,
      leafHashes: leaves(0, 20_001, 'b'),
      head: headOf(all),
    })
    expect(await refusal(wrong)).toBe('checkpoint_head_mismatch')
    expect((await server.client.origin(interrupted)).size).toBe(0)
    await register('interrupted', 4)
  })

  it('lets only one of two racing requests through', async () => {
    const origin = await register('race', 2)
    const outcomes = await Promise.all(
      ['x', 'y'].map((history) => {
        const hashes = leaves(2, 3, history)
        return refusal(server.client.checkpoint({ origin, oldSize: 2, leafHashes: hashes, head: headOf(hashes) }))
      }),
    )
    expect(outcomes.sort()).toEqual(['checkpoint_size_mismatch', 'signed'])
  })

  it('remembers over a restart', async () => {
    const origin = await register('remembers', 6)
    await server.restart()
    expect((await server.client.origin(origin)).size).toBe(6)
    expect(
      await refusal(
        server.client.checkpoint({ origin, oldSize: 0, leafHashes: leaves(0, 6, 'b'), head: headOf(leaves(0, 6, 'b')) }),
      ),
    ).toBe('checkpoint_size_mismatch')
  })

  it('signs nothing when its own memory was changed', async () => {
    const origin = await register('edited', 6)
    const folder = join(server.dir, 'origins')
    const file = readdirSync(folder)
      .map((name) => join(folder, name))
      .find((path) => readFileSync(path, 'utf8').includes('holdfast/edited'))
    const original = readFileSync(file ?? '', 'utf8')
    writeFileSync(file ?? '', original.replace('size\\":6', 'size\\":4'))
    await expect(server.client.checkpoint({ origin, oldSize: 4, leafHashes: [], head: headOf(leaves(0, 4)) })).rejects.toThrow(
      KeyServerUnavailable,
    )
    writeFileSync(file ?? '', original)
  })

  it.each(['', 'a b', 'a+b', 'ümlaut', 'x'.repeat(201)])('refuses the origin "%s"', async (origin) => {
    expect(await refusal(server.client.checkpoint({ origin, oldSize: 0, leafHashes: [], head: null }))).toBe('malformed_request')
  })

  it('rotates its key: both sign, both are published; after retiring only the new one signs', async () => {
    const origin = await register('rotates', 2)
    const head = headOf(leaves(0, 2))
    const sign = () => server.client.checkpoint({ origin, oldSize: 2, leafHashes: [], head })
    const [oldVkey = ''] = (await sign()).vkeys
    const { version, publicKey } = await server.client.rotateSigning()
    const newVkey = formatVkey(origin, Buffer.from(publicKey, 'base64'))
    const during = await sign()
    expect(during.vkeys).toEqual([newVkey, oldVkey])
    for (const vkey of during.vkeys) expect((await verifyCheckpoint(during.note, [vkey])).checkpoint.size).toBe(2)
    expect(await refusal(server.client.retireSigning('ledger', version))).toBe('version_in_use')
    await server.client.retireSigning('ledger', version - 1)
    const after = await sign()
    await expect(verifyCheckpoint(after.note, [oldVkey])).rejects.toThrow()
    expect((await verifyCheckpoint(after.note, [newVkey])).checkpoint.size).toBe(2)
    expect(after.vkeys).toEqual([newVkey, oldVkey])
    await server.client.rotate('keyserver')
    await server.client.retire('keyserver', 1)
    await server.restart()
    expect((await sign()).note).toBe(after.note)
  })
})
