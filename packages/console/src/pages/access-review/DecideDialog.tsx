import { accessReview, destroyByHand, Role, type Role as RoleName } from '@holdfast/contract'
import { NativeSelect, Textarea } from '@mantine/core'
import { useState } from 'react'
import { ConfirmDialog, useCommandOf, useSession } from '../../kit/index.ts'
import { givable, roleOptions } from '../roleWords.ts'
import { deciding, kindWords, refreshed, titleOf, type Item, type Review } from './words.ts'

export interface DecideDialogProps {
  opened: boolean
  decision: 'keep' | 'change' | 'remove'
  review: Review
  items: readonly Item[]
  onClose: () => void
  onDone: () => void
}

const named = 5
const nameOf = (item: Item): string =>
  item.kind === 'member' ? titleOf(item) : `${titleOf(item)} (${kindWords[item.kind].toLowerCase()})`
const listed = (items: readonly Item[]): string =>
  items.slice(0, named).map(nameOf).join(', ') + (items.length > named ? ` and ${items.length - named} more` : '')

const verbs = { keep: 'Keep', change: 'Change', remove: 'Remove' }
const happens = {
  keep: 'You say that it is still needed, as it stands.',
  change: 'The new role counts from the next request on.',
  remove: 'Members lose their sessions and keys, keys and invitations are refused, running access is ended: at once.',
}
const onlyTheRecord = [
  'Of an emergency key only the record ends; the key itself is destroyed by hand.',
  `A key with a certificate: ${destroyByHand.certificate.join(' ')}`,
  `An authority: ${destroyByHand.authority.join(' ')}`,
]
const consequencesOf = (decision: DecideDialogProps['decision'], items: readonly Item[]): string[] => [
  ...[listed(items), happens[decision]],
  ...(decision === 'remove' && items.some(({ kind }) => kind === 'emergency_key') ? onlyTheRecord : []),
]
const undone = {
  keep: 'As long as the review is open you can decide otherwise.',
  change: 'Another role can be given at any time.',
  remove: 'What is removed must be given anew. All of it ends, or nothing does.',
}

/** One answer about several, with one reason. It is bound to what the list showed. */
export const DecideDialog = ({ opened, decision, review, items, onClose, onDone }: DecideDialogProps) => {
  const { organisation } = useSession()
  const [reason, setReason] = useState('')
  const lowered = items.find(({ proposedRole }) => proposedRole)?.proposedRole
  const [role, setRole] = useState<RoleName>(lowered ?? 'member')
  const decide = useCommandOf(accessReview.decide, { refresh: refreshed, done: 'Decided.', onDone, explain: deciding })
  const offered = givable(organisation.role).filter((each) => each !== 'owner' || items.every(({ kind }) => kind === 'member'))
  const decisions = items.map(({ id, version }) => ({ item: id, version, decision, ...(decision === 'change' && { role }) }))
  return (
    <ConfirmDialog
      opened={opened}
      onClose={onClose}
      title={`${verbs[decision]} ${items.length === 1 ? 'this access' : `${items.length} accesses`}?`}
      consequences={consequencesOf(decision, items)}
      undo={undone[decision]}
      verb={verbs[decision]}
      danger={decision === 'remove'}
      ready={reason.trim().length >= 3}
      running={decide.running}
      problem={decide.problem}
      onConfirm={() => void decide.run({ id: review.id, decisions, reason: reason.trim() })}
    >
      {decision === 'change' && (
        <NativeSelect
          label="New role"
          data={roleOptions(offered)}
          value={role}
          onChange={(event) => setRole(Role.parse(event.currentTarget.value))}
        />
      )}
      <Textarea
        label="Why"
        description="The auditor reads it, and it stands in the ledger."
        required
        autosize
        minRows={2}
        maxLength={500}
        value={reason}
        onChange={(event) => setReason(event.currentTarget.value)}
        data-autofocus
      />
    </ConfirmDialog>
  )
}
