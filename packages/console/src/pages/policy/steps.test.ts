import { rolesWith, type Role } from '@holdfast/contract'
import { describe, expect, it } from 'vitest'
import { approvalRefusal, daysUntil, stepsOf, type PolicyDetail, type Reader, type Version } from './steps.ts'

const today = '2026-11-23'
const reader = (personId: string, role: Role): Reader => ({
  personId,
  may: (permission) => rolesWith(permission).includes(role),
  nameOf: (id) => (id === personId ? 'you' : `Person ${id}`),
})

const version = (number: number, state: Version['state'], more: Partial<Version> = {}): Version =>
  ({ id: `pv_${number}`, number, state, authorId: 'author', reviewComment: null, format: 'markdown', ...more }) as Version

const policy = (versions: Version[], more: Partial<PolicyDetail> = {}): PolicyDetail =>
  ({
    id: 'po_1',
    title: 'Access',
    retired: false,
    reviewEveryDays: 365,
    requiredAtOnce: false,
    nextReviewOn: null,
    publishedVersion: versions.find(({ state }) => state === 'published')?.number ?? null,
    acknowledged: 0,
    members: 5,
    acknowledgedByMe: false,
    versions,
    ...more,
  }) as PolicyDetail

const actions = (detail: PolicyDetail, who: Reader) => stepsOf(detail, who, today).map(({ action }) => action ?? 'wait')

describe('what is next with a policy', () => {
  it('goes from draft over review and approval to publishing', () => {
    expect(actions(policy([version(1, 'draft')]), reader('author', 'member'))).toEqual(['submit'])
    expect(actions(policy([version(1, 'in_review')]), reader('other', 'reviewer'))).toEqual(['review'])
    expect(actions(policy([version(1, 'approved')]), reader('other', 'admin'))).toEqual(['publish'])
    expect(actions(policy([version(1, 'approved')]), reader('other', 'reviewer'))).toEqual(['wait'])
    expect(actions(policy([version(1, 'rejected', { reviewComment: 'Too long' })]), reader('author', 'member'))).toEqual([
      'draft',
    ])
  })

  it('never offers authors the approval of their own text, and says why', () => {
    const mine = version(1, 'in_review', { authorId: 'me' as Version['authorId'] })
    for (const role of ['owner', 'admin', 'reviewer'] as const) {
      expect(actions(policy([mine]), reader('me', role))).toEqual(['wait'])
      expect(approvalRefusal(mine, reader('me', role))).toContain('nobody approves their own text')
    }
    expect(approvalRefusal(mine, reader('other', 'member'))).toBe('You need policy:approve (Owner, Admin or Reviewer).')
    expect(approvalRefusal(mine, reader('other', 'reviewer'))).toBeNull()
    expect(approvalRefusal(version(1, 'draft', { authorId: 'me' as Version['authorId'] }), reader('me', 'owner'))).toBeNull()
  })

  it('puts one’s own duty first, and asks for the review in time', () => {
    const published = policy([version(1, 'published'), version(2, 'in_review')], { nextReviewOn: '2026-11-30' })
    expect(actions(published, reader('other', 'owner'))).toEqual(['acknowledge', 'review', 'confirmReview', 'remind'])
    expect(actions(published, reader('other', 'viewer'))).toEqual(['acknowledge', 'wait'])
    expect(
      actions(
        policy([version(1, 'published')], { acknowledgedByMe: true, acknowledged: 5, nextReviewOn: '2027-06-01' }),
        reader('other', 'owner'),
      ),
    ).toEqual([])
  })

  it('asks nothing of a retired policy', () => {
    expect(actions(policy([version(1, 'published')], { retired: true }), reader('other', 'owner'))).toEqual([])
  })

  it('counts days by the calendar', () => {
    expect([daysUntil('2026-11-23', today), daysUntil('2026-11-24', today), daysUntil('2026-11-20', today)]).toEqual([0, 1, -3])
  })
})
