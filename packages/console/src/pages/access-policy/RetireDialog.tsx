import { accessPolicy } from '@holdfast/contract'
import { useCommandOf } from '../../kit/index.ts'
import { ReasonDialog } from '../ReasonDialog.tsx'
import { gone, policyAnswers } from './answers.ts'
import type { Policy } from '../accessRules.ts'

export const RetireDialog = ({ policy, opened, onClose }: { policy: Policy; opened: boolean; onClose: () => void }) => {
  const retire = useCommandOf(accessPolicy.retire, { refresh: policyAnswers, done: 'Retired.', onDone: onClose, explain: gone })
  return (
    <ReasonDialog
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
      onConfirm={(reason) => void retire.run({ id: policy.id, reason })}
    />
  )
}
