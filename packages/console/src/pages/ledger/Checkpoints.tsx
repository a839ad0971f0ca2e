import { ledger, type OutputOf } from '@holdfast/contract'
import { Button, Group } from '@mantine/core'
import { IconDownload } from '@tabler/icons-react'
import {
  Copy,
  count,
  Hash,
  PageLink,
  ProblemNotice,
  Section,
  State,
  Table,
  Time,
  useCommandOf,
  useMay,
  usePagesOf,
  type Column,
} from '../../kit/index.ts'
import { saveAs } from '../save.ts'
import classes from './ledger.module.css'

type Row = OutputOf<typeof ledger.checkpoints>['rows'][number]

const Delivered = ({ row }: { row: Row }) => {
  if (row.witnesses.length === 0) return <span className={classes['quiet']}>nobody</span>
  return (
    <span className={classes['witnesses']}>
      {row.witnesses.map(({ kind, target, deliveredAt, failure }) => (
        <State key={`${kind} ${target}`} kind={failure ? 'bad' : deliveredAt ? 'good' : 'quiet'}>
          {kind === 'file' ? 'file' : target} {failure ? `failed: ${failure}` : deliveredAt ? '' : 'on its way'}
        </State>
      ))}
    </span>
  )
}

const columns: Column<Row>[] = [
  { key: 'size', title: 'Entries', render: (row) => count(row.size) },
  { key: 'at', title: 'Signed', render: (row) => <Time at={row.at} /> },
  { key: 'root', title: 'Root', wide: true, render: (row) => <Hash value={row.root} what="the root" /> },
  { key: 'witnesses', title: 'Kept by', grow: true, render: (row) => <Delivered row={row} /> },
  {
    key: 'note',
    title: 'Note',
    actions: true,
    render: (row) => (
      <Group gap={4} wrap="nowrap" justify="flex-end">
        <Copy value={row.note} what="the signed note" />
        <Button
          variant="subtle"
          color="gray"
          size="xs"
          leftSection={<IconDownload size={14} aria-hidden />}
          onClick={() => saveAs(row.note, `checkpoint-${row.size}.txt`)}
        >
          Save
        </Button>
      </Group>
    ),
  },
]

/** The signed checkpoints, and who has them. Keep one yourself: a browser or a drawer is outside too. */
export const Checkpoints = () => {
  const { rows, ...pages } = usePagesOf(ledger.checkpoints, {})
  const may = useMay()
  const sign = useCommandOf(ledger.checkpoint, {
    refresh: [ledger.checkpoints, ledger.head],
    done: 'A checkpoint is being signed.',
  })
  const button = may('ledger:witness') && (
    <Button variant="default" loading={sign.running} onClick={() => void sign.run({})}>
      Sign one now
    </Button>
  )
  return (
    <Section
      title="Checkpoints"
      about={
        <>
          Signed by the key server, which keeps its own count and refuses to sign two histories. Sent to the{' '}
          <PageLink to="/ledger/witnesses" td="underline">
            witnesses
          </PageLink>
          ; save one where we cannot reach it.
        </>
      }
      action={button}
    >
      <ProblemNotice problem={sign.problem} />
      <Table
        label="Checkpoints"
        columns={columns}
        rows={rows}
        rowKey={(row) => `${row.size} ${row.at}`}
        {...pages}
        retry={pages.refetch}
        empty={{
          title: 'No checkpoint yet',
          text: 'One is signed every so often by itself, and whenever somebody asks for it.',
          action: button || undefined,
        }}
      />
    </Section>
  )
}
