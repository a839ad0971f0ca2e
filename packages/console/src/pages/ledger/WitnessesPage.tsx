import { ledger, type OutputOf } from '@holdfast/contract'
import { Button } from '@mantine/core'
import { IconPlus } from '@tabler/icons-react'
import { useState } from 'react'
import {
  ConfirmDialog,
  Dialog,
  Page,
  Table,
  Time,
  useCommandOf,
  useDo,
  useMay,
  useQueryOf,
  type Column,
} from '../../kit/index.ts'
import { AddWitness } from './AddWitness.tsx'
import classes from './ledger.module.css'

type Row = OutputOf<typeof ledger.witnesses>['rows'][number]
const kinds = { file: 'File on the server', email: 'E-mail', webhook: 'Webhook' } as const

const Witnesses = () => {
  const witnesses = useQueryOf(ledger.witnesses, {})
  const may = useMay()
  const [leaving, setLeaving] = useState<Row | null>(null)
  const remove = useCommandOf(ledger.removeWitness, {
    refresh: [ledger.witnesses],
    explain: { witness_not_found: 'It was removed already.' },
    done: 'Witness removed.',
    onDone: () => setLeaving(null),
  })
  const columns: Column<Row>[] = [
    { key: 'kind', title: 'Kind', render: (row) => kinds[row.kind] },
    { key: 'target', title: 'Where', grow: true, render: (row) => row.target },
    { key: 'since', title: 'Since', wide: true, render: (row) => <Time at={row.createdAt} /> },
    {
      key: 'remove',
      title: 'Remove',
      actions: true,
      render: (row) =>
        may('ledger:witness') && row.kind !== 'file' ? (
          <Button variant="subtle" color="gray" size="xs" onClick={() => setLeaving(row)}>
            Remove
          </Button>
        ) : null,
    },
  ]
  return (
    <>
      <p className={classes['explain']}>
        A chain proves that nothing in it was changed, but whoever holds all of it could write the whole of it anew. A checkpoint,
        a few lines signed when the chain had a certain length, makes that visible to everybody who kept one. So the best witness
        is somebody who is not you.
      </p>
      <Table
        label="Witnesses"
        columns={columns}
        rows={witnesses.data?.rows}
        rowKey={(row) => row.id}
        error={witnesses.error}
        retry={() => void witnesses.refetch()}
        empty={{
          title: 'No witness yet',
          text: 'Add the e-mail address of somebody who should be able to prove what the chain was.',
        }}
      />
      <ConfirmDialog
        opened={leaving !== null}
        onClose={() => setLeaving(null)}
        title="Remove this witness?"
        consequences={[`No more checkpoints are sent to ${leaving?.target ?? ''}.`, 'Those it has stay as good as they are.']}
        undo="It can be added again at any time."
        verb="Remove"
        running={remove.running}
        problem={remove.problem}
        onConfirm={() => leaving && void remove.run({ id: leaving.id })}
      />
    </>
  )
}

/** Where checkpoints are kept outside (L3). */
export const WitnessesPage = () => {
  const adding = useDo('add')
  const may = useMay()
  return (
    <Page
      title="Witnesses"
      about="Where signed checkpoints of this organisation’s chain are kept, out of our reach."
      parent={{ to: '/ledger/verify', title: 'Verify' }}
      permission="ledger:verify"
      action={
        may('ledger:witness') && (
          <Button leftSection={<IconPlus size={16} aria-hidden />} onClick={adding.open}>
            Add a witness
          </Button>
        )
      }
    >
      <Witnesses />
      <Dialog opened={adding.opened && may('ledger:witness')} onClose={adding.close} title="Add a witness">
        <AddWitness onClose={adding.close} />
      </Dialog>
    </Page>
  )
}
