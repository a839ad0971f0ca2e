/** Whoever names a witness must not get at what this server reaches and they do not. */
import { createServer, type AddressInfo, type Server } from 'node:net'
import { ledger, type WitnessId } from '@holdfast/contract'
import type { z } from 'zod'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { startPlatform, type FoundedPlatform, type Platform } from '../../../test/platform.ts'
import { lookupFor } from '../../kernel/outbound.ts'
import { checkpointNow, deliver } from './delivery.ts'

type Witness = z.infer<typeof WitnessId>

let platform: Platform
let founded: FoundedPlatform
let insider: Server
let connections = 0
beforeAll(async () => {
  platform = await startPlatform()
  founded = await platform.found()
  insider = createServer((socket) => {
    connections += 1
    socket.destroy()
  })
  await new Promise<void>((resolve) => insider.listen(0, '127.0.0.1', resolve))
  await checkpointNow.run({} as never, context())
})
afterAll(async () => {
  insider?.close()
  await platform?.close()
})

const context = (inside = false) => ({
  ...{ orgId: founded.orgId, personId: null, log: () => undefined },
  services: { ...platform.services, webhooksInside: inside },
})
const delivering = (what: { size: number; witness: Witness }, inside = false) => deliver.run(what as never, context(inside))
const newest = async (): Promise<number> => {
  const { rows } = await platform.admin.query<{ size: string }>(
    'select max(size) as size from ledger_checkpoint where org_id = $1', // prettier-ignore
    [founded.orgId],
  )
  return Number(rows[0]?.size)
}
const failureOf = async (id: Witness): Promise<string | undefined> => {
  const { rows } = await platform.admin.query<{ failure: string }>(
    'select failure from checkpoint_delivery where witness = $1', // prettier-ignore
    [id],
  )
  return rows[0]?.failure
}
const witnessAt = async (host: string): Promise<Witness> => {
  const { port } = insider.address() as AddressInfo
  const target = `https://somebody:hunter2@${host}:${port}/hook-token-9000`
  return (await platform.call(ledger.addWitness, { kind: 'webhook', target }, founded.owner)).id
}

test.each(['127.0.0.1', 'localhost', '0x7f.1', '[::1]', '[::ffff:7f00:1]', '[::ffff:0:7f00:1]', '[2001:0:7f00:1::]'])(
  'a witness at %s is never connected to, and the failure names no secret of its address',
  async (host) => {
    const id = await witnessAt(host)
    const size = await newest()
    connections = 0
    await expect(delivering({ size, witness: id })).rejects.toThrow(
      /^checkpoint not delivered: the address is inside our own network$/,
    )
    expect(connections).toBe(0)
    expect(await failureOf(id)).toBe('the address is inside our own network')
    await platform.call(ledger.removeWitness, { id }, founded.owner)
  },
)

test('without the fence it would be', async () => {
  const id = await witnessAt('localhost')
  connections = 0
  await expect(delivering({ size: await newest(), witness: id }, true)).rejects.toThrow(
    /^checkpoint not delivered: it could not be reached$/,
  )
  expect(connections).toBe(1)
  expect(await failureOf(id)).toBe('it could not be reached')
})

test('a name is judged by the very addresses that are connected to, so it cannot change in between', async () => {
  const asked = (inside: boolean): Promise<string> =>
    new Promise((resolve) =>
      lookupFor(inside)('localhost', { all: false }, (error, address) =>
        resolve(error ? error.constructor.name : JSON.stringify(address)),
      ),
    )
  expect(await asked(false)).toBe('AddressNotAllowed')
  expect(await asked(true)).toMatch(/^"(127\.0\.0\.1|::1)"$/)
})
