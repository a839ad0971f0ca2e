import { operator } from '@holdfast/contract'
import { Button } from '@mantine/core'
import { useState } from 'react'
import { ConfirmDialog, Page, Progress, useCommandOf, useMay, useQueryOf, type Column } from '../../kit/index.ts'
import classes from './operator.module.css'
import { secretColumns, SecretTable, type SecretRow } from '../SecretTable.tsx'
import { rotationOf, rotations, type Rotatable } from '../secrets.ts'

const Rotate = ({ secret, onClose }: { secret: Rotatable; onClose: () => void }) => {
  const rotate = useCommandOf(operator.rotate, {
    refresh: [operator.keys],
    explain: { rotation_running: 'A rotation of it is running already. Wait until it is done.' },
    done: `${rotations[secret].title} rotated.`,
    onDone: onClose,
  })
  return (
    <ConfirmDialog
      opened
      onClose={onClose}
      title={`Rotate: ${rotations[secret].title.toLowerCase()}?`}
      consequences={[rotations[secret].what, ...rotations[secret].consequences]}
      undo="It cannot be taken back, and need not be: it can be rotated again at any time."
      verb="Rotate"
      running={rotate.running}
      problem={rotate.problem}
      onConfirm={() => void rotate.run({ secret })}
    >
      {rotate.running && <Progress label="Rotating" done={0} total={null} unit="rotated so far: it runs while requests do" />}
    </ConfirmDialog>
  )
}

const Body = () => {
  const keys = useQueryOf(operator.keys, {}, { everyMs: 30_000 })
  const may = useMay()
  const [rotating, setRotating] = useState<Rotatable | null>(null)
  const columns: Column<SecretRow>[] = [
    ...secretColumns,
    {
      key: 'rotate',
      title: 'Rotate',
      actions: true,
      render: (row) => {
        const secret = rotationOf[row.kind]
        if (!secret || !may('operator:keys')) return null
        return (
          <Button
            variant={row.due ? 'filled' : 'default'}
            size="xs"
            onClick={() => setRotating(secret)}
            aria-label={`Rotate ${row.name}`}
          >
            Rotate
          </Button>
        )
      },
    },
  ]
  return (
    <>
      <SecretTable
        label="Secrets"
        columns={columns}
        rows={keys.data?.rows}
        error={keys.error}
        retry={() => void keys.refetch()}
      />
      <p className={classes['explain']}>
        Data keys belong to the organisations: each rotates its own under Settings, Encryption keys. No page shows a secret: they
        are made, used and destroyed without anybody having seen them.
      </p>
      {rotating && <Rotate secret={rotating} onClose={() => setRotating(null)} />}
    </>
  )
}

/** Every secret has an owner, an age and a rotation (D3). */
export const SecretsPage = () => (
  <Page
    title="Secrets"
    about="Every secret of this installation: who owns it, how old it is, when it is renewed. Rotating one loses no request."
    permission="operator:read"
  >
    <Body />
  </Page>
)
