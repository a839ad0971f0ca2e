import { Button, NativeSelect, TextInput } from '@mantine/core'
import { useDebouncedCallback } from '@mantine/hooks'
import { member, roles, type Role } from '@holdfast/contract'
import { IconSearch, IconUserPlus } from '@tabler/icons-react'
import { useState } from 'react'
import {
  Filters,
  lazyDialog,
  Page,
  roleNames,
  State,
  Table,
  Tag,
  Time,
  useDo,
  useFilters,
  useMay,
  usePagesOf,
  useSession,
  type Column,
  type Member,
} from '../../kit/index.ts'
import { Invitations } from './Invitations.tsx'
import { Recoveries } from '../Recoveries.tsx'
import { MemberMenu } from './MemberMenu.tsx'

const InviteDialog = lazyDialog(async () => (await import('./InviteDialog.tsx')).InviteDialog)

const isRole = (value: string | undefined): value is Role => (roles as readonly string[]).includes(value ?? '')

const columns = (me: string, mayWrite: boolean): Column<Member>[] => [
  {
    key: 'name',
    title: 'Name',
    grow: true,
    sort: ({ name }) => name,
    render: ({ id, name }) => (id === me ? `${name} (you)` : name),
  },
  { key: 'email', title: 'E-mail', wide: true, sort: ({ email }) => email, render: ({ email }) => email },
  { key: 'role', title: 'Role', sort: ({ role }) => roles.indexOf(role), render: ({ role }) => <Tag>{roleNames[role]}</Tag> },
  {
    key: 'factor',
    title: 'Second factor',
    wide: true,
    sort: ({ factorEnrolled }) => (factorEnrolled ? 1 : 0),
    render: ({ factorEnrolled }) => (factorEnrolled ? <State kind="good">enrolled</State> : <State kind="warn">none</State>),
  },
  {
    key: 'seen',
    title: 'Last seen',
    wide: true,
    sort: ({ lastSeenAt }) => lastSeenAt,
    render: ({ lastSeenAt }) => <Time at={lastSeenAt} />,
  },
  { key: 'since', title: 'Member since', wide: true, sort: ({ since }) => since, render: ({ since }) => <Time at={since} /> },
  ...(mayWrite ? [{ key: 'do', title: 'Actions', actions: true, render: (row: Member) => <MemberMenu row={row} /> }] : []),
]

const Search = () => {
  const [filters, setFilters] = useFilters(['search', 'role'])
  const [typed, setTyped] = useState(filters.search ?? '')
  // Only what was typed moves the URL, once the typing stops.
  const search = useDebouncedCallback((text: string) => setFilters({ search: text }), 250)
  return (
    <Filters>
      <TextInput
        type="search"
        aria-label="Search members"
        placeholder="Name or e-mail"
        leftSection={<IconSearch size={15} aria-hidden />}
        value={typed}
        onChange={({ currentTarget: { value } }) => {
          setTyped(value)
          search(value)
        }}
        maxLength={100}
      />
      <NativeSelect
        aria-label="Role"
        data={[{ value: '', label: 'Any role' }, ...roles.map((role) => ({ value: role, label: roleNames[role] }))]}
        value={filters.role ?? ''}
        onChange={(event) => setFilters({ role: event.currentTarget.value || undefined })}
        w={150}
      />
    </Filters>
  )
}

const List = () => {
  const { person } = useSession()
  const may = useMay()
  const [{ search, role }] = useFilters(['search', 'role'])
  const pages = usePagesOf(member.list, { ...(search && { search }), ...(isRole(role) && { role }) })
  return (
    <Table
      label="Members"
      columns={columns(person.id, may('member:write'))}
      {...pages}
      retry={pages.refetch}
      rowKey={({ id }) => id}
      to={({ id }) => `/members/${id}`}
      empty={{ title: 'Nobody matches', text: 'No member has such a name, address or role.' }}
    />
  )
}

export const MembersPage = () => {
  const may = useMay()
  const invite = useDo('invite')
  return (
    <Page
      title="Members"
      about="Who belongs to the organisation, in which role. A change bites at the person’s next request."
      permission="member:read"
      action={
        may('member:invite') && (
          <Button leftSection={<IconUserPlus size={16} aria-hidden />} onClick={invite.open}>
            Invite somebody
          </Button>
        )
      }
    >
      <Search />
      <List />
      <Recoveries />
      {may('member:invite') && <Invitations />}
      {may('member:invite') && <InviteDialog opened={invite.opened} onClose={invite.close} />}
    </Page>
  )
}
