import { accessReview } from '@holdfast/contract'
import { Textarea } from '@mantine/core'
import { useState } from 'react'
import { ConfirmDialog, useCommandOf } from '../../kit/index.ts'
import { refreshed, underWay, type Review } from './words.ts'

export const CompleteDialog = ({ opened, review, onClose }: { opened: boolean; review: Review; onClose: () => void }) => {
  const [comment, setComment] = useState('')
  const complete = useCommandOf(accessReview.complete, {
    refresh: refreshed,
    done: 'Review completed.',
    onDone: onClose,
    explain: { ...underWay, items_open: '' },
  })
  return (
    <ConfirmDialog
      opened={opened}
      onClose={onClose}
      title="Complete this review?"
      consequences={[
        'It becomes evidence: nothing in it can be changed any more.',
        ...(review.open > 0
          ? ['What has ended meanwhile is noted as ended. Your own access, where nobody else could decide, is noted as such.']
          : []),
        'The next one is due in 91 days.',
      ]}
      undo="It cannot be undone. What should change later is changed in the ordinary way."
      verb="Complete"
      ready={comment.trim().length >= 3}
      running={complete.running}
      problem={complete.problem}
      onConfirm={() => void complete.run({ id: review.id, comment: comment.trim() })}
    >
      <Textarea
        label="What you looked at"
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
