import { grant, type PersonId } from '@holdfast/contract'
import { useCommandOf } from '../../kit/index.ts'
import { ReasonDialog } from '../ReasonDialog.tsx'
import { useNames } from '../people.tsx'
import { grantAnswers } from '../accessAnswers.ts'

/** Everything one person has on any server and in any database, at once: when a laptop is lost, or somebody leaves. */
export const RevokeAllDialog = ({ personId, opened, onClose }: { personId: PersonId; opened: boolean; onClose: () => void }) => {
  const name = useNames()(personId) ?? 'this person'
  const end = useCommandOf(grant.revokeAllOf, {
    refresh: grantAnswers,
    done: 'All of it ended.',
    onDone: onClose,
    explain: { person_not_found: 'There is no such person here.' },
  })
  return (
    <ReasonDialog
      opened={opened}
      onClose={onClose}
      title={`End all access of ${name}?`}
      consequences={[
        'Every grant is revoked, on every server and database: sessions and connections are cut, with everything started in them.',
        'Every open request is cancelled.',
        'Membership, role and API keys stay as they are.',
      ]}
      undo="Nothing of it comes back; access can be asked for anew."
      verb="End all of it"
      danger
      running={end.running}
      problem={end.problem}
      onConfirm={(reason) => void end.run({ personId, reason })}
    />
  )
}
