import type { AccessPolicyId } from '@holdfast/contract'
import { ConfirmDialog } from '../../kit/index.ts'
import { useEndings } from './endings.ts'
import type { Rules } from './newRules.ts'

interface Props {
  opened: boolean
  id: AccessPolicyId
  rules: Rules
  running: boolean
  onClose: () => void
  onConfirm: () => void
}

/** Before the next version holds: what it does not give any more ends with it. */
export const SaveDialog = ({ id, rules, ...dialog }: Props) => {
  const { line, known } = useEndings({ id, rules }, dialog.opened)
  return (
    <ConfirmDialog
      {...dialog}
      title="Save the next version?"
      consequences={[line, 'Requests that are open must be made anew: they were for the version before.']}
      undo="The rules can be changed back; what has ended must be asked for anew."
      verb="Save"
      ready={known}
    />
  )
}
