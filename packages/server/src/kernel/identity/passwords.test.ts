import { describe, expect, test } from 'vitest'
import { timesTheWork } from '../../../test/work.ts'
import { isCommonPassword } from './common-passwords.ts'
import { isRestricted, nextOf } from './mfa.ts'
import { createPasswords } from './passwords.ts'

describe('argon2id', () => {
  const passwords = createPasswords(1)
  test('salted, with the parameters we promise; the right password only', async () => {
    const [one, two] = await Promise.all([passwords.hash('seven lanterns'), passwords.hash('seven lanterns')])
    expect(one).toMatch(/^\$argon2id\$v=19\$m=19456,t=2,p=1\$/)
    expect(one).not.toBe(two)
    expect(await passwords.verify(one, 'seven lanterns')).toBe(true)
    expect(await passwords.verify(one, 'seven lantern')).toBe(false)
  })
  test('spelt with other code points, the same password', async () => {
    expect(
      await passwords.verify(await passwords.hash('caf\u00e9 caf\u00e9 caf\u00e9'), 'cafe\u0301 cafe\u0301 cafe\u0301'),
    ).toBe(true)
  })
  test('nobody’s password is never right, and takes as long as somebody’s', async () => {
    const hash = await passwords.hash('something else')
    const guess = (stored: string | null) => async () => expect(await passwords.verify(stored, 'a guess of mine')).toBe(false)
    expect(await timesTheWork(guess(hash), guess(null))).toBeLessThan(2)
    // Where nobody’s is answered at once, as without the dummy, it shows.
    expect(await timesTheWork(guess(hash), () => Promise.resolve(false), { pairs: 5 })).toBeGreaterThan(2)
  })
  test('a flood is refused instead of queued for ever', async () => {
    const attempts = await Promise.allSettled(Array.from({ length: 260 }, async () => passwords.verify('not a hash', 'x')))
    const codes = attempts.map((attempt) =>
      attempt.status === 'rejected' ? String((attempt.reason as { code?: string }).code) : '',
    )
    expect(codes.filter((code) => code === 'overloaded')).toHaveLength(9)
  })
})

describe('common passwords', () => {
  const refused = [
    'Password1234',
    'passwordpassword',
    'P@ssw0rd2026!',
    'qwertyuiop12',
    '123456789012',
    'aaaaaaaaaaaa',
    'abcabcabcabc',
    'letmein-letmein',
  ]
  test.each([...refused, 'Welcome2026!!', 'iloveyou1234', 'correcthorsebatterystaple', 'zyxwvutsrqpo', '1q2w3e4r5t6y'])(
    '%s',
    (password) => {
      expect(isCommonPassword(password)).toBe(true)
    },
  )
  test.each([
    'seven lanterns under the bridge',
    'nine kettles on a quiet hill',
    'tJ4-vq9X-Lm2p',
    'Zaunkönig spielt Oboe',
    '密码很长而且很难猜到的句子',
  ])('%s is fine', (password) => {
    expect(isCommonPassword(password, ['Example Ltd', 'Olga Owner', 'olga@example.test'])).toBe(false)
  })
  test.each(['olga.example2026', 'ExampleLtd-2026', 'Owner-Olga-1234'])('%s is what a colleague tries', (password) => {
    expect(isCommonPassword(password, ['Example Ltd', 'Olga Owner', 'olga@example.test'])).toBe(true)
  })
})

describe('who is restricted until a second factor', () => {
  const standing = { role: 'member', orgRequiresMfa: false, sessionRestricted: false, confirmedAt: null } as const
  test.each([
    [standing, false],
    [{ ...standing, role: 'admin' }, true],
    [{ ...standing, role: 'owner' }, true],
    [{ ...standing, role: 'owner', confirmedAt: new Date() }, false],
    [{ ...standing, orgRequiresMfa: true }, true],
    [{ ...standing, orgRequiresMfa: true, confirmedAt: new Date() }, false],
    [{ ...standing, sessionRestricted: true }, true],
  ] as const)('%j: %s', (given, expected) => {
    expect(isRestricted(given)).toBe(expected)
  })
  test('what comes next', () => {
    expect([nextOf(false, false), nextOf(true, false), nextOf(true, true)]).toEqual(['done', 'enrol_factor', 'confirm_factor'])
  })
})
