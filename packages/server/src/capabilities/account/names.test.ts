/** A name that would pass for words of ours: in mails to others it stands beside them. */
import { account, organisation, policy, session } from '@holdfast/contract'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { addMember, startPlatform, type FoundedPlatform, type Platform } from '../../../test/platform.ts'
import { saidOf, signOnAs, signOnFor } from '../../../test/sign-on.ts'

let platform: Platform
let founded: FoundedPlatform
beforeAll(async () => {
  platform = await startPlatform()
  founded = await platform.found()
}, 30_000)
afterAll(() => platform.close())

const evil = 'Ann\n\nYour account ends today. Keep it: https://evil.example'
const oneLine = 'Ann Your account ends today. Keep it: https://evil.example'

test('is refused where people and organisations are named', async () => {
  const { caller } = await addMember(platform, founded, 'member')
  for (const name of [evil, 'Ann\rBen', 'Ann\u2028Ben', 'nnA\u202e'])
    expect(await platform.refusal(account.rename, { name }, caller), JSON.stringify(name)).toBe('invalid_input')
  expect(await platform.refusal(organisation.update, { name: evil }, founded.owner)).toBe('invalid_input')
  expect(await platform.refusal(policy.create, { title: evil, content: '#' }, caller)).toBe('invalid_input')
  expect(await platform.call(account.rename, { name: 'Ann-Marie Ó Briain' }, caller)).toMatchObject({
    name: 'Ann-Marie Ó Briain',
  })
})

test('that a provider says becomes one line; without that it would be lines of its own', async () => {
  const signOn = await signOnFor(platform, founded.owner)
  const { caller } = await signOnAs(platform, signOn, saidOf(signOn.domain, 'ann', { name: evil }))
  const { person } = await platform.call(session.current, {}, caller)
  expect(person.name).toBe(oneLine)
  expect(`Hello,\n\n${person.name} has lost their second factor.`).not.toMatch(/^Your account ends/m)
  expect(`Hello,\n\n${evil} has lost their second factor.`).toMatch(/^Your account ends/m)
})
