import { rolesWith, type OrgPermission, type OutputOf, type policy } from '@holdfast/contract'

export type PolicyDetail = OutputOf<typeof policy.read>
export type PolicyRow = OutputOf<typeof policy.list>['rows'][number]
export type Version = PolicyDetail['versions'][number]

/** Who looks at the policy. */
export interface Reader {
  personId: string
  may: (permission: OrgPermission) => boolean
  /** The name of a member, for sentences. */
  nameOf: (personId: string) => string
}

export type StepAction = 'submit' | 'review' | 'publish' | 'acknowledge' | 'draft' | 'confirmReview' | 'remind'

/** What should happen next with a policy, and whether this reader is the one to do it. */
export interface Step {
  sentence: string
  /** Absent when it is somebody else's turn. */
  action?: StepAction
  versionId?: Version['id']
}

const orList = (words: readonly string[]) =>
  words.length < 2 ? words.join('') : `${words.slice(0, -1).join(', ')} or ${words.at(-1) ?? ''}`
const capital = (word: string) => word.slice(0, 1).toUpperCase() + word.slice(1)
/** Such as "an Owner, Admin or Reviewer". */
export const whoMay = (permission: OrgPermission) => `an ${orList(rolesWith(permission).map(capital))}`

/** Why this reader cannot approve this version; null when they can. Approval is always a second person's (H4). */
export const approvalRefusal = (version: Version, reader: Reader): string | null => {
  if (version.state !== 'in_review') return null
  if (!reader.may('policy:approve')) return `You need policy:approve (${orList(rolesWith('policy:approve').map(capital))}).`
  if (version.authorId === reader.personId)
    return 'You wrote this version. Somebody else must read and approve it: nobody approves their own text.'
  return null
}

const openVersionStep = (version: Version, reader: Reader): Step | null => {
  const it = `Version ${version.number}`
  const at = { versionId: version.id }
  switch (version.state) {
    case 'draft': {
      const sentBack = version.reviewComment ? `Changes were requested: “${version.reviewComment}” ` : ''
      return reader.may('policy:write')
        ? {
            sentence: `${sentBack}${it} is a draft. Hand it over when it is ready to be read by a second person.`,
            action: 'submit',
            ...at,
          }
        : { sentence: `${it} is being drafted by ${reader.nameOf(version.authorId)}.` }
    }
    case 'in_review': {
      if (!approvalRefusal(version, reader))
        return {
          sentence: `${it} by ${reader.nameOf(version.authorId)} waits for a second person: read it, then approve it or ask for changes.`,
          action: 'review',
          ...at,
        }
      return version.authorId === reader.personId
        ? {
            sentence: `${it} waits for approval. You wrote it, so ${whoMay('policy:approve')} other than you must approve it.`,
            ...at,
          }
        : { sentence: `${it} waits for approval by ${whoMay('policy:approve')} who did not write it.`, ...at }
    }
    case 'approved':
      return reader.may('policy:publish')
        ? { sentence: `${it} is approved. Publishing it asks every member to acknowledge it.`, action: 'publish', ...at }
        : { sentence: `${it} is approved and waits to be published by ${whoMay('policy:publish')}.` }
    case 'rejected':
      return reader.may('policy:write')
        ? { sentence: `${it} was sent back: “${version.reviewComment ?? ''}” Draft the next version.`, action: 'draft' }
        : { sentence: `${it} was sent back to ${reader.nameOf(version.authorId)}.` }
    default:
      return null
  }
}

/** Days until a calendar date; negative when it is past. `today` as RFC 3339 full-date. */
export const daysUntil = (date: string, today: string): number => Math.round((Date.parse(date) - Date.parse(today)) / 86_400_000)

/** How long before its date a review is asked for. */
const reviewNoticeDays = 30

const reviewStep = (policy: PolicyDetail, reader: Reader, today: string): Step | null => {
  if (policy.nextReviewOn === null || !reader.may('policy:approve') || policy.publishedVersion === null) return null
  const left = daysUntil(policy.nextReviewOn, today)
  if (left > reviewNoticeDays) return null
  const when =
    left < 0
      ? `was due ${-left} ${left === -1 ? 'day' : 'days'} ago`
      : left === 0
        ? 'is due today'
        : `is due in ${left} ${left === 1 ? 'day' : 'days'}`
  return {
    sentence: `The review of the published version ${when}. Read it again; confirm that it stands, or draft the next version.`,
    action: 'confirmReview',
  }
}

/**
 * What is to be done, the most pressing first: one's own duty, then the version that is under way, then the review, then those who have not
 * acknowledged. Empty when nothing is open.
 */
export const stepsOf = (policy: PolicyDetail, reader: Reader, today: string): Step[] => {
  if (policy.retired) return []
  const published = policy.versions.find((version) => version.state === 'published')
  const latest = policy.versions.reduce<Version | null>(
    (newest, version) => (newest && newest.number > version.number ? newest : version),
    null,
  )
  const mine: Step | null =
    published && !policy.acknowledgedByMe
      ? {
          sentence: `Read version ${published.number} and declare that you will follow it.`,
          action: 'acknowledge',
          versionId: published.id,
        }
      : null
  const missing = policy.members - policy.acknowledged
  const others: Step | null =
    published && missing > (policy.acknowledgedByMe ? 0 : 1) && reader.may('policy:publish')
      ? {
          sentence: `${missing} of ${policy.members} members have not acknowledged version ${published.number} yet.`,
          action: 'remind',
        }
      : null
  return [mine, latest && openVersionStep(latest, reader), reviewStep(policy, reader, today), others].filter(
    (step) => step !== null,
  )
}
