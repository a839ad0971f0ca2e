import { setTimeout as sleep } from 'node:timers/promises'
import { accessReview, apiKey, type AccessReviewId, type AccessReviewItem, type Role } from '@holdfast/contract'
import type { Visitor } from './demo-visitor.ts'

const begin = async ({ call }: Visitor): Promise<AccessReviewId> => {
  const { id } = await call(accessReview.begin, {})
  for (let attempt = 0; attempt < 120; attempt++) {
    if ((await call(accessReview.read, { id })).state === 'open') return id
    await sleep(500)
  }
  throw new Error('the list of a review was not gathered')
}

const asRead = ({ id: item, version }: AccessReviewItem, decision: 'keep' | 'remove') => ({ item, version, decision })

/** A review of access that is finished, and one that somebody is in the middle of (C1). The Owner's own access is the Admin's to decide. */
export const fillReviews = async ({ owner, admin, member }: Record<Role, Visitor>): Promise<void> => {
  const old = await member.call(apiKey.create, { name: 'Old deployment script', role: 'member', days: 90 })
  const first = await begin(owner)
  const { rows } = await owner.call(accessReview.items, { id: first, limit: 100 })
  const owners = rows.find(({ kind, role }) => kind === 'member' && role === 'owner')?.personId
  const own = rows.filter(({ personId }) => personId === owners)
  const others = rows.filter((row) => !own.includes(row))
  for (let from = 0; from < others.length; from += 50)
    await owner.call(accessReview.decide, {
      id: first,
      decisions: others.slice(from, from + 50).map((row) => asRead(row, row.ref === old.id ? 'remove' : 'keep')),
      reason: 'Went through it with each team lead.',
    })
  await admin.call(accessReview.decide, {
    id: first,
    decisions: own.map((row) => asRead(row, 'keep')),
    reason: 'Olga runs this.',
  })
  await owner.call(accessReview.complete, {
    id: first,
    comment: 'Members and keys compared with the list of staff; one key removed.',
  })
  const second = await begin(owner)
  const members = await owner.call(accessReview.items, { id: second, kind: 'member', proposal: 'keep' })
  const known = members.rows.filter(({ role }) => role === 'reviewer' || role === 'member').map((row) => asRead(row, 'keep'))
  await owner.call(accessReview.decide, { id: second, decisions: known, reason: 'Seen at work this week.' })
}
