import { sso } from '@holdfast/contract'
import { Button, Skeleton } from '@mantine/core'
import { IconPlus } from '@tabler/icons-react'
import { lazyDialog, Page, PageLink, ReadProblem, State, Table, Time, useDo, useQueryOf, type Column } from '../../kit/index.ts'
import { stateWords, type Connection, type Setup } from './answers.ts'
import { PlanNotice } from '../PlanNotice.tsx'
import { Domains } from './Domains.tsx'
import { Enforcement } from './Enforcement.tsx'

const CreateConnectionDialog = lazyDialog(async () => (await import('./CreateConnectionDialog.tsx')).CreateConnectionDialog)

const columns: Column<Connection>[] = [
  {
    key: 'name',
    title: 'Connection',
    grow: true,
    render: ({ id, name }) => <PageLink to={`/settings/sign-on/${id}`}>{name}</PageLink>,
  },
  { key: 'state', title: 'State', render: ({ state }) => <State kind={stateWords[state][0]}>{stateWords[state][1]}</State> },
  { key: 'people', title: 'People', wide: true, render: ({ people }) => people },
  { key: 'used', title: 'Last used', wide: true, render: ({ lastUsedAt }) => <Time at={lastUsedAt} /> },
  {
    key: 'expires',
    title: 'Secret until',
    wide: true,
    render: ({ secretExpiresAt }) => <Time at={secretExpiresAt} empty="not known" />,
  },
  {
    key: 'signing',
    title: 'Our signing key',
    wide: true,
    render: ({ signing }) =>
      signing?.other ? (
        <State kind="warn">{signing.other.is === 'next' ? 'new one published' : 'old one still published'}</State>
      ) : (
        ((signing && <Time at={signing.current.notAfter} />) ?? '–')
      ),
  },
]

const Connections = ({ setup, add }: { setup: Setup; add: () => void }) => (
  <Table
    label="Connections"
    columns={columns}
    rows={setup.connections}
    rowKey={({ id }) => id}
    empty={{
      title: 'No connection yet',
      text: 'Connect your identity provider, prove your domain, try it out, and let people sign in with the account they have at work.',
      action: (
        <Button variant="default" onClick={add}>
          Add a connection
        </Button>
      ),
    }}
  />
)

/** Single sign-on (C3): by which providers people sign in, for which domains, and whether they must. */
export const SignOnPage = () => {
  const read = useQueryOf(sso.read, {})
  const dialog = useDo('create')
  return (
    <Page
      title="Single sign-on"
      about="Your people sign in with your own identity provider, and you decide there who still may."
      permission="sso:manage"
      action={
        <Button leftSection={<IconPlus size={16} aria-hidden />} onClick={dialog.open}>
          Add a connection
        </Button>
      }
    >
      <PlanNotice needs="sso" />
      {read.error && <ReadProblem error={read.error} retry={() => void read.refetch()} />}
      {!read.data && !read.error && <Skeleton height={240} />}
      {read.data && (
        <>
          <Connections setup={read.data} add={dialog.open} />
          <Domains setup={read.data} />
          <Enforcement setup={read.data} />
        </>
      )}
      <CreateConnectionDialog opened={dialog.opened} onClose={dialog.close} />
    </Page>
  )
}
