import { ledger, type OutputOf } from '@holdfast/contract'
import { Button, Group, Modal, Stack, Select, TextInput } from '@mantine/core'
import { IconPlus } from '@tabler/icons-react'
import { useState } from 'react'
import {
  ConfirmDialog,
  Page,
  ProblemNotice,
  Table,
  Time,
  useCommandOf,
  useDo,
  useFormOf,
  useMay,
  useQueryOf,
  type Column,
} from '../../kit/index.ts'
import classes from './ledger.module.css'

type Row = OutputOf<typeof ledger.witnesses>['rows'][number]
const kinds = { file: 'File on the server', email: 'E-mail', webhook: 'Webhook' } as const

const Add = ({ onClose }: { onClose: () => void }) => {
  const add = useCommandOf(ledger.addWitness, {
    refresh: [ledger.witnesses],
    explain: {
      too_many_witnesses: 'There are as many witnesses as there may be. Remove one first.',
      address_not_allowed: 'Checkpoints are not sent to addresses inside our own network. Use a public https:// address.',
    },
    done: 'Witness added.',
    onDone: onClose,
  })
  const form = useFormOf(ledger.addWitness, { kind: 'email' as 'email' | 'webhook', target: '' }, add.problem)
  const mail = form.values.kind === 'email'
  return (
    <form onSubmit={form.submit(add.run)} noValidate>
      <Stack gap="sm">
        <Select
          label="Kind"
          data={[
            { value: 'email', label: 'E-mail' },
            { value: 'webhook', label: 'Webhook' },
          ]}
          value={form.values.kind}
          onChange={(kind) => kind && form.set('kind', kind as 'email' | 'webhook')}
        />
        <TextInput
          label={mail ? 'Address' : 'URL'}
          description={
            mail ? 'Best outside your organisation: an auditor, a customer, a lawyer.' : 'Each checkpoint is sent there by POST.'
          }
          placeholder={mail ? 'auditor@example.org' : 'https://witness.example.org/checkpoints'}
          required
          data-autofocus
          {...form.text('target')}
        />
        <ProblemNotice problem={add.problem} />
        <Group justify="flex-end" gap="xs">
          <Button variant="default" onClick={onClose}>
            Cancel
          </Button>
          <Button type="submit" loading={add.running}>
            Add
          </Button>
        </Group>
      </Stack>
    </form>
  )
}

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
      <Modal
        opened={adding.opened && may('ledger:witness')}
        onClose={adding.close}
        title="Add a witness"
        closeButtonProps={{ 'aria-label': 'Close' }}
      >
        <Add onClose={adding.close} />
      </Modal>
    </Page>
  )
}
