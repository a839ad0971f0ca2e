import { recording, type GrantId } from '@holdfast/contract'
import { PageLink, Section, Table, useQueryOf } from '../../kit/index.ts'
import { ofGrant } from '../recordingColumns.tsx'

const shown = 10

/** What was recorded under one grant, the newest first. Nothing where nothing was, as for most grants. */
export const GrantRecordings = ({ grantId }: { grantId: GrantId }) => {
  const { data, error, refetch } = useQueryOf(recording.list, { grantId, limit: shown }, { everyMs: 15_000 })
  if (data?.rows.length === 0) return null
  return (
    <Section
      title="Recordings"
      about="What its sessions showed, command by command."
      action={data?.next && <PageLink to={`/recordings?grant=${grantId}`}>All of them</PageLink>}
    >
      <Table
        label="Recordings"
        columns={ofGrant}
        rows={data?.rows}
        error={error}
        retry={() => void refetch()}
        rowKey={({ id }) => id}
        to={({ id }) => `/recordings/${id}`}
        empty={{ title: 'No recordings', text: '' }}
      />
    </Section>
  )
}
