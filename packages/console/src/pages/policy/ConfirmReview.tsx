import { policy } from '@holdfast/contract'
import { Textarea } from '@mantine/core'
import { useState } from 'react'
import { ConfirmDialog, useCommandOf } from '../../kit/index.ts'
import { policyAnswers } from './answers.ts'
import type { PolicyDetail } from './steps.ts'

/** A review that changes nothing is recorded too: who looked, when, and what they found. */
export const ConfirmReview = ({
  policy: detail,
  opened,
  onClose,
}: {
  policy: PolicyDetail
  opened: boolean
  onClose: () => void
}) => {
  const [comment, setComment] = useState('')
  const confirm = useCommandOf(policy.confirmReview, {
    refresh: policyAnswers,
    explain: { policy_not_found: 'That policy no longer exists.', not_published: 'Only a published policy can be reviewed.' },
    done: 'The review is recorded.',
    onDone: onClose,
  })
  return (
    <ConfirmDialog
      opened={opened}
      onClose={onClose}
      title="Confirm that it stands?"
      consequences={[
        `The ledger records that you reviewed version ${detail.publishedVersion ?? ''} and that it stands as it is.`,
        `The next review is due ${detail.reviewEveryDays} days from today.`,
      ]}
      undo="The record stays; a new version can be drafted at any time."
      verb="Confirm the review"
      running={confirm.running}
      problem={confirm.problem}
      ready={comment.trim() !== ''}
      onConfirm={() => void confirm.run({ id: detail.id, comment })}
    >
      <Textarea
        label="What you looked at, and why it stands"
        required
        autosize
        minRows={2}
        maxLength={2000}
        value={comment}
        onChange={(event) => setComment(event.currentTarget.value)}
        data-autofocus
      />
    </ConfirmDialog>
  )
}
