import { accessPolicy } from '@holdfast/contract'
import { Textarea } from '@mantine/core'
import { useState } from 'react'
import { ConfirmDialog, useCommandOf } from '../../kit/index.ts'
import { gone, policyAnswers } from './answers.ts'
import type { Policy } from '../accessRules.ts'

export const RetireDialog = ({ policy, opened, onClose }: { policy: Policy; opened: boolean; onClose: () => void }) => {
  const [reason, setReason] = useState('')
  const retire = useCommandOf(accessPolicy.retire, { refresh: policyAnswers, done: 'Retired.', onDone: onClose, explain: gone })
  return (
    <ConfirmDialog
      opened={opened}
      onClose={onClose}
      title={`Retire “${policy.name}”?`}
      consequences={[
        'Every grant under it ends now: open sessions are closed, with everything started in them.',
        'Open requests under it are cancelled, and nobody can ask by it any more.',
      ]}
      undo="It cannot be brought back; a new policy can say the same."
      verb="Retire"
      danger
      typed={policy.name}
      running={retire.running}
      problem={retire.problem}
      ready={reason.trim() !== ''}
      onConfirm={() => void retire.run({ id: policy.id, reason })}
    >
      <Textarea
        label="Why"
        required
        autosize
        minRows={2}
        maxLength={500}
        value={reason}
        onChange={(event) => setReason(event.currentTarget.value)}
        data-autofocus
      />
    </ConfirmDialog>
  )
}
