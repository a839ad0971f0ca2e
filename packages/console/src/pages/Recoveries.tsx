import { recovery } from '@holdfast/contract'
import { PageLink, Section, State, Table, Time, useMay, usePagesOf, type Column } from '../kit/index.ts'
import { By } from './By.tsx'
import { stateWords, type Recovery } from './recoveryWords.ts'

const columns: Column<Recovery>[] = [
  {
    key: 'whose',
    title: 'Whose',
    grow: true,
    render: ({ id, personId }) => (
      <PageLink to={`/members/recoveries/${id}`}>
        <By id={personId} />
      </PageLink>
    ),
  },
  { key: 'asked', title: 'Asked', wide: true, render: ({ askedAt }) => <Time at={askedAt} /> },
  { key: 'given', title: 'Confirmed', render: ({ confirmations }) => `${confirmations.length} of 2` },
  { key: 'state', title: 'State', render: ({ state }) => <State kind={stateWords[state][0]}>{stateWords[state][1]}</State> },
]

const Open = () => {
  const { rows } = usePagesOf(recovery.list, {})
  const open = rows?.filter(({ state }) => state === 'asked' || state === 'confirmed') ?? []
  if (open.length === 0) return null
  return (
    <Section title="Lost second factors" about="Two of you must confirm that it is them.">
      <Table
        label="Who waits for it"
        columns={columns}
        rows={open}
        rowKey={({ id }) => id}
        empty={{ title: 'None', text: 'Nobody waits for a new second factor.' }}
      />
    </Section>
  )
}

/** Members who wait for two others to say that it is them; nothing when there are none. */
export const Recoveries = () => (useMay()('member:write') ? <Open /> : null)
