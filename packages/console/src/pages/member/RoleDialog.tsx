import { Select } from '@mantine/core'
import { isRiskyRole, member, type Role } from '@holdfast/contract'
import { useState } from 'react'
import { ConfirmDialog, roleNames, useCommandOf, useSession, type Member } from '../../kit/index.ts'
import { givable, roleOptions } from '../roleWords.ts'
import { Missing } from '../Missing.tsx'
import { gone, lastOwner, ownerOnly } from './MemberDialogs.tsx'

interface RoleDialogProps {
  opened: boolean
  row: Member
  onClose: () => void
}

export const RoleDialog = ({ opened, row, onClose }: RoleDialogProps) => {
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
      directory_managed: 'Your directory answers for this member. Change them there, or disable the connection first.',
      not_cleared: `${row.name} is not cleared for that role yet. What is missing:`,
      own_role: 'Nobody changes their own role. Ask another Owner or Admin.',
    },
  })
  return (
    <ConfirmDialog
      opened={opened}
      onClose={onClose}
      title={`Change the role of ${row.name}`}
      consequences={[
        `${row.name} is ${roleNames[row.role]} now. The new role counts from their next request.`,
        ...(isRiskyRole(role)
          ? [`${roleNames[role]} becomes only who has a second factor and has acknowledged the policies that are due.`]
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
      <Missing problem={problem} />
    </ConfirmDialog>
  )
}
