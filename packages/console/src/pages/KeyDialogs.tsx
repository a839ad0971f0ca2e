import { apiKey, serviceAccount, type OutputOf } from '@holdfast/contract'
import { NativeSelect, Stack } from '@mantine/core'
import { useState } from 'react'
import { ConfirmDialog, recorded, useCommandOf } from '../kit/index.ts'
import { keyErrors, LifetimeField } from './KeyFields.tsx'
import { ShownOnce } from './ShownOnce.tsx'

export type Key = OutputOf<typeof apiKey.list>['rows'][number]
interface Props {
  row: Key
  onClose: () => void
}
const refresh = [apiKey.list, serviceAccount.read, serviceAccount.list] as const
const gone = 'That key was revoked already.'

export const RevokeDialog = ({ row, onClose }: Props) => {
  const { run, running, problem } = useCommandOf(apiKey.revoke, {
    refresh,
    done: 'API key revoked.',
    onDone: onClose,
    explain: { key_not_found: gone },
  })
  return (
    <ConfirmDialog
      opened
      onClose={onClose}
      title={`Revoke “${row.name}”?`}
      consequences={['Whatever uses this key is refused at its next request.']}
      undo="A revoked key does not come back; you can create another."
      verb="Revoke"
      danger
      running={running}
      problem={problem}
      onConfirm={() => void run({ id: row.id })}
    />
  )
}

export const EndOverlapDialog = ({ row, onClose }: Props) => {
  const { run, running, problem } = useCommandOf(apiKey.endOverlap, {
    refresh,
    done: 'The old secret has ended.',
    onDone: onClose,
    explain: { key_not_found: gone, no_overlap: 'The old secret has ended already.' },
  })
  return (
    <ConfirmDialog
      opened
      onClose={onClose}
      title={`End the old secret of “${row.name}”?`}
      consequences={['Whatever still uses the secret from before the rotation is refused at its next request.']}
      undo="An old secret does not come back; the new one works on."
      verb="End the old secret"
      danger
      running={running}
      problem={problem}
      onConfirm={() => void run({ id: row.id })}
    />
  )
}

const overlaps = [
  { value: '0', label: 'Ends now' },
  { value: '1', label: 'Works for 1 more hour' },
  { value: '24', label: 'Works for 1 more day' },
  { value: '168', label: 'Works for 7 more days' },
]

export const RotateDialog = ({ row, onClose }: Props) => {
  const [hours, setHours] = useState(24)
  const [days, setDays] = useState(90)
  const [made, setMade] = useState<{ key: string; ledgerSeq: number | null } | null>(null)
  const { run, running, problem } = useCommandOf(apiKey.rotate, {
    refresh,
    done: null,
    onDone: ({ key }, { ledgerSeq }) => setMade({ key, ledgerSeq }),
    explain: {
      key_not_found: gone,
      key_expired: 'The key has run out. Create another in its place.',
      role_too_strong: keyErrors.role_too_strong,
    },
  })
  if (made)
    return (
      <ShownOnce
        value={made.key}
        title="The new secret"
        onClose={() => {
          recorded('API key rotated.', made.ledgerSeq)
          onClose()
        }}
      />
    )
  return (
    <ConfirmDialog
      opened
      onClose={onClose}
      title={`Rotate “${row.name}”?`}
      consequences={['The key gets a new secret, shown once. Its id, its role and its limits stay.']}
      undo="It cannot be undone; you can rotate again."
      verb="Rotate"
      running={running}
      problem={problem}
      onConfirm={() => void run({ id: row.id, overlapHours: hours, days })}
    >
      <Stack gap="sm">
        <NativeSelect
          label="The old secret"
          data={overlaps}
          value={String(hours)}
          onChange={(event) => setHours(Number(event.currentTarget.value))}
        />
        <LifetimeField days={days} onDays={setDays} />
      </Stack>
    </ConfirmDialog>
  )
}
