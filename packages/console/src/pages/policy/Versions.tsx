import { Section, Table, Time, type Column } from '../../kit/index.ts'
import { PersonName } from '../people.tsx'
import { bytesInWords } from '../../verify/words.ts'
import { VersionState } from './PolicyBits.tsx'
import type { PolicyDetail, Version } from './steps.ts'

const columns: Column<Version>[] = [
  { key: 'number', title: 'Version', render: (row) => `Version ${row.number}`, sort: (row) => row.number },
  { key: 'state', title: 'State', render: (row) => <VersionState state={row.state} /> },
  { key: 'note', title: 'What changed', grow: true, render: (row) => row.note },
  { key: 'author', title: 'Written by', wide: true, render: (row) => <PersonName id={row.authorId} /> },
  {
    key: 'approved',
    title: 'Approved by',
    wide: true,
    render: (row) => (row.approvedBy ? <PersonName id={row.approvedBy} /> : ''),
  },
  {
    key: 'format',
    title: 'Format',
    wide: true,
    render: (row) => `${row.format === 'pdf' ? 'PDF' : 'Markdown'}, ${bytesInWords(row.bytes)}`,
  },
  {
    key: 'at',
    title: 'Begun',
    wide: true,
    align: 'right',
    render: (row) => <Time at={row.createdAt} />,
    sort: (row) => row.createdAt,
  },
]

export const Versions = ({ policy }: { policy: PolicyDetail }) => (
  <Section title="Versions" about="Every version stays readable. Only a published one holds.">
    <Table
      label="Versions"
      columns={columns}
      rows={policy.versions.toSorted((a, b) => b.number - a.number)}
      rowKey={(row) => row.id}
      to={(row) => `/policies/${policy.id}/versions/${row.id}`}
      empty={{ title: 'No versions', text: 'Draft the first one.' }}
    />
  </Section>
)
