import { commonProblems, ProblemError, type CommonCode } from '@holdfast/contract'
import { describe, expect, test } from 'vitest'
import { explain, refusalInWords, rolesInWords } from './explain.ts'

const refused = (code: string, more: object = {}, retryAfter: number | null = null) =>
  new ProblemError({ type: '', title: code, status: 403, code, instance: 'req-1', ...more }, retryAfter)

describe('explain', () => {
  test.each(Object.keys(commonProblems) as CommonCode[])('says what %s means, and that nothing was changed, once', (code) => {
    const { title, effect } = explain(refused(code))
    expect(title.length).toBeGreaterThan(10)
    expect(`${title} ${effect}`.match(/Nothing was changed/g)).toHaveLength(1)
  })
  test('prefers the operation’s own sentence', () => {
    expect(explain(refused('last_owner'), { last_owner: 'Keep one Owner.' })).toMatchObject({
      title: 'Keep one Owner.',
      code: 'last_owner',
      instance: 'req-1',
    })
  })
  test('names the missing permission and who has it', () => {
    expect(explain(refused('forbidden', { permission: 'ledger:export' })).title).toBe(
      'You need ledger:export (Owner, Admin or Reviewer).',
    )
  })
  test('says how long to wait', () => {
    expect(explain(refused('rate_limited', {}, 30)).advice).toBe('Try again in 30 s.')
    expect(explain(refused('rate_limited', {}, 600)).advice).toBe('Try again in 10 min.')
    expect(explain(refused('overloaded')).advice).toBe('Wait a minute, then try again.')
  })
  test('brings the messages of the server to their fields', () => {
    expect(explain(refused('invalid_input', { errors: [{ path: '/email', message: 'not an address' }] })).fields).toEqual({
      email: 'not an address',
    })
  })
  test('does not claim that nothing was changed when no answer came', () => {
    const { effect, code } = explain(new TypeError('Failed to fetch'))
    expect(code).toBe('no_answer')
    expect(effect).toContain('may or may not')
  })
  test('a read says nothing of changes', () => {
    expect(explain(refused('forbidden'), {}, 'read').effect).toBe('')
  })
})

test('roles in words', () => {
  expect(rolesInWords('organisation:transfer')).toBe('Owner')
  expect(rolesInWords('member:invite')).toBe('Owner or Admin')
  expect(refusalInWords('operator:outbox')).toBe('You need operator:outbox (Owner or Admin of the operator’s organisation).')
})
