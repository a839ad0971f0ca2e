import { Button } from '@mantine/core'
import { directory } from '@holdfast/contract'
import { useState } from 'react'
import {
  ConfirmDialog,
  Due,
  Id,
  lazyDialog,
  Section,
  State,
  Table,
  Time,
  useCommandOf,
  useMay,
  type Column,
} from '../../kit/index.ts'
import { answers, credentialStates, kindWords, type Credential } from './words.ts'

const CredentialDialog = lazyDialog(async () => (await import('./CredentialDialog.tsx')).CredentialDialog)

const columns = (revoke: ((row: Credential) => void) | null): Column<Credential>[] => [
  { key: 'kind', title: 'Kind', grow: true, render: ({ kind }) => kindWords[kind] },
  {
    key: 'state',
    title: 'State',
    render: ({ state }) => <State kind={credentialStates[state].kind}>{credentialStates[state].word}</State>,
  },
  { key: 'id', title: 'Client id', wide: true, render: ({ id }) => <Id value={id} what="the id" /> },
  { key: 'used', title: 'Last used', wide: true, render: ({ lastUsedAt }) => <Time at={lastUsedAt} /> },
  {
    key: 'expires',
    title: 'Runs out',
    wide: true,
    render: ({ state, expiresAt }) =>
      state === 'live' ? <Due ends at={expiresAt} soonMs={14 * 86_400_000} /> : <Time at={expiresAt} />,
  },
  ...(revoke
    ? [
        {
          key: 'do',
          title: 'Actions',
          actions: true,
          render: (row: Credential) =>
            row.state === 'live' && (
              <Button
                variant="subtle"
                color="red"
                size="compact-xs"
                onClick={() => revoke(row)}
                aria-label={`Revoke ${kindWords[row.kind]} ${row.id}`}
              >
                Revoke
              </Button>
            ),
        },
      ]
    : []),
]

const Revoke = ({ row, onClose }: { row: Credential; onClose: () => void }) => {
  const revoke = useCommandOf(directory.revokeCredential, {
    refresh: answers,
    done: 'The credential is revoked.',
    onDone: onClose,
    explain: { credential_not_found: 'It was revoked already.' },
  })
  return (
    <ConfirmDialog
      opened
      onClose={onClose}
      title="Revoke this credential?"
      consequences={['Whatever uses it, or a token it was exchanged for, is refused at its next request.']}
      undo="A revoked credential does not come back; you can make another."
      verb="Revoke"
      danger
      running={revoke.running}
      problem={revoke.problem}
      onConfirm={() => void revoke.run({ id: row.id })}
    />
  )
}

export const Credentials = ({ credentials }: { credentials: readonly Credential[] }) => {
  const owner = useMay()('directory:manage')
  const [revoked, setRevoked] = useState<Credential | null>(null)
  const [making, setMaking] = useState(false)
  const make = owner && (
    <Button variant="default" size="xs" onClick={() => setMaking(true)}>
      New credential …
    </Button>
  )
  return (
    <Section title="Credentials" about="With which the directory comes. A new one lets the old go on for a while." action={make}>
      <Table
        label="Credentials"
        columns={columns(owner ? setRevoked : null)}
        rows={credentials}
        rowKey={({ id }) => id}
        empty={{ title: 'No credential', text: 'The directory cannot come in before an Owner makes one.' }}
      />
      <CredentialDialog opened={making} onClose={() => setMaking(false)} />
      {revoked && <Revoke row={revoked} onClose={() => setRevoked(null)} />}
    </Section>
  )
}
