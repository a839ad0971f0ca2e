import { operations } from '@holdfast/contract'
import { expect, test } from 'vitest'
import { messagesOf } from './validation.ts'

const { setup, ledger, database } = operations

test('says by field what is missing or wrong', () => {
  const token = 'a'.repeat(32)
  expect(messagesOf(setup.complete.input, { token, organisation: '', name: 'Ada', email: 'ada', password: 'short' })).toEqual({
    organisation: 'Fill this in.',
    email: 'Enter an e-mail address, such as ada@example.org.',
    password: 'At least 12 characters.',
  })
})
test('is silent when all is well', () => {
  expect(
    messagesOf(setup.complete.input, {
      token: 'a'.repeat(32),
      organisation: 'A',
      name: 'Ada',
      email: 'ada@example.org',
      password: 'correct horse',
    }),
  ).toEqual({})
})
test('says it of things in a list as well, before it says it of the list', () => {
  const registration = {
    ...{ name: 'shop', environment: 'production', address: 'db.internal', database: 'shop' },
    ...{
      administrator: 'holdfast',
      password: 'x',
      profiles: [
        { name: 'readonly', groupRole: 'readers' },
        { name: 'all', groupRole: '' },
      ],
    },
  }
  const messages = messagesOf(database.register.input, registration)
  expect(Object.entries(messages)).toEqual([
    ['profiles.1.groupRole', 'Fill this in.'],
    ['profiles', 'Fill this in.'],
  ])
})
test('control characters', () => {
  expect(messagesOf(setup.complete.input.pick({ name: true }), { name: 'a\u0007' })).toEqual({
    name: 'Must not contain control characters.',
  })
})
test('every message is a sentence', () => {
  const messages = Object.values(messagesOf(ledger.addWitness.input, { kind: 'fax', target: 'x' }))
  expect(messages.length).toBeGreaterThan(0)
  for (const message of messages) expect(message).toMatch(/^[A-Z].*\.$/)
})
