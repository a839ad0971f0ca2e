import { Alert, Skeleton } from '@mantine/core'
import { organisation, session, signInPolicy } from '@holdfast/contract'
import { ConfirmDialog, ReadProblem, useCommandOf, useQueryOf } from '../../kit/index.ts'
import { useNames } from '../people.tsx'
import { effectsInWords, type Change } from './effects.ts'

/** What will happen, and to whom, before it does. */
export const ChangeDialog = ({ change, onClose, onSaved }: { change: Change; onClose: () => void; onSaved: () => void }) => {
  const names = useNames()
  const preview = useQueryOf(signInPolicy.preview, change, { fresh: true })
  const { run, running, problem } = useCommandOf(signInPolicy.set, {
    refresh: [signInPolicy.read, organisation.read, session.current],
    done: 'The sign-in policy holds.',
    onDone: onClose,
    explain: { locks_you_out: 'You would shut yourself out. Close this, and set it again: the next look says why.' },
  })
  const seen = preview.data
  const save = async () => {
    onSaved()
    await run(change)
  }
  return (
    <ConfirmDialog
      opened
      onClose={onClose}
      title="Change the sign-in policy?"
      consequences={seen ? effectsInWords(change, seen, names) : []}
      undo="You can change it back at any time."
      verb="Set it"
      ready={seen?.locksYouOut === null}
      running={running}
      problem={problem}
      onConfirm={() => void save()}
    >
      {preview.error && <ReadProblem error={preview.error} retry={() => void preview.refetch()} />}
      {!seen && !preview.error && <Skeleton height={72} />}
      {seen?.locksYouOut && (
        <Alert color="red" title="You would shut yourself out">
          {seen.locksYouOut}
        </Alert>
      )}
    </ConfirmDialog>
  )
}
