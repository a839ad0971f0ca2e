import { grant } from '@holdfast/contract'
import { ConfirmDialog, useCommandOf } from '../../kit/index.ts'
import { ReasonDialog } from '../ReasonDialog.tsx'
import { useRequesterName } from '../Requester.tsx'
import { grantAnswers } from '../accessAnswers.ts'
import { found, over } from './explanations.ts'
import type { Detail } from '../grantWords.ts'

interface DialogProps {
  detail: Detail
  opened: boolean
  onClose: () => void
}

const ending = (detail: Detail): string[] => {
  if (detail.kind === 'database')
    return [
      `Connections to ${detail.targetName} are cut at once, in the middle of a statement too. What was not committed is undone.`,
      'Its roles are removed from the database, with what they own there, unless the profile leaves that to its group.',
    ]
  const open = detail.sessions.filter(({ endedAt }) => endedAt === null).length
  const sessions = open === 1 ? 'The open session' : `The ${open} open sessions`
  return [
    open === 0
      ? `Nobody can log in as ${detail.login} on ${detail.targetName} under it any more.`
      : `${sessions} on ${detail.targetName} ${open === 1 ? 'is' : 'are'} closed within a second, with everything started in ${open === 1 ? 'it' : 'them'}. Unsaved work is lost.`,
    'Certificates issued under it stop working at once.',
  ]
}

export const CancelDialog = ({ detail, opened, onClose }: DialogProps) => {
  const cancel = useCommandOf(grant.cancel, {
    refresh: grantAnswers,
    done: 'Taken back.',
    onDone: onClose,
    explain: { ...found, not_yours: over.not_yours, not_requested: 'It was answered, or lapsed, meanwhile.' },
  })
  return (
    <ConfirmDialog
      opened={opened}
      onClose={onClose}
      title="Take the request back?"
      consequences={['Nobody can approve it any more.']}
      undo="You can ask anew."
      verb="Take it back"
      running={cancel.running}
      problem={cancel.problem}
      onConfirm={() => void cancel.run({ id: detail.id })}
    />
  )
}

export const ReturnDialog = ({ detail, opened, onClose }: DialogProps) => {
  const giveBack = useCommandOf(grant.return, {
    refresh: grantAnswers,
    done: 'Given back.',
    onDone: onClose,
    explain: { ...found, ...over },
  })
  return (
    <ConfirmDialog
      opened={opened}
      onClose={onClose}
      title="Give the access back?"
      consequences={ending(detail)}
      undo="It does not come back; you can ask anew."
      verb="Give it back"
      running={giveBack.running}
      problem={giveBack.problem}
      onConfirm={() => void giveBack.run({ id: detail.id })}
    />
  )
}

export const RevokeDialog = ({ detail, opened, onClose }: DialogProps) => {
  const name = useRequesterName(detail)
  const revoke = useCommandOf(grant.revoke, {
    refresh: grantAnswers,
    done: 'Revoked.',
    onDone: onClose,
    explain: { ...found, ...over, not_yours: 'Only approvers, managers and its own person may revoke it.' },
  })
  return (
    <ReasonDialog
      opened={opened}
      onClose={onClose}
      title={`Revoke the access of ${name}?`}
      consequences={ending(detail)}
      undo="It does not come back; it can be asked for anew."
      verb="Revoke now"
      danger
      running={revoke.running}
      problem={revoke.problem}
      read={`${detail.serviceAccount ? 'Whoever answers for it' : 'Its person'} sees it, and it stands in the ledger.`}
      onConfirm={(reason) => void revoke.run({ id: detail.id, reason })}
    />
  )
}
