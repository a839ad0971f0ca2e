import { describe, expect, test } from 'vitest'
import { cliRequestOf, fingerprintOf } from './api-key/cliLogin.ts'
import { givable } from './roleWords.ts'
import { ownSecurity, secretsDue, toAnswer } from './now/due.ts'
import { deviceInWords } from './session/device.ts'

describe('the request of a command line', () => {
  const id = 'ak_00000000000000000000000000'
  const hash = '9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08'
  test('is id, hash and a name that may hold anything', () => {
    expect(cliRequestOf(`${id}.${hash}.holdfast%20on%20v1.2`)).toEqual({ id, secretHash: hash, name: 'holdfast on v1.2' })
  })
  test.each([
    ['', ''],
    ['no name', `${id}.${hash}.`],
    ['a short hash', `${id}.9f86.x`],
    ['another id', `pe_00000000000000000000000000.${hash}.x`],
    ['bad encoding', `${id}.${hash}.%`],
  ])('refuses %s', (_, text) => expect(cliRequestOf(text)).toBeNull())
  test('its fingerprint is eight hex digits in two groups', () => expect(fingerprintOf(hash)).toBe('9f86 d081'))
})

test('only an Owner may give the role of Owner', () => {
  expect(givable('owner')).toContain('owner')
  expect(givable('admin')).not.toContain('owner')
})

describe('what is due', () => {
  test('no second factor comes before few recovery codes', () => {
    expect(ownSecurity({ hasFactor: false, recoveryCodesLeft: 0 }).map(({ key }) => key)).toEqual(['no-factor'])
    expect(ownSecurity({ hasFactor: true, recoveryCodesLeft: 3 }).map(({ key }) => key)).toEqual(['codes'])
    expect(ownSecurity({ hasFactor: true, recoveryCodesLeft: 8 })).toEqual([])
  })
  test('a request to answer is due when it lapses, and leads to where it is answered', () => {
    const asked = {
      id: 'gr_1',
      login: 'deploy',
      targetName: 'web-1',
      reason: 'Disk full',
      requestExpiresAt: '2026-11-23T13:00:00.000Z',
    }
    const [item] = toAnswer([asked] as unknown as Parameters<typeof toAnswer>[0])
    expect(item).toMatchObject({
      what: 'deploy on web-1',
      dueAt: asked.requestExpiresAt,
      to: '/access/grants/gr_1',
      verb: 'Decide',
    })
  })
  test('only secrets that are due', () => {
    const secret = {
      kind: 'data_key',
      owner: 'o',
      version: 1,
      createdAt: '',
      ageDays: 91,
      rotateEveryDays: 90,
      storedIn: '',
    } as const
    expect(
      secretsDue(
        [
          { ...secret, name: 'a', due: true },
          { ...secret, name: 'b', due: false },
        ],
        '/x',
      ).map(({ what }) => what),
    ).toEqual(['a'])
  })
})

test('devices in words', () => {
  const chrome = 'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36'
  expect(deviceInWords(chrome)).toBe('Chrome on Linux')
  expect(deviceInWords(`${chrome} Edg/140.0`)).toBe('Edge on Linux')
  expect(deviceInWords('holdfast/0.1.0 (linux)')).toBe('holdfast/0.1.0 (linux)')
  expect(deviceInWords('')).toBe('unknown')
})
