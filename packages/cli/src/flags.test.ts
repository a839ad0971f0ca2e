import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { operations } from '@holdfast/contract'
import { flagsOf, kebab, readFlag, type Flag } from './flags.ts'
import { UsageError } from './io.ts'

const one = (schema: z.ZodType, name = 'someField'): Flag => flagsOf(z.object({ [name]: schema }))[0] as Flag

describe('flagsOf', () => {
  it('makes an option of each field, in order, in kebab-case', () => {
    expect(flagsOf(operations.policy.create.input).map(({ name }) => name)).toEqual([
      'title',
      'format',
      'content',
      'note',
      'review-every-days',
      'required-at-once',
      'promises',
    ])
  })

  it.each([
    [z.string(), 'text'],
    [z.number(), 'number'],
    [z.number().int().min(1), 'number'],
    [z.coerce.number().int(), 'number'],
    [z.boolean(), 'boolean'],
    [z.enum(['a', 'b']), 'text'],
    [z.string().optional(), 'text'],
    [z.array(z.string()), 'text'],
    [z.email().or(z.url()), 'text'],
    [z.object({ a: z.string() }), 'json'],
    [z.union([z.string(), z.number()]), 'json'],
  ] as const)('reads the kind of a field (%#: %s)', (schema, kind) => {
    expect(one(schema).kind).toBe(kind)
  })

  it('knows what is required, and what stands in for what is left out', () => {
    expect(one(z.string())).toMatchObject({ required: true, initial: undefined })
    expect(one(z.string().optional())).toMatchObject({ required: false, initial: undefined })
    expect(one(z.number().default(50))).toMatchObject({ required: false, initial: 50 })
  })

  it('lists choices, of a single value and of many', () => {
    expect(one(z.enum(['me', 'review']).optional())).toMatchObject({ choices: ['me', 'review'], many: false })
    expect(one(z.array(z.enum(['a', 'b'])))).toMatchObject({ choices: ['a', 'b'], many: true })
  })

  it('explains a field by its description and its shape', () => {
    const { id } = operations.policy.read.input.shape
    expect(one(id).help).toBe('po_…')
    expect(one(z.iso.date().describe('when')).help).toBe('when; such as 2026-11-23')
    expect(one(z.array(z.string().describe('a word'))).help).toBe('a word; may be repeated')
  })

  it('reads documents from files and secrets from nowhere else', () => {
    expect(one(z.string().max(7_000_000)).source).toBe('file')
    expect(one(z.string().max(200), 'password').source).toBe('secret')
    expect(one(z.string(), 'token').source).toBe('secret')
    expect(one(z.enum(['master', 'refresh']), 'secret').source, 'a choice tells nothing').toBe('argument')
    expect(one(z.string().max(200)).source).toBe('argument')
  })

  it('takes a code from a file, and durations in words', () => {
    expect(one(z.string().max(20), 'code')).toMatchObject({ source: 'code', help: 'a recovery code as @FILE, or - for stdin' })
    const seconds = one(z.number().int(), 'maxSeconds')
    expect([readFlag(seconds, '30m'), readFlag(seconds, '90')]).toEqual([1800, 90])
    expect(() => readFlag(seconds, 'soon')).toThrow(UsageError)
    expect(() => readFlag(one(z.number(), 'port'), '30m')).toThrow(UsageError)
  })

  it('survives every operation there is', () => {
    for (const noun of Object.values(operations)) {
      for (const operation of Object.values(noun))
        expect(() => flagsOf((operation as { input: z.ZodObject }).input)).not.toThrow()
    }
  })
})

describe('kebab', () => {
  it.each([
    ['apiKey', 'api-key'],
    ['reviewEveryDays', 'review-every-days'],
    ['sha256', 'sha256'],
    ['id', 'id'],
  ])('%s → %s', (name, expected) => {
    expect(kebab(name)).toBe(expected)
  })
})

describe('readFlag', () => {
  it('takes text as it is, even when it looks like something else', () => {
    expect(readFlag(one(z.string()), '007')).toBe('007')
    expect(readFlag(one(z.string()), 'true')).toBe('true')
  })

  it('takes numbers', () => {
    expect(readFlag(one(z.number()), '14')).toBe(14)
    for (const raw of ['', ' ', 'ten', '1x', 'Infinity', 'NaN']) expect(() => readFlag(one(z.number()), raw)).toThrow(UsageError)
  })

  it('takes JSON for what is neither text nor number', () => {
    expect(readFlag(one(z.object({ a: z.number() })), '{"a":1}')).toEqual({ a: 1 })
    expect(() => readFlag(one(z.object({})), '{')).toThrow(UsageError)
  })

  it('names the choices when another is given', () => {
    expect(() => readFlag(one(z.enum(['a', 'b'])), 'c')).toThrow('--some-field is one of a, b')
  })
})
