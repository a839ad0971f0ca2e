import { grant, serviceAccount, type PersonId, type ServiceAccountId } from '@holdfast/contract'
import { useCommandOf } from '../../kit/index.ts'
import { ReasonDialog } from '../ReasonDialog.tsx'
import { useEveryRowOf } from '../everyRow.ts'
import { useNames } from '../people.tsx'
import { grantAnswers } from '../accessAnswers.ts'

interface RevokeAllDialogProps {
  /** A person, or a service account. */
  personId: PersonId | undefined
  serviceAccountId: ServiceAccountId | undefined
  opened: boolean
  onClose: () => void
}

/** Everything that somebody has on any server and in any database, at once: when a laptop is lost, somebody leaves, or a program runs wild. */
export const RevokeAllDialog = ({ personId, serviceAccountId, opened, onClose }: RevokeAllDialogProps) => {
  const names = useNames()
  const { rows: accounts } = useEveryRowOf(serviceAccount.list, { show: 'all' }, serviceAccountId !== undefined)
  const name = (personId ? names(personId) : accounts?.find(({ id }) => id === serviceAccountId)?.name) ?? 'this requester'
  const end = useCommandOf(grant.revokeAllOf, {
    refresh: grantAnswers,
    done: 'All of it ended.',
    onDone: onClose,
    explain: {
      person_not_found: 'There is no such person here.',
      account_not_found: 'There is no such service account.',
      whose_needed: 'Choose one person or one service account.',
    },
  })
  return (
    <ReasonDialog
      opened={opened}
      onClose={onClose}
      title={`End all access of ${name}?`}
      consequences={[
        'Every grant is revoked, on every server and database: sessions and connections are cut, with everything started in them.',
        'Every open request is cancelled.',
        personId ? 'Membership, role and API keys stay as they are.' : 'The account and its keys stay, and may ask anew.',
      ]}
      undo="Nothing of it comes back; access can be asked for anew."
      verb="End all of it"
      danger
      running={end.running}
      problem={end.problem}
      onConfirm={(reason) =>
        void end.run({ ...(personId && { personId }), ...(serviceAccountId && { serviceAccountId }), reason })
      }
    />
  )
}
