import { GrantId, HostId, PersonId, recording } from '@holdfast/contract'
import { NativeSelect } from '@mantine/core'
import { Filters, Page, PageLink, Table, useFilters, useMembers, usePagesOf } from '../../kit/index.ts'
import { useHosts } from '../hosts.ts'
import { ofAll } from '../recordingColumns.tsx'
import { isKind, isState, kindOptions, stateOptions } from '../recordingWords.ts'

const useWanted = () => {
  const [filters, setFilters] = useFilters(['kind', 'state', 'host', 'person', 'grant'])
  const [hostId, personId] = [HostId.safeParse(filters.host).data, PersonId.safeParse(filters.person).data]
  const grantId = GrantId.safeParse(filters.grant).data
  const input = {
    ...(isKind(filters.kind) && { kind: filters.kind }),
    ...(isState(filters.state) && { state: filters.state }),
    ...(hostId && { hostId }),
    ...(personId && { personId }),
    ...(grantId && { grantId }),
  }
  return { input, setFilters }
}

const Fields = ({ input, setFilters }: ReturnType<typeof useWanted>) => {
  const hosts = useHosts().rows ?? []
  const members = useMembers() ?? []
  return (
    <Filters>
      <NativeSelect
        label="Kind"
        data={[{ value: '', label: 'Any' }, ...kindOptions]}
        value={input.kind ?? ''}
        onChange={(event) => setFilters({ kind: event.currentTarget.value })}
        w={{ base: '100%', xs: 150 }}
      />
      <NativeSelect
        label="State"
        data={[{ value: '', label: 'Any' }, ...stateOptions]}
        value={input.state ?? ''}
        onChange={(event) => setFilters({ state: event.currentTarget.value })}
        w={{ base: '100%', xs: 150 }}
      />
      <NativeSelect
        label="Server"
        data={[{ value: '', label: 'Any' }, ...hosts.map(({ id, name }) => ({ value: id, label: name }))]}
        value={input.hostId ?? ''}
        onChange={(event) => setFilters({ host: event.currentTarget.value })}
        w={{ base: '100%', xs: 190 }}
      />
      <NativeSelect
        label="Who"
        data={[{ value: '', label: 'Anybody' }, ...members.map(({ id, name }) => ({ value: id, label: name }))]}
        value={input.personId ?? ''}
        onChange={(event) => setFilters({ person: event.currentTarget.value })}
        w={{ base: '100%', xs: 190 }}
      />
    </Filters>
  )
}

const List = () => {
  const wanted = useWanted()
  const pages = usePagesOf(recording.list, wanted.input, { everyMs: 15_000 })
  return (
    <>
      <Fields {...wanted} />
      {wanted.input.grantId && (
        <div>
          Only what was done under{' '}
          <PageLink to={`/access/grants/${wanted.input.grantId}`} td="underline">
            one grant
          </PageLink>
          . <PageLink to="/recordings">Show all recordings</PageLink>
        </div>
      )}
      <Table
        label="Recordings"
        columns={ofAll}
        {...pages}
        retry={pages.refetch}
        rowKey={({ id }) => id}
        to={({ id }) => `/recordings/${id}`}
        empty={
          Object.keys(wanted.input).length > 0
            ? {
                title: 'No recording matches',
                text: 'Change or clear the filters above.',
                action: <PageLink to="/recordings">Show all recordings</PageLink>,
              }
            : {
                title: 'Nothing was recorded yet',
                text: 'Register a server as a bastion, then name it in an access policy: whoever gets in under that policy goes through it, and is recorded.',
                action: <PageLink to="/access/policies">Access policies</PageLink>,
              }
        }
      />
    </>
  )
}

/** Sessions on servers that went through a bastion (C7). */
export const RecordingsPage = () => (
  <Page
    title="Recordings"
    about="Sessions that went through a bastion: terminals, commands and file transfers. Who looks at one stands in the access log. Kept for a year."
    permission="recording:read"
  >
    <List />
  </Page>
)
