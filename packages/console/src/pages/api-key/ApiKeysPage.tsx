import { Button } from '@mantine/core'
import { apiKey, type OutputOf } from '@holdfast/contract'
import { IconPlus } from '@tabler/icons-react'
import { useState } from 'react'
import {
  ConfirmDialog,
  Due,
  Id,
  lazyDialog,
  Page,
  Person,
  roleNames,
  Table,
  Tag,
  Time,
  useCommandOf,
  useDo,
  usePagesOf,
  useMay,
  type Column,
} from '../../kit/index.ts'

const CreateKeyDialog = lazyDialog(async () => (await import('./CreateKeyDialog.tsx')).CreateKeyDialog)

type Key = OutputOf<typeof apiKey.list>['rows'][number]

const columns = (everybody: boolean, revoke: (row: Key) => void): Column<Key>[] => [
  { key: 'name', title: 'Name', grow: true, sort: ({ name }) => name, render: ({ name }) => name },
  ...(everybody
    ? [{ key: 'person', title: 'Belongs to', wide: true, render: ({ personId }: Key) => <Person id={personId} /> }]
    : []),
  { key: 'id', title: 'Id', wide: true, render: ({ id }) => <Id value={id} what="the key’s id" /> },
  { key: 'role', title: 'At most', render: ({ role }) => <Tag>{roleNames[role]}</Tag> },
  {
    key: 'used',
    title: 'Last used',
    wide: true,
    sort: ({ lastUsedAt }) => lastUsedAt,
    render: ({ lastUsedAt }) => <Time at={lastUsedAt} />,
  },
  {
    key: 'expires',
    title: 'Runs out',
    wide: true,
    sort: ({ expiresAt }) => expiresAt,
    render: ({ expiresAt }) => <Due at={expiresAt} soonMs={7 * 86_400_000} />,
  },
  {
    key: 'do',
    title: 'Actions',
    actions: true,
    render: (row) => (
      <Button variant="subtle" color="red" size="compact-xs" onClick={() => revoke(row)} aria-label={`Revoke ${row.name}`}>
        Revoke
      </Button>
    ),
  },
]

const Revoke = ({ row, onClose }: { row: Key; onClose: () => void }) => {
  const { run, running, problem } = useCommandOf(apiKey.revoke, {
    refresh: [apiKey.list],
    done: 'API key revoked.',
    onDone: onClose,
    explain: { key_not_found: 'That key was revoked already.' },
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

const List = ({ create }: { create: () => void }) => {
  const may = useMay()
  const pages = usePagesOf(apiKey.list, {})
  const [revoked, setRevoked] = useState<Key | null>(null)
  return (
    <>
      <Table
        label="API keys"
        columns={columns(may('key:manage'), setRevoked)}
        {...pages}
        retry={pages.refetch}
        rowKey={({ id }) => id}
        empty={{
          title: 'No API keys',
          text: 'A key lets a program, or the holdfast command line, act as you, with a role you choose. It never does more than you may at that moment.',
          action: (
            <Button variant="default" onClick={create}>
              Create an API key
            </Button>
          ),
        }}
      />
      {revoked && <Revoke row={revoked} onClose={() => setRevoked(null)} />}
    </>
  )
}

export const ApiKeysPage = () => {
  const may = useMay()
  const dialog = useDo('create')
  return (
    <Page
      title="API keys"
      about={
        may('key:manage')
          ? 'The keys with which programs act, yours and everybody’s.'
          : 'The keys with which programs act as you.'
      }
      permission="key:own"
      action={
        <Button leftSection={<IconPlus size={16} aria-hidden />} onClick={dialog.open}>
          Create an API key
        </Button>
      }
    >
      <List create={dialog.open} />
      <CreateKeyDialog opened={dialog.opened} onClose={dialog.close} />
    </Page>
  )
}
