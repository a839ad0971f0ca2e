import { afterAll, beforeAll, expect, test } from 'vitest'
import { setup } from '@holdfast/contract'
import { newCaller, startPlatform, type Platform } from '../../../test/platform.ts'
import { slugOf } from '../../kernel/slug.ts'

let platform: Platform
beforeAll(async () => {
  platform = await startPlatform()
})
afterAll(() => platform.close())

const person = {
  organisation: 'Example Ltd',
  name: 'Olga Owner',
  email: 'olga@example.test',
  password: 'seven lanterns under the bridge',
}

test('refuses a wrong link and a common password, and writes nothing', async () => {
  expect(await platform.refusal(setup.complete, { ...person, token: 'x'.repeat(43) }, newCaller())).toBe('setup_link_invalid')
  const common = { ...person, token: platform.setupToken, password: 'Example-Ltd-2026!' }
  expect(await platform.refusal(setup.complete, common, newCaller())).toBe('password_too_common')
  const { rows } = await platform.admin.query(
    'select (select count(*) from org) + (select count(*) from ledger) + (select count(*) from signing_key) as n',
  )
  expect(rows[0].n).toBe('0')
})

test('founds the installation once, with one entry; a race founds one', async () => {
  expect(await platform.call(setup.state, {}, newCaller())).toEqual({ needed: true, demo: false })
  const input = { ...person, token: platform.setupToken }
  const answers = await Promise.allSettled([
    platform.outcome(setup.complete, input, newCaller()),
    platform.outcome(setup.complete, input, newCaller()),
  ])
  expect(answers.map(({ status }) => status).toSorted()).toEqual(['fulfilled', 'rejected'])
  expect(await platform.refusal(setup.complete, input, newCaller())).toBe('setup_already_done')
  const { rows } = await platform.admin.query(`select seq, body::jsonb->>'action' as action from ledger`)
  expect(rows).toEqual([{ seq: '0', action: 'organisation.created' }])
  expect(await platform.call(setup.state, {}, newCaller())).toEqual({ needed: false, demo: false })
})

test('neither name nor address stands anywhere in clear', async () => {
  const { rows } = await platform.admin.query(
    'select row_to_json(p)::text as text from person p union all select body from ledger',
  )
  for (const { text } of rows) expect(text).not.toMatch(/olga/i)
})

test('slugs', () => {
  expect(slugOf('Blüte & Söhne GmbH', '01234567-89ab-cdef-0123-456789abcdef')).toBe('blute-sohne-gmbh-89abcdef')
  expect(slugOf('株式会社', '01234567-89ab-cdef-0123-456789abcdef')).toBe('org-89abcdef')
})
