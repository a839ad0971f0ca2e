import { serviceAccount, type OutputOf } from '@holdfast/contract'
import { Button, NativeSelect } from '@mantine/core'
import { IconPlus } from '@tabler/icons-react'
import {
  Due,
  Filters,
  lazyDialog,
  Page,
  Person,
  roleNames,
  State,
  Table,
  Tag,
  Time,
  useDo,
  useFilters,
  useMay,
  usePagesOf,
  type Column,
} from '../../kit/index.ts'

const CreateAccountDialog = lazyDialog(async () => (await import('./CreateAccountDialog.tsx')).CreateAccountDialog)

type Account = OutputOf<typeof serviceAccount.list>['rows'][number]

const Owner = ({ row }: { row: Account }) =>
  row.ownerGone ? <State kind="bad">nobody: they have left</State> : <Person id={row.ownerId} />

const columns: Column<Account>[] = [
  { key: 'name', title: 'Name', grow: true, sort: ({ name }) => name, render: ({ name }) => name },
  { key: 'role', title: 'At most', render: ({ role }) => <Tag>{roleNames[role]}</Tag> },
  { key: 'owner', title: 'Answers for it', wide: true, render: (row) => <Owner row={row} /> },
  {
    key: 'keys',
    title: 'Keys',
    align: 'right',
    wide: true,
    sort: ({ liveKeys }) => liveKeys,
    render: ({ liveKeys }) => liveKeys,
  },
  {
    key: 'used',
    title: 'Last used',
    wide: true,
    sort: ({ lastUsedAt }) => lastUsedAt,
    render: ({ lastUsedAt }) => <Time at={lastUsedAt} />,
  },
  {
    key: 'review',
    title: 'Review',
    sort: ({ reviewDueAt }) => reviewDueAt,
    render: ({ reviewDueAt, disabledAt }) =>
      disabledAt !== null ? (
        <State kind="quiet">disabled</State>
      ) : reviewDueAt === null ? (
        <State kind="warn">needs an owner</State>
      ) : (
        <Due at={reviewDueAt} soonMs={14 * 86_400_000} />
      ),
  },
]

const List = ({ create }: { create: () => void }) => {
  const may = useMay()
  const [{ show }, setFilters] = useFilters(['show'])
  const pages = usePagesOf(serviceAccount.list, { show: show === 'all' ? 'all' : 'live' })
  return (
    <>
      <Filters>
        <NativeSelect
          aria-label="Which"
          data={[
            { value: '', label: 'In use' },
            { value: 'all', label: 'Disabled ones too' },
          ]}
          value={show ?? ''}
          onChange={(event) => setFilters({ show: event.currentTarget.value || undefined })}
          w={190}
        />
      </Filters>
      <Table
        label="Service accounts"
        columns={columns}
        {...pages}
        retry={pages.refetch}
        rowKey={({ id }) => id}
        to={({ id }) => `/service-accounts/${id}`}
        empty={{
          title: 'No service accounts',
          text: 'A program that acts for the organisation, not for one person, gets an account of its own: it stays when people leave, and its keys do only what they name.',
          action: may('service-account:manage') && (
            <Button variant="default" onClick={create}>
              Create a service account
            </Button>
          ),
        }}
      />
    </>
  )
}

/** The principals that are no people (C1). */
export const ServiceAccountsPage = () => {
  const may = useMay()
  const dialog = useDo('create')
  return (
    <Page
      title="Service accounts"
      about="Programs that act for the organisation. Somebody answers for each; none does what needs a person."
      permission="service-account:read"
      action={
        may('service-account:manage') && (
          <Button leftSection={<IconPlus size={16} aria-hidden />} onClick={dialog.open}>
            Create a service account
          </Button>
        )
      }
    >
      <List create={dialog.open} />
      {may('service-account:manage') && <CreateAccountDialog opened={dialog.opened} onClose={dialog.close} />}
    </Page>
  )
}
