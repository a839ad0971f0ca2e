import { days, obligation } from './obligation.ts'

/** Runs in every organisation from its first hour on; ended by a review, which starts the next. Its subject is the organisation. */
export const accessReviewDue = obligation({
  name: 'access-review.quarterly',
  title: 'Review who has access to what',
  about: 'organisation',
  page: '/access-reviews?of=:subject',
  promise: 'C1',
  owedBy: 'role', // Admin
  within: days(91),
  warn: [days(21), days(7), days(1)],
  escalate: [
    { after: days(1), to: 'owner' },
    { after: days(14), to: 'owner' },
  ],
  openedBy: 'accessReview.upkeep',
})
