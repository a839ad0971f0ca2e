import type { AccessReview, AccessReviewItem, Proposal, ReviewDecision, ReviewedKind, ReviewReason } from '@holdfast/contract'
import { accessReview, obligations, type Operation } from '@holdfast/contract'
import type { z } from 'zod'
import { roleNames, type StateKind } from '../../kit/index.ts'

export type Review = z.infer<typeof AccessReview>
export type Item = AccessReviewItem

export const kindWords: Record<ReviewedKind, string> = {
  member: 'Member',
  api_key: 'API key',
  service_account: 'Service account',
  service_key: 'Key of a service account',
  access_rule: 'Access policy',
  server_grant: 'Access to a server',
  database_grant: 'Access to a database',
  staff_policy: 'The operator’s staff',
  break_glass: 'Emergency way in',
  directory_token: 'Directory credential',
  invitation: 'Invitation',
  sso_connection: 'Sign-on connection',
  directory_group: 'Directory group',
  emergency_key: 'Emergency key',
}

/** What it is called: of people, they themselves. */
export const titleOf = ({ kind, holder, email, label, personId }: Item): string => {
  if (kind === 'member') return holder || (personId ?? label)
  return kind === 'invitation' ? email || label : label
}

const proposalWords: Record<Proposal, [kind: StateKind, words: string]> = {
  keep: ['quiet', 'Keep'],
  attend: ['warn', 'Have a look'],
  lower: ['warn', 'Lower the role'],
  remove: ['bad', 'Remove'],
}
export const proposalOptions = [
  { value: '', label: 'Every proposal' },
  ...(['remove', 'lower', 'attend', 'keep'] as const).map((value) => ({ value, label: proposalWords[value][1] })),
]

export const reasonWords: Record<ReviewReason, string> = {
  never_used: 'never used',
  unused_90_days: 'not used for 90 days',
  manager_unused_30_days: 'manages, and was not here for 30 days',
  no_second_factor: 'no second factor',
  no_expiry: 'never expires',
  holder_gone: 'nobody answers for it',
  standing_access: 'lets them in without asking',
  invitation_waiting: 'not accepted for 3 days',
  inviter_gone: 'who invited them may invite nobody any more',
  nobody_in_it: 'nobody is in it',
  past_its_date: 'not tried by its date',
}

export const proposalOf = ({ proposal, proposedRole }: Item): [kind: StateKind, words: string] =>
  proposal === 'lower' && proposedRole ? ['warn', `Make ${roleNames[proposedRole]}`] : proposalWords[proposal]

const decisionWords: Record<ReviewDecision, [kind: StateKind, words: string]> = {
  keep: ['good', 'Kept'],
  change: ['accent', 'Changed'],
  remove: ['accent', 'Removed'],
  gone: ['quiet', 'Had ended'],
  nobody_else: ['warn', 'Nobody else to decide'],
}
export const decisionOf = ({ decision, newRole, now }: Item): [kind: StateKind, words: string] => {
  if (decision === null) return now === 'same' ? ['quiet', 'open'] : ['warn', now === 'gone' ? 'has ended' : 'has changed']
  return decision === 'change' && newRole ? ['accent', `Made ${roleNames[newRole]}`] : decisionWords[decision]
}

export const stateOf = ({ state, open }: Review): [kind: StateKind, words: string] => {
  if (state === 'gathering') return ['accent', 'gathering the list']
  if (state === 'completed') return ['good', 'completed']
  return open === 0 ? ['accent', 'all decided'] : ['warn', `${open} to decide`]
}

export const refreshed: readonly Operation[] = [
  ...[accessReview.list, accessReview.read, accessReview.items],
  ...[obligations.mine, obligations.list],
]

/** At most so many in one answer. */
export const atOnce = 50

export const isOpen = ({ decision }: Item): boolean => decision === null
/** What the reader may tick: neither their own, nor what has changed under them. */
export const mayTick = (item: Item, me: string): boolean => isOpen(item) && item.now === 'same' && item.personId !== me

export const underWay = {
  review_not_found: 'That review is not there.',
  review_not_open: 'This review is not open: its list is still being gathered, or somebody completed it.',
} as const

/** Which of several it is about, the server says itself. */
const itsOwnWords = ''
export const deciding = {
  ...underWay,
  item_not_found: 'One of them is not in this review.',
  item_changed: itsOwnWords,
  item_decided: itsOwnWords,
  own_access: itsOwnWords,
  decision_impossible: itsOwnWords,
  owner_only: itsOwnWords,
  last_owner: itsOwnWords,
  not_cleared: itsOwnWords,
  directory_managed: itsOwnWords,
  role_too_strong: itsOwnWords,
  not_yours: itsOwnWords,
  sso_enforced: itsOwnWords,
  role_would_rise: itsOwnWords,
  too_many_changes: itsOwnWords,
} as const
