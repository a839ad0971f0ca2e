import { obligations, serviceAccount, type OutputOf } from '@holdfast/contract'
import { Textarea } from '@mantine/core'
import { useState } from 'react'
import { ConfirmDialog, useCommandOf } from '../../kit/index.ts'
import { OwnerField } from './OwnerField.tsx'
import { accountSentences } from './words.ts'

export type Account = OutputOf<typeof serviceAccount.read>
interface Props {
  row: Account
  onClose: () => void
}
const refresh = [serviceAccount.read, serviceAccount.list, obligations.list, obligations.mine] as const
const { account_not_found, account_disabled, member_not_found, not_yours } = accountSentences

export const ReassignDialog = ({ row, onClose }: Props) => {
  const [ownerId, setOwner] = useState(row.ownerId)
  const { run, running, problem } = useCommandOf(serviceAccount.reassign, {
    refresh,
    done: 'Somebody else answers for it now.',
    onDone: onClose,
    explain: { account_not_found, account_disabled, member_not_found },
  })
  return (
    <ConfirmDialog
      opened
      onClose={onClose}
      title={`Who answers for ${row.name}?`}
      consequences={['They owe its reviews from now on; the next is due as if it were new.', 'Its keys go on working.']}
      undo="You can change it again at any time."
      verb="Reassign"
      ready={ownerId !== row.ownerId}
      running={running}
      problem={problem}
      onConfirm={() => void run({ id: row.id, ownerId })}
    >
      <OwnerField value={ownerId} onChange={setOwner} />
    </ConfirmDialog>
  )
}

export const ReviewDialog = ({ row, onClose }: Props) => {
  const [comment, setComment] = useState('')
  const { run, running, problem } = useCommandOf(serviceAccount.confirmReview, {
    refresh,
    done: 'Reviewed.',
    onDone: onClose,
    explain: { account_not_found, account_disabled, not_yours },
  })
  return (
    <ConfirmDialog
      opened
      onClose={onClose}
      title={`Is ${row.name} still needed as it is?`}
      consequences={[
        'You say that its purpose, its role and each of its keys are still right.',
        `The next review is due in ${row.reviewEveryDays} days.`,
      ]}
      undo="What is not needed any more you can disable or revoke instead."
      verb="Confirm"
      ready={comment.trim() !== ''}
      running={running}
      problem={problem}
      onConfirm={() => void run({ id: row.id, comment })}
    >
      <Textarea
        label="What you looked at"
        required
        autosize
        minRows={2}
        maxLength={500}
        value={comment}
        onChange={(event) => setComment(event.currentTarget.value)}
        data-autofocus
      />
    </ConfirmDialog>
  )
}

export const DisableDialog = ({ row, onClose }: Props) => {
  const { run, running, problem } = useCommandOf(serviceAccount.disable, {
    refresh,
    done: 'Service account disabled.',
    onDone: onClose,
    explain: { account_not_found, account_disabled, not_yours },
  })
  return (
    <ConfirmDialog
      opened
      onClose={onClose}
      title={`Disable ${row.name}?`}
      consequences={[
        `Its ${row.liveKeys === 1 ? 'key is' : `${row.liveKeys} keys are`} refused at the next request.`,
        'Its access to servers and databases ends now: sessions and connections are cut.',
      ]}
      undo="It cannot be undone. What it did stays in the ledger under its name."
      verb="Disable"
      typed={row.name}
      danger
      running={running}
      problem={problem}
      onConfirm={() => void run({ id: row.id })}
    />
  )
}
