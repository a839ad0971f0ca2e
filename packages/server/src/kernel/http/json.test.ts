import fc from 'fast-check'
import { expect, test } from 'vitest'
import { holdsHalfPair, repeatedName } from './json.ts'

test.each([
  ['{"a":1,"a":2}', 'a'],
  ['{"a":1,"b":{"c":1,"c":2}}', 'c'],
  ['[{"a":1},{"a":1,"b":[],"a":2}]', 'a'],
  ['{"a":1,"\\u0061":2}', 'a'],
  ['{"\\"":1,"\\u0022":2}', '"'],
  ['{"a\\\\":1,"b":"a\\\\","a\\\\":2}', 'a\\'],
  ['{"":1,"":2}', ''],
  ['{"__proto__":1,"__proto__":2}', '__proto__'],
  ['{ "a" : [ "a" , "a" ] , "b" : "a" , "c" : { "a" : "\\"a\\":" } }', null],
  ['{"a":{"a":{"a":1}},"b":{"a":1}}', null],
  ['["a","a"]', null],
  ['"a"', null],
  ['{}', null],
])('%s', (text, name) => expect(repeatedName(text)).toBe(name))

test.each([
  ['"\\ud800"', true],
  ['{"\\uDC00":1}', true],
  ['["a\\\\\\ud800"]', true],
  ['"\\ud83d\\udca5"', false],
  ['"\\\\ud800"', false],
  ['"💥"', false],
])('%s holds half a pair: %s', (text, holds) => expect(holdsHalfPair(text, JSON.parse(text))).toBe(holds))

test('no text that JSON.stringify makes has a name twice', () => {
  fc.assert(fc.property(fc.jsonValue(), fc.nat(2), (value, indent) => repeatedName(JSON.stringify(value, null, indent)) === null))
})

test('a name that is put in a second time is found, wherever that is', () => {
  const objects = fc.dictionary(fc.string(), fc.jsonValue(), { minKeys: 1, maxKeys: 5, noNullPrototype: true })
  fc.assert(
    fc.property(objects, fc.jsonValue(), fc.nat(), (object, value, pick) => {
      const names = Object.keys(object)
      const name = names[pick % names.length] ?? ''
      const text = `[${JSON.stringify(value)},${JSON.stringify(object).slice(0, -1)},${JSON.stringify(name)}:${JSON.stringify(value)}}]`
      return repeatedName(text) === name
    }),
  )
})

test('seven megabytes and twenty thousand levels take no time worth mentioning', () => {
  const large = JSON.stringify({ content: 'a'.repeat(7_000_000), quoted: '\\"'.repeat(100_000) })
  const deep = `${'{"a":['.repeat(20_000)}${']}'.repeat(20_000)}`
  const began = performance.now()
  expect([repeatedName(large), repeatedName(deep)]).toEqual([null, null])
  expect(performance.now() - began).toBeLessThan(1_000)
})
