import { ActionIcon } from '@mantine/core'
import { IconDots } from '@tabler/icons-react'
import { useState, type ReactNode } from 'react'
import {
  Due,
  Id,
  lazyDialog,
  lazyMenu,
  PageLink,
  Person,
  roleNames,
  State,
  Table,
  Tag,
  Time,
  useSession,
  type Column,
  type TableProps,
} from '../kit/index.ts'
import type { Key } from './KeyDialogs.tsx'

export type KeyAct = 'rotate' | 'overlap' | 'revoke'
type DialogProps = { opened: boolean; row: Key; onClose: () => void }

const Rotate = lazyDialog<DialogProps>(async () => (await import('./KeyDialogs.tsx')).RotateDialog)
const EndOverlap = lazyDialog<DialogProps>(async () => (await import('./KeyDialogs.tsx')).EndOverlapDialog)
const Revoke = lazyDialog<DialogProps>(async () => (await import('./KeyDialogs.tsx')).RevokeDialog)
const Items = lazyMenu({ position: 'bottom-end' }, async () => (await import('./KeyMenuItems.tsx')).KeyMenuItems)

const Holder = ({ row }: { row: Key }) =>
  row.serviceAccountId === null ? (
    <Person id={row.personId} />
  ) : (
    <PageLink to={`/service-accounts/${row.serviceAccountId}`}>a service account</PageLink>
  )

/** The role it was made for; a person's key does less once their own role is weaker. */
const AtMost = ({ row: { role, cutShort, serviceAccountId } }: { row: Key }) => (
  <>
    <Tag>{roleNames[role]}</Tag>
    {cutShort && serviceAccountId === null && (
      <div title="It does only what the role of its person allows now.">
        <State kind="warn">
          role lowered <Time at={cutShort.at} />
        </State>
      </div>
    )}
  </>
)

/** "3 permissions, 1 network": what confines it beyond the role. */
const limitsOf = ({ scopes, networks }: Key): string => {
  const counted = (n: number, word: string): string => `${n} ${word}${n === 1 ? '' : 's'}`
  const parts = [scopes && counted(scopes.length, 'permission'), networks.length > 0 && counted(networks.length, 'network')]
  return parts.filter(Boolean).join(', ') || 'none'
}

const columnsOf = (everybody: boolean, actions: ((row: Key) => ReactNode) | null): Column<Key>[] => [
  { key: 'name', title: 'Name', grow: true, sort: ({ name }) => name, render: ({ name }) => name },
  ...(everybody ? [{ key: 'person', title: 'Acts as', wide: true, render: (row: Key) => <Holder row={row} /> }] : []),
  { key: 'id', title: 'Id', wide: true, render: ({ id }) => <Id value={id} what="the key’s id" /> },
  { key: 'role', title: 'At most', render: (row) => <AtMost row={row} /> },
  {
    key: 'limits',
    title: 'Limits',
    wide: true,
    render: (row) => <span title={[...(row.scopes ?? []), ...row.networks].join('\n')}>{limitsOf(row)}</span>,
  },
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
    render: ({ expiresAt, oldSecretUntil, cutShort, serviceAccountId }) => (
      <>
        <Due ends at={expiresAt} soonMs={7 * 86_400_000} />
        {cutShort && serviceAccountId !== null && (
          <div>
            <State kind="warn">
              {cutShort.why === 'left' ? 'who saw its secret left' : 'who saw its secret has a weaker role'}{' '}
              <Time at={cutShort.at} />
            </State>
          </div>
        )}
        {oldSecretUntil !== null && (
          <div>
            old secret <Due ends at={oldSecretUntil} soonMs={7 * 86_400_000} />
          </div>
        )}
      </>
    ),
  },
  ...(actions ? [{ key: 'do', title: 'Actions', actions: true, render: actions }] : []),
]

interface KeyTableProps extends Omit<TableProps<Key>, 'columns' | 'rowKey' | 'label'> {
  /** Says whom each acts as. */
  everybody?: boolean
  mayRotate?: (row: Key) => boolean
  mayRevoke?: boolean
}

/** Keys, with what may be done with each. */
export const KeyTable = ({ everybody = false, mayRotate, mayRevoke = true, ...table }: KeyTableProps) => {
  const { person } = useSession()
  const [act, setAct] = useState<{ what: KeyAct; row: Key } | null>(null)
  const rotates = mayRotate ?? ((row: Key) => row.serviceAccountId === null && row.personId === person.id)
  const actions = (row: Key) => (
    <Items
      row={row}
      mayRotate={rotates(row)}
      onChoose={(what: KeyAct) => setAct({ what, row })}
      target={
        <ActionIcon variant="subtle" color="gray" size="sm" aria-label={`Actions for ${row.name}`}>
          <IconDots size={16} aria-hidden />
        </ActionIcon>
      }
    />
  )
  const close = () => setAct(null)
  return (
    <>
      <Table label="API keys" columns={columnsOf(everybody, mayRevoke ? actions : null)} rowKey={({ id }) => id} {...table} />
      {act?.what === 'rotate' && <Rotate opened row={act.row} onClose={close} />}
      {act?.what === 'overlap' && <EndOverlap opened row={act.row} onClose={close} />}
      {act?.what === 'revoke' && <Revoke opened row={act.row} onClose={close} />}
    </>
  )
}
