import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { createServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { makeTestCertificate } from '../../../test/certificate.ts'
import { attackRunGap, attackSurface, attackTools, type AttackRun } from './attack-run.ts'
import { flawsOf, guardVerdict } from './guard.promises.ts'

const now = new Date('2026-12-01T00:00:00Z')
const clean = { version: '1', ranOn: '2026-11-23' }
const complete: AttackRun = { tools: Object.fromEntries(attackTools.map((tool) => [tool, clean])), operations: attackSurface() }

test('a run counts while it is young and covers every operation as it is now', () => {
  expect(attackRunGap(complete, now)).toBeNull()
  expect(attackRunGap(complete, new Date('2027-03-01T00:00:00Z'))).toContain('no clean run of testssl, sqlmap')
  expect(attackRunGap({ ...complete, tools: { ...complete.tools, wapiti: { version: '1', ranOn: '' } } }, now)).toContain(
    'no clean run of wapiti in',
  )
  const { 'policy.create': _, ...rest } = complete.operations
  expect(attackRunGap({ ...complete, operations: rest }, now)).toContain('1 operations changed or came after')
  expect(attackRunGap({ ...complete, operations: { ...rest, 'policy.create': 'title' } }, now)).toContain('policy.create')
})

test('kept only when nothing is wrong now and the tools went over everything', () => {
  expect(guardVerdict([], complete, now).kept).toBe(true)
  expect(guardVerdict(['two hosts was answered 200'], complete, now)).toMatchObject({ kept: false })
  expect(guardVerdict([], { ...complete, operations: {} }, now)).toMatchObject({ kept: false })
})

test('a server that refuses nothing is found out', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'holdfast-guard-'))
  const { cert, key } = await makeTestCertificate(directory)
  const server = createServer({ cert: await readFile(cert, 'utf8'), key: await readFile(key, 'utf8') }, (_, reply) =>
    reply.end('fine'),
  )
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  const flaws = await flawsOf({ name: 'https', host: '127.0.0.1', port, ca: await readFile(cert, 'utf8') })
  expect(flaws).toContain('SQL in a query was answered 200')
  expect(flaws).toContain('no rate limit is announced')
  expect(flaws).toContain('pages carry no strict content security policy')
  expect(flaws.length).toBeGreaterThan(15)
  server.close()
  await rm(directory, { recursive: true })
})
