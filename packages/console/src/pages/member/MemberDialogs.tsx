import { member } from '@holdfast/contract'
import { ConfirmDialog, useCommandOf, useSession, type Member } from '../../kit/index.ts'

interface DialogProps {
  row: Member
  onClose: () => void
}

export const gone = 'That person is no longer a member.'
export const ownerOnly = 'Only an Owner can do this with an Owner.'
export const lastOwner = 'The organisation must keep an Owner. Make somebody else Owner first.'

export const EndSessionsDialog = ({ row, onClose }: DialogProps) => {
  const { run, running, problem } = useCommandOf(member.endSessions, {
    refresh: [member.list],
    done: `Sessions of ${row.name} ended.`,
    onDone: onClose,
    explain: { member_not_found: gone, owner_only: ownerOnly },
  })
  return (
    <ConfirmDialog
      opened
      onClose={onClose}
      title={`End the sessions of ${row.name}?`}
      consequences={[
        `${row.name} is signed out of this organisation on every device, within seconds.`,
        'What they have not saved there is lost.',
      ]}
      undo="They can sign in again."
      verb="End sessions"
      danger
      running={running}
      problem={problem}
      onConfirm={() => void run({ id: row.id })}
    />
  )
}

export const RemoveDialog = ({ row, onClose }: DialogProps) => {
  const { organisation } = useSession()
  const { run, running, problem } = useCommandOf(member.remove, {
    refresh: [member.list],
    done: `${row.name} was removed.`,
    onDone: onClose,
    explain: {
      ...{ member_not_found: gone, owner_only: ownerOnly, last_owner: lastOwner },
      directory_managed: 'Your directory answers for this member. Change them there, or disable the connection first.',
    },
  })
  return (
    <ConfirmDialog
      opened
      onClose={onClose}
      title={`Remove ${row.name}?`}
      consequences={[
        `${row.name} (${row.email}) loses access to ${organisation.name} at once; sessions and API keys here end.`,
        'What they wrote and did stays, in policies and in the ledger.',
      ]}
      undo="You can invite them again; their API keys do not come back."
      verb="Remove"
      danger
      running={running}
      problem={problem}
      onConfirm={() => void run({ id: row.id })}
    />
  )
}
