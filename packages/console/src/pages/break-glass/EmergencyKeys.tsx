import { emergencyKey } from '@holdfast/contract'
import { Button } from '@mantine/core'
import { useState } from 'react'
import { Hash, lazyDialog, Section, State, Table, Time, useMay, usePagesOf, type Column } from '../../kit/index.ts'
import { PersonName } from '../people.tsx'
import type { KeyDialogsProps } from './EmergencyKeyDialogs.tsx'
import { kindWords, type Key } from './words.ts'

const Dialogs = lazyDialog<KeyDialogsProps>(async () => (await import('./EmergencyKeyDialogs.tsx')).EmergencyKeyDialogs)

const standingOf = ({ holderGone, until }: Key) => {
  if (holderGone) return <State kind="bad">the holder has left</State>
  const over = Date.parse(until) <= Date.now()
  return (
    <State kind={over ? 'bad' : 'good'}>
      {over ? 'was to be tried' : 'try it'} <Time at={until} />
    </State>
  )
}

const columnsFor = (act: ((key: Key, what: 'confirm' | 'end') => void) | null): Column<Key>[] => [
  { key: 'who', title: 'Who', grow: true, render: ({ personId }) => <PersonName id={personId} /> },
  { key: 'what', title: 'What', wide: true, render: ({ kind }) => kindWords[kind] },
  {
    key: 'print',
    title: 'Fingerprint',
    wide: true,
    render: ({ fingerprint }) => <Hash value={fingerprint} what="the fingerprint" />,
  },
  { key: 'kept', title: 'Kept', wide: true, render: ({ keptAt }) => keptAt },
  { key: 'since', title: 'Since', wide: true, render: ({ since }) => <Time at={since} /> },
  { key: 'state', title: 'State', render: standingOf },
  ...(act
    ? [
        {
          key: 'act',
          title: 'What to do',
          actions: true,
          render: (key: Key) => (
            <>
              <Button variant="subtle" size="compact-sm" onClick={() => act(key, 'confirm')}>
                Tried
              </Button>
              <Button variant="subtle" size="compact-sm" c="var(--hf-bad)" onClick={() => act(key, 'end')}>
                End
              </Button>
            </>
          ),
        },
      ]
    : []),
]

/** Who could come in on servers when nothing else works: people write it down, since the keys are offline. */
export const EmergencyKeys = () => {
  const may = useMay()
  const pages = usePagesOf(emergencyKey.list, {})
  const [asking, setAsking] = useState<KeyDialogsProps['asking'] | null>(null)
  const manages = may('access:manage')
  const register = manages && (
    <Button variant="default" onClick={() => setAsking({ what: 'register' })}>
      Register a holder
    </Button>
  )
  return (
    <Section
      title="Who holds emergency keys"
      about="The keys are made and kept offline, so this is a record by hand: who has one, where, and until when it is tried. Access reviews ask about each."
      action={pages.rows && pages.rows.length > 0 && register}
    >
      <Table
        label="Holders of emergency keys"
        columns={columnsFor(manages ? (key, what) => setAsking({ what, key }) : null)}
        {...pages}
        retry={pages.refetch}
        rowKey={({ id }) => id}
        empty={{
          title: 'Nobody is recorded',
          text: 'Whoever has the private key of an emergency authority, or a key with its certificate, can come in on servers without asking. Write down who, so that it is asked about when they leave.',
          action: register,
        }}
      />
      <Dialogs opened={asking !== null} asking={asking ?? { what: 'register' }} onClose={() => setAsking(null)} />
    </Section>
  )
}
