import { expect, test } from 'vitest'
import { createKnownCallers } from './known-callers.ts'

const cookie = (value: string) => ({ headers: { cookie: value } })
const key = (authorization: string) => ({ headers: { authorization } })

test('only what was noted is known, by key, access cookie or refresh cookie', () => {
  const known = createKnownCallers()
  for (const credential of ['Bearer a', 'access', 'refresh']) known.note(credential)
  expect([key('Bearer a'), cookie('__Host-at=access'), cookie('x=1; __Host-rt=refresh')].map(known.has)).toEqual([
    true,
    true,
    true,
  ])
  expect(
    [key('Bearer b'), cookie('__Host-at=other'), cookie('access'), cookie('at=access'), { headers: {} }].map(known.has),
  ).toEqual(Array.from({ length: 5 }, () => false))
})

test('beside a key cookies do not count: they would not be looked at', () => {
  const known = createKnownCallers()
  known.note('access')
  expect(known.has({ headers: { authorization: 'Bearer made-up', cookie: '__Host-at=access' } })).toBe(false)
})

test('is forgotten after its time, when it is refused, and when longest unseen of too many', () => {
  let now = 0
  const known = createKnownCallers(2, 1000, () => now)
  known.note('a')
  now = 999
  expect(known.has(key('a'))).toBe(true)
  now = 1000
  expect(known.has(key('a'))).toBe(false)
  for (const credential of ['a', 'b', 'a']) known.note(credential)
  known.note('c')
  expect(['a', 'b', 'c'].map((one) => known.has(key(one)))).toEqual([true, false, true])
  known.forget('c')
  expect(known.has(key('c'))).toBe(false)
})
