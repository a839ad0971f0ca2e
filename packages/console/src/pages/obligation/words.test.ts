import { describe, expect, it } from 'vitest'
import { aheadInWords, happenedInWords, holidaysOf, isShow, stateOf } from './words.ts'

const roles = { admin: 'Admin' }
const event = { at: '', plannedAt: null, personId: null, reason: null, dueAt: '', to: null }

describe('an obligation in words', () => {
  it('says where it stands, never by colour alone', () => {
    expect(stateOf({ state: 'running', late: true })).toEqual({ kind: 'bad', word: 'Overdue' })
    expect(stateOf({ state: 'running', late: false }).word).toBe('Running')
    expect(stateOf({ state: 'met', late: true }).word).toBe('Done late')
    expect(stateOf({ state: 'met', late: false }).word).toBe('Done in time')
    expect(stateOf({ state: 'paused', late: false }).word).toBe('Paused')
    expect(stateOf({ state: 'rebased', late: false }).word).toBe('New deadline')
  })

  it('says whom the clock told and will tell', () => {
    expect(happenedInWords({ ...event, kind: 'escalated', to: 'admin' }, roles)).toBe('Brought to the attention of every Admin')
    expect(happenedInWords({ ...event, kind: 'escalated', to: 'answerable' }, roles)).toContain('whoever owes it')
    expect(aheadInWords({ kind: 'escalated', at: '', to: 'admin' }, roles)).toBe('Tells every Admin')
    expect(aheadInWords({ kind: 'breached', at: '', to: null }, roles)).toBe('The deadline')
  })

  it('reads holidays, a line each', () => {
    expect(holidaysOf('2026-12-25 Christmas\n\n 2027-01-01  New Year ')).toEqual([
      { on: '2026-12-25', name: 'Christmas' },
      { on: '2027-01-01', name: 'New Year' },
    ])
    expect(holidaysOf('')).toEqual([])
    for (const wrong of ['Christmas', '2026-12-25', '2026-13-45 Never']) expect(holidaysOf(wrong)).toBeNull()
  })

  it('knows what it can show', () => {
    expect([isShow('overdue'), isShow('everything'), isShow(undefined), isShow('toString')]).toEqual([true, false, false, false])
  })
})
