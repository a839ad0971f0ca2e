import { policy, type OutputOf } from '@holdfast/contract'
import { Hash, Section, State, Table, Time, usePagesOf, type Column } from '../../kit/index.ts'
import { PersonName } from '../people.tsx'
import classes from './policy.module.css'
import type { PolicyDetail } from './steps.ts'

type Row = OutputOf<typeof policy.acknowledgements>['rows'][number]

/** Who declared that they will follow the published version, with the signature over that record, and who has not. */
export const Acknowledgements = ({ policy: detail }: { policy: PolicyDetail }) => {
  const { rows, ...pages } = usePagesOf(policy.acknowledgements, { id: detail.id })
  const numbers = new Map(detail.versions.map(({ id, number }) => [id, number]))
  const columns: Column<Row>[] = [
    { key: 'who', title: 'Member', render: (row) => <PersonName id={row.personId} /> },
    {
      key: 'state',
      title: 'State',
      render: (row) => (row.at ? <State kind="good">Acknowledged</State> : <State kind="warn">Not yet</State>),
      sort: (row) => (row.at ? 1 : 0),
    },
    { key: 'version', title: 'Version', wide: true, render: (row) => numbers.get(row.versionId) ?? '' },
    { key: 'at', title: 'When', render: (row) => (row.at ? <Time at={row.at} /> : ''), sort: (row) => row.at },
    { key: 'statement', title: 'Statement', grow: true, wide: true, render: (row) => row.statement ?? '' },
    {
      key: 'signature',
      title: 'Signature',
      wide: true,
      render: (row) =>
        row.signature ? <Hash value={row.signature} what="the signature" /> : <span className={classes['quiet']}>none</span>,
    },
  ]
  return (
    <Section
      title="Acknowledgements"
      about={`${detail.acknowledged} of ${detail.members} members acknowledged the published version. Each record is signed.`}
    >
      <Table
        label="Acknowledgements"
        columns={columns}
        rows={rows}
        rowKey={(row) => `${row.personId} ${row.versionId}`}
        {...pages}
        retry={pages.refetch}
        empty={{ title: 'Nobody has to acknowledge it', text: 'The organisation has no members yet.' }}
      />
    </Section>
  )
}
