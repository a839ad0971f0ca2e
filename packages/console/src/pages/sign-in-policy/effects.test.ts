import type { OutputOf, SignInPolicy, signInPolicy } from '@holdfast/contract'
import { expect, test } from 'vitest'
import { changeBetween, effectsInWords } from './effects.ts'

const nobody = { count: 0, first: [] }
const seen: OutputOf<typeof signInPolicy.preview> = {
  ...{ locksYouOut: null, withoutFactor: nobody, withoutPasskey: nobody, signedInTooLong: nobody, outside: nobody, apiKeys: 0 },
}
const policy: SignInPolicy = {
  ...{
    requireMfa: false,
    sessionMinutes: null,
    idleMinutes: null,
    lockMinutes: null,
    networks: [],
    methods: ['password', 'passkey', 'sso'],
  },
}

test('only what differs is sent', () => {
  expect(changeBetween(policy, policy)).toEqual({})
  expect(changeBetween(policy, { ...policy, methods: ['sso', 'password', 'passkey'], lockMinutes: 15 })).toEqual({
    lockMinutes: 15,
  })
  expect(changeBetween({ ...policy, networks: ['10.0.0.0/8'] }, policy)).toEqual({ networks: [] })
})

test('it says what will happen, and to whom', () => {
  const ids = ['pe_1', 'pe_2', 'pe_3', 'pe_4'] as never[]
  const told = effectsInWords({ requireMfa: true }, { ...seen, withoutFactor: { count: 5, first: ids } }, (id) =>
    id === 'pe_2' ? null : `Mel ${id}`,
  )
  expect(told[0]).toBe('Every member needs a second factor.')
  expect(told[1]).toBe(
    '5 people (Mel pe_1, somebody, Mel pe_3 and 2 more) have no second factor: they will be asked to enrol one at their next request.',
  )
  expect(told.at(-1)).toContain('at once')
})
