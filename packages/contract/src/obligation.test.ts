import { describe, expect, expectTypeOf, it } from 'vitest'
import { z } from 'zod'
import { PolicyId } from './ids.ts'
import { businessDays, days, durationInWords, hours, minutes, obligation, type Obligation } from './obligation.ts'
import { allObligations, obligationNamed, obligationTable } from './obligations.ts'
import { command, type Command, type OpenedBy } from './operation.ts'
import { allOperations } from './operations.ts'
import { isPromiseId } from './promises.ts'

const table = allObligations.map((kind): [string, Obligation] => [kind.name, kind])
const commands = allOperations.filter((operation): operation is Command => operation.kind === 'command')

describe('every obligation', () => {
  it.each(table)('%s is called noun.what-is-owed, and by that name alone', (name, kind) => {
    expect(name).toMatch(/^[a-z]+(-[a-z]+)*\.[a-z]+(-[a-z]+)*$/)
    expect(obligationNamed(name)).toBe(kind)
    for (const { opens, meets, withdraws } of commands)
      for (const other of [...opens, ...meets, ...withdraws]) if (other.name === name) expect(other).toBe(kind)
  })

  it.each(table)('%s can be met, and somebody opens it', (_, kind) => {
    expect(kind.metBy !== undefined || commands.some(({ meets }) => meets.includes(kind))).toBe(true)
    expect(kind.openedBy !== undefined || commands.some(({ opens }) => opens.includes(kind))).toBe(true)
  })

  it.each(table)('%s says what to do, where, and for which promise', (_, { title, page, promise }) => {
    expect(title).toMatch(/^\p{Lu}[^.]{3,99}$/u)
    expect(page).toContain(':subject')
    expect(promise === undefined || isPromiseId(promise)).toBe(true)
  })
})

const review = obligation({
  ...{ name: 'desk.review', title: 'Review a desk', about: 'desk', page: '/desks/:subject', promise: 'H4' },
  ...{ owedBy: 'role', within: businessDays(1), warn: [hours(4)], firm: true },
  escalate: [
    { after: hours(0), to: 'admin' },
    { after: days(2), to: 'answerable' },
  ],
})
const declared = {
  path: '/desks/:id',
  summary: 'Clear a desk',
  permission: 'policy:write',
  input: z.object({ id: PolicyId }),
  output: z.object({ id: PolicyId }),
  audit: { action: 'desk.cleared', target: ({ id }: { id: string }) => id },
} as const

describe('declaring', () => {
  it('what an operation opens is part of its type; one that declares nothing opens nothing', () => {
    const clear = command({ ...declared, opens: [review] })
    expect([clear.opens, clear.meets, clear.withdraws]).toEqual([[review], [], []])
    expectTypeOf<OpenedBy<typeof clear>>().toEqualTypeOf<typeof review>()
    const silent = command(declared)
    expect(silent.opens).toEqual([])
    expectTypeOf<OpenedBy<typeof silent>>().toBeNever()
  })

  it('a line of the table for people', () => {
    const operation = { ...command({ ...declared, opens: [review] }), name: 'desk.clear' }
    expect(obligationTable([review], [operation]).split('\n').at(-2)).toBe(
      '| `desk.review` | Review a desk | desk | a role | 1 business day, firm | 4 hours | at once: admin, 2 days: answerable | `desk.clear` | – | – | H4 |',
    )
  })

  it('durations in words', () => {
    expect([minutes(15), hours(24), hours(36), days(14), businessDays(3), minutes(1)].map(durationInWords)).toEqual([
      ...['15 minutes', '24 hours', '36 hours', '14 days', '3 business days', '1 minute'],
    ])
  })
})
