import { writeFileSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { base64, expected, now, pair, responseXml, settingsFor, signedResponse } from './provider.fixture.ts'
import type { SigningPair } from './signing-pair.ts'
import { createValidator } from './validator.ts'

let provider: SigningPair
const directory = mkdtempSync(join(tmpdir(), 'holdfast-saml-'))
/** A thread that answers the first task late, or not at all, and then fails. */
const program = (body: string): URL => {
  const file = join(directory, `${Math.random().toString(36).slice(2)}.mjs`)
  writeFileSync(file, `import { parentPort } from 'node:worker_threads'\n${body}\nparentPort.postMessage('ready')\n`)
  return pathToFileURL(file)
}
beforeAll(async () => {
  provider = await pair()
})
afterAll(() => rmSync(directory, { recursive: true }))

describe('checking in threads', () => {
  it('gives the same verdicts, many at once', async () => {
    const validator = createValidator()
    const good = base64(signedResponse(provider))
    const bad = base64(signedResponse(provider, { audience: 'https://other.example.com' }))
    const given = Array.from({ length: 20 }, (_, index) => (index % 2 === 0 ? good : bad))
    const verdicts = await Promise.all(given.map((one) => validator.validate(settingsFor(provider), one, now, expected)))
    expect(verdicts.map((verdict) => (verdict.accepted ? verdict.subject : verdict.check))).toEqual(
      given.map((one) => (one === good ? 'ada' : 'audience')),
    )
    await validator.close()
  })

  it('stops a thread that takes too long, and goes on with another; others do not wait for it', async () => {
    const never = program(
      `parentPort.on('message', ({ base64 }) => { if (base64.startsWith('PHNsb3c')) for (;;); else parentPort.postMessage({ accepted: false, check: 'issuer' }) })`,
    )
    const validator = createValidator({ program: never, limitMs: 1_500, threads: 2 })
    const [slow, quick] = [Buffer.from('<slow />').toString('base64'), base64('<quick/>')]
    let settled = false
    const late = validator.validate(settingsFor(provider), slow, now, expected).finally(() => (settled = true))
    expect(await validator.validate(settingsFor(provider), quick, now, expected)).toMatchObject({ check: 'issuer' })
    expect(settled, 'the slow one is still at it').toBe(false)
    expect(await late).toMatchObject({ check: 'time_limit' })
    for (let round = 0; round < 3; round++) {
      expect(await validator.validate(settingsFor(provider), quick, now, expected)).toMatchObject({ check: 'issuer' })
    }
    await validator.close()
  })

  it('has a thread ready when asked to, one however often, and none that is left over', async () => {
    const which = program(
      `import { threadId } from 'node:worker_threads'\nparentPort.on('message', () => parentPort.postMessage({ accepted: false, check: 'issuer', what: String(threadId) }))`,
    )
    const validator = createValidator({ program: which })
    for (let round = 0; round < 3; round++) validator.prepare()
    const [quick, verdicts] = [base64('<quick/>'), new Set<string>()]
    for (let round = 0; round < 3; round++) {
      const verdict = await validator.validate(settingsFor(provider), quick, now, expected)
      if (!verdict.accepted) verdicts.add(verdict.what)
      validator.prepare()
    }
    expect(verdicts.size).toBe(1)
    await validator.close()
    const broken = createValidator({ program: program(`throw new Error('no')`) })
    broken.prepare()
    await expect(broken.validate(settingsFor(provider), quick, now, expected)).rejects.toThrow()
    await broken.close()
  })

  it('refuses, and lives on, when a thread dies', async () => {
    const dying = program(`parentPort.on('message', () => { throw new Error('no') })`)
    const validator = createValidator({ program: dying })
    const one = base64(signedResponse(provider))
    for (let round = 0; round < 3; round++)
      expect((await validator.validate(settingsFor(provider), one, now, expected)).accepted).toBe(false)
    await validator.close()
  })

  it('lets only so many wait', async () => {
    const silent = program(`parentPort.on('message', () => {})`)
    const validator = createValidator({ program: silent, threads: 1, waiting: 2, limitMs: 200 })
    const one = base64(signedResponse(provider))
    const all = await Promise.all(Array.from({ length: 5 }, () => validator.validate(settingsFor(provider), one, now, expected)))
    const checks = all.map((verdict) => (verdict.accepted ? 'accepted' : verdict.check))
    expect(checks.filter((check) => check === 'busy')).toHaveLength(2)
    expect(checks.filter((check) => check === 'time_limit')).toHaveLength(3)
    await validator.close()
  })

  it('refuses at first look without a thread', async () => {
    const validator = createValidator({ program: new URL('file:///there/is/no/such/program.ts') })
    const hostile = base64(responseXml('<x/>'.repeat(20_000)))
    expect(await validator.validate(settingsFor(provider), hostile, now, expected)).toMatchObject({ check: 'elements' })
    await expect(validator.validate(settingsFor(provider), base64(signedResponse(provider)), now, expected)).rejects.toThrow()
  })
})
