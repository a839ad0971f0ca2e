import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { violations } from './house-rules.mjs'
import { secrets } from './secrets.mjs'

let scratch: string
beforeAll(() => {
  scratch = mkdtempSync(join(tmpdir(), 'holdfast-check-'))
})
afterAll(() => rmSync(scratch, { recursive: true }))

/** Joined here, so that this file does not contain what it plants. */
const joined = (...parts: string[]) => parts.join('')

test.each([
  ['a test that runs alone', joined('test', ".only('x', () => {})")],
  ['a test that never runs', joined('describe', ".skip('x', () => {})")],
  ['a silenced compiler', joined('// @ts-', 'ignore')],
  ['a type thrown away', joined('const x = y as ', 'any')],
  ['an open end', joined('// TO', 'DO: later')],
  ['a private key', joined('-----BEGIN EC PRIVATE ', 'KEY-----\\nMHcCAQEEI')],
])('the house rules catch %s', (_what, line) => {
  expect(violations('packages/server/src/a.ts', `const a = 1\n${line}\n`)).toEqual([
    expect.stringContaining('packages/server/src/a.ts:2: '),
  ])
})

test('the house rules catch a file that is too long, unless it is a test', () => {
  const long = 'const a = 1\n'.repeat(351)
  expect(violations('packages/server/src/a.ts', long)).toEqual(['packages/server/src/a.ts: 351 lines, at most 350'])
  expect(violations('packages/server/src/a.test.ts', long)).toEqual([])
})

test('the house rules catch what only Node has, in what browsers run as well', () => {
  const line = joined('const n = Buf', 'fer.byteLength(name)')
  expect(violations('packages/contract/src/a.ts', line)).toEqual([expect.stringContaining('in browsers as well')])
  for (const file of ['packages/contract/src/a.test.ts', 'packages/server/src/a.ts']) expect(violations(file, line)).toEqual([])
})

test('the house rules let ordinary code pass', () => {
  expect(violations('a.ts', 'const company = many // anything\nexpect(only).toBe(true)\n')).toEqual([])
})

test('the secret scan catches a token and does not repeat it', async () => {
  const token = joined('gh', 'p_', 'Zk3vXo9QeT7mBw2LrYf5HsJd8NcGu4PaVi1K')
  const file = join(scratch, 'settings.txt')
  writeFileSync(file, `token = ${token}\n`)
  const verdict = await secrets([file])
  expect(verdict.ok).toBe(false)
  expect(verdict.output).toContain('settings.txt')
  expect(verdict.output).not.toContain(token)
})
