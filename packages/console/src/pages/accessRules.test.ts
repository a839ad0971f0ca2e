import { describe, expect, it } from 'vitest'
import { newRules } from './access-policy/newRules.ts'
import { covers, hoursInWords, peopleInWords, ruleInWords, targetsInWords, type Policy, type Selection } from './accessRules.ts'

const nobody = () => null
const selection = (parts: Partial<Record<keyof Selection, string[]>>): Selection =>
  ({ hostIds: [], databaseIds: [], environments: [], labels: [], ...parts }) as unknown as Selection
const host = { kind: 'host' as const, id: 'ho_1', environment: 'production', labels: ['team=data', 'tier=1'] }
const rule = (selects: Selection, kind: Policy['kind'] = 'host') => ({ kind, selects })

describe('an access policy', () => {
  it('covers by id, or by one of its environments and all of its labels', () => {
    expect(covers(rule(selection({ hostIds: ['ho_1'] })), host)).toBe(true)
    expect(covers(rule(selection({ environments: ['staging', 'production'], labels: ['team=data'] })), host)).toBe(true)
    expect(covers(rule(selection({ environments: ['production'], labels: ['team=data', 'team=web'] })), host)).toBe(false)
    expect(covers(rule(selection({ environments: ['staging'] })), host)).toBe(false)
  })
  it('covers nothing where it selects nothing', () => expect(covers(rule(selection({})), host)).toBe(false))

  it('for databases says nothing of servers, even in the same environment', () => {
    const wide = rule(selection({ environments: ['production'] }), 'database')
    expect(covers(wide, host)).toBe(false)
    expect(covers(wide, { ...host, kind: 'database' })).toBe(true)
    expect(targetsInWords(wide, nobody)).toBe('every database in production')
  })

  it('is a sentence', () => {
    const rules = { ...newRules, logins: ['deploy'], selects: selection({ environments: ['production'], labels: ['team=data'] }) }
    expect(ruleInWords(rules, nobody, nobody).replaceAll('\u00a0', ' ')).toBe(
      'Any Owner, Admin, Reviewer or Member may ask to log in as deploy on every server in production and labelled team=data, ' +
        'for at most 1 h. One other person approves: any Owner, Admin or Reviewer.',
    )
  })
  it('names people and servers, those that are gone too', () => {
    const people = { roles: ['admin'], personIds: ['pe_1', 'pe_2'] } as unknown as Policy['approvers']
    expect(peopleInWords(people, (id) => (id === 'pe_1' ? 'Ada' : null))).toBe('any Admin, or Ada or somebody who left')
    expect(targetsInWords(rule(selection({ hostIds: ['ho_1'] })), () => 'web-1')).toBe('web-1')
  })
  it('says its hours', () => {
    expect(hoursInWords(null)).toBe('at any time')
    expect(hoursInWords({ timeZone: 'UTC', weekdays: [1, 5], from: '08:00', to: '18:00' })).toBe('Mon Fri, 08:00 to 18:00 (UTC)')
  })
})
