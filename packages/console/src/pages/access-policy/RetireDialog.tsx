import { accessPolicy } from '@holdfast/contract'
import { useCommandOf } from '../../kit/index.ts'
import { ReasonDialog } from '../ReasonDialog.tsx'
import { gone, policyAnswers } from './answers.ts'
import { useEndings } from './endings.ts'
import type { Policy } from '../accessRules.ts'

export const RetireDialog = ({ policy, opened, onClose }: { policy: Policy; opened: boolean; onClose: () => void }) => {
  const retire = useCommandOf(accessPolicy.retire, { refresh: policyAnswers, done: 'Retired.', onDone: onClose, explain: gone })
  const { line, known } = useEndings({ id: policy.id, rules: null }, opened)
  return (
    <ReasonDialog
      opened={opened}
      onClose={onClose}
      title={`Retire “${policy.name}”?`}
      consequences={[line, 'Nobody can ask by it any more.']}
      undo="It cannot be brought back; a new policy can say the same."
      verb="Retire"
      danger
      ready={known}
      typed={policy.name}
      running={retire.running}
      problem={retire.problem}
      onConfirm={(reason) => void retire.run({ id: policy.id, reason })}
    />
  )
}
