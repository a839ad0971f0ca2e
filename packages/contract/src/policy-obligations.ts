import { days, obligation } from './obligation.ts'

/** How long is said by the policy: `reviewEveryDays`. */
export const policyReview = obligation({
  name: 'policy.review',
  title: 'Review a policy',
  about: 'policy',
  page: '/policies/:subject',
  promise: 'H4',
  owedBy: 'person', // the policy's owner
  within: 'as opened',
  warn: [days(14), days(3)],
  escalate: [
    { after: days(7), to: 'answerable' },
    { after: days(14), to: 'admin' },
  ],
})

/** How long is said when a version is published: `acknowledgeWithinDays`. */
export const policyAcknowledgement = obligation({
  name: 'policy.acknowledgement',
  title: 'Read and acknowledge a policy',
  about: 'policy',
  page: '/policies/:subject',
  promise: 'H4',
  owedBy: 'each', // every member
  within: 'as opened',
  warn: [days(3)],
  escalate: [
    { after: days(3), to: 'answerable' },
    { after: days(7), to: 'answerable' },
  ],
  openedBy: 'policy.ask',
})
