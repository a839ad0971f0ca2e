import { Select } from '@mantine/core'
import { member, mustHaveMfa, type Role } from '@holdfast/contract'
import { useState } from 'react'
import { ConfirmDialog, roleNames, useCommandOf, useSession, type Member } from '../../kit/index.ts'
import { givable, roleOptions } from '../roleWords.ts'

interface DialogProps {
  row: Member
  onClose: () => void
}

const gone = 'That person is no longer a member.'
const ownerOnly = 'Only an Owner can do this with an Owner.'
const lastOwner = 'The organisation must keep an Owner. Make somebody else Owner first.'

export const RoleDialog = ({ row, onClose }: DialogProps) => {
  const { organisation } = useSession()
  const [role, setRole] = useState<Role>(row.role)
  const { run, running, problem } = useCommandOf(member.changeRole, {
    refresh: [member.list],
    done: `${row.name} is now ${roleNames[role]}.`,
    onDone: onClose,
    explain: {
      member_not_found: gone,
      owner_only: ownerOnly,
      last_owner: lastOwner,
      own_role: 'Nobody changes their own role. Ask another Owner or Admin.',
    },
  })
  return (
    <ConfirmDialog
      opened
      onClose={onClose}
      title={`Change the role of ${row.name}`}
      consequences={[
        `${row.name} is ${roleNames[row.role]} now. The new role counts from their next request.`,
        ...(mustHaveMfa(role) && !row.factorEnrolled
          ? [`As ${roleNames[role]} they must enrol a second factor before anything else opens.`]
          : []),
        'Their API keys never do more than the role allows.',
      ]}
      undo="You can change it back at any time."
      verb="Change role"
      ready={role !== row.role}
      running={running}
      problem={problem}
      onConfirm={() => void run({ id: row.id, role })}
    >
      <Select
        label="New role"
        data={roleOptions(givable(organisation.role))}
        value={role}
        onChange={(next) => next && setRole(next)}
      />
    </ConfirmDialog>
  )
}

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
    explain: { member_not_found: gone, owner_only: ownerOnly, last_owner: lastOwner },
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
