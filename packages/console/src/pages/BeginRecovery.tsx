import { recovery } from '@holdfast/contract'
import { useGo, useCommandOf, type Member } from '../kit/index.ts'
import { ReasonDialog } from './ReasonDialog.tsx'
import { askRefused, refused } from './recoveryWords.ts'

/** Begun by an Owner or Admin for somebody who cannot ask themselves. */
export const BeginRecovery = ({ row, opened, onClose }: { row: Member; opened: boolean; onClose: () => void }) => {
  const go = useGo()
  const { run, running, problem } = useCommandOf(recovery.begin, {
    refresh: [recovery.list],
    done: 'Begun.',
    onDone: ({ id }) => go(`/members/recoveries/${id}`),
    explain: {
      ...askRefused,
      not_recoverable_here: refused.not_recoverable_here,
      member_not_found: 'That person is no longer a member.',
      own_recovery: 'Ask for your own where your second factor is asked for.',
      owner_only: 'Only an Owner can begin it for an Owner.',
    },
  })
  return (
    <ReasonDialog
      opened={opened}
      onClose={onClose}
      title={`Has ${row.name} lost their second factor?`}
      consequences={[
        'Two Owners or Admins must confirm that it is them; you can be one.',
        `${row.name} is told by mail at every step, and can stop it with one click.`,
        'A day after the second confirmation they can enrol a new factor, once. Only then do the old ones stop working.',
      ]}
      undo="You can refuse it as long as it was not used."
      verb="Begin"
      read="The others and the person read it"
      running={running}
      problem={problem}
      onConfirm={(reason) => void run({ personId: row.id, reason })}
    />
  )
}
