import { Button, Group, Stack, TextInput } from '@mantine/core'
import { factor, session, type OutputOf } from '@holdfast/contract'
import { useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import {
  ConfirmDialog,
  Dialog,
  ProblemNotice,
  ReadProblem,
  recorded,
  refreshAll,
  Section,
  State,
  Table,
  Time,
  useCommandOf,
  useDo,
  useFormOf,
  useQueryOf,
  type Column,
} from '../../kit/index.ts'
import { browserKnowsPasskeys } from '../../kit/passkeys.ts'
import { EnrolPasskey } from '../EnrolPasskey.tsx'
import { EnrolTotp, factorQueries } from '../EnrolTotp.tsx'
import { RecoveryCodes } from '../RecoveryCodes.tsx'

type Factor = OutputOf<typeof factor.list>['rows'][number]

const kinds: Record<Factor['kind'], string> = { passkey: 'Passkey', totp: 'Authenticator app' }

const Kind = ({ row }: { row: Factor }) => {
  if (row.backedUp === null) return <>{kinds[row.kind]}</>
  return <>{row.backedUp ? 'Passkey, synchronised' : 'Passkey, this device only'}</>
}

const columns = (rename: (row: Factor) => void, remove: (row: Factor) => void): Column<Factor>[] => [
  { key: 'label', title: 'Name', grow: true, render: ({ label }) => label },
  { key: 'kind', title: 'Kind', wide: true, render: (row) => <Kind row={row} /> },
  { key: 'since', title: 'Enrolled', wide: true, render: ({ confirmedAt }) => <Time at={confirmedAt} /> },
  {
    key: 'used',
    title: 'Last used',
    wide: true,
    render: ({ kind, lastUsedAt }) => (lastUsedAt ? <Time at={lastUsedAt} /> : kind === 'passkey' ? 'never' : '–'),
  },
  {
    key: 'do',
    title: 'Actions',
    actions: true,
    render: (row) => (
      <Group gap={4} justify="flex-end" wrap="nowrap">
        <Button variant="subtle" size="compact-xs" onClick={() => rename(row)} aria-label={`Rename ${row.label}`}>
          Rename
        </Button>
        <Button variant="subtle" color="red" size="compact-xs" onClick={() => remove(row)} aria-label={`Remove ${row.label}`}>
          Remove
        </Button>
      </Group>
    ),
  },
]

const Rename = ({ row, onClose }: { row: Factor; onClose: () => void }) => {
  const { run, running, problem } = useCommandOf(factor.rename, {
    refresh: factorQueries,
    done: 'Renamed.',
    onDone: onClose,
    explain: { factor_not_found: 'It was removed meanwhile.' },
  })
  const form = useFormOf(factor.rename, { id: row.id, label: row.label }, problem)
  return (
    <Dialog opened onClose={onClose} title={`Rename “${row.label}”`}>
      <form onSubmit={form.submit(run)}>
        <Stack gap="md">
          <TextInput label="Name" data-autofocus maxLength={60} {...form.text('label')} />
          <ProblemNotice problem={problem} />
          <Group justify="flex-end" gap="xs">
            <Button variant="default" onClick={onClose}>
              Cancel
            </Button>
            <Button type="submit" loading={running}>
              Rename
            </Button>
          </Group>
        </Stack>
      </form>
    </Dialog>
  )
}

const Remove = ({ row, onClose }: { row: Factor; onClose: () => void }) => {
  const { run, running, problem } = useCommandOf(factor.remove, {
    refresh: factorQueries,
    done: `${kinds[row.kind]} removed.`,
    onDone: onClose,
    explain: {
      factor_not_found: 'It was removed already.',
      last_factor: 'Your role, or your organisation, requires a second factor. Enrol another before you remove this one.',
    },
  })
  const passkey = row.kind === 'passkey'
  return (
    <ConfirmDialog
      opened
      onClose={onClose}
      title={`Remove “${row.label}”?`}
      consequences={[
        passkey ? 'It no longer opens your account.' : 'Its codes stop working for your account at once.',
        ...(passkey ? ['Your device or password manager keeps its half until you delete it there.'] : []),
      ]}
      undo={passkey ? 'You can create another.' : 'You can enrol an app again, with a new secret.'}
      verb="Remove"
      danger
      running={running}
      problem={problem}
      onConfirm={() => void run({ id: row.id })}
    />
  )
}

const Add = () => {
  const client = useQueryClient()
  const [app, passkey] = [useDo('factor'), useDo('passkey')]
  const closing = (dialog: ReturnType<typeof useDo>) => () => {
    dialog.close()
    void refreshAll(client, factorQueries)
  }
  return (
    <Group gap="xs">
      {browserKnowsPasskeys() && <Button onClick={passkey.open}>Add a passkey</Button>}
      <Button variant="default" onClick={app.open}>
        Add an authenticator app
      </Button>
      <Dialog opened={passkey.opened} onClose={closing(passkey)} title="Add a passkey" closeOnClickOutside={false}>
        <EnrolPasskey onDone={closing(passkey)} />
      </Dialog>
      <Dialog opened={app.opened} onClose={closing(app)} title="Add an authenticator app" size="lg" closeOnClickOutside={false}>
        <EnrolTotp onDone={closing(app)} />
      </Dialog>
    </Group>
  )
}

const Codes = ({ left }: { left: number }) => {
  const [opened, setOpened] = useState(false)
  const [shown, setShown] = useState<{ codes: readonly string[]; ledgerSeq: number | null } | null>(null)
  const { run, running, problem } = useCommandOf(factor.renewRecoveryCodes, {
    refresh: [factor.list, session.current],
    done: null,
    onDone: ({ recoveryCodes }, { ledgerSeq }) => {
      setOpened(false)
      setShown({ codes: recoveryCodes, ledgerSeq })
    },
    explain: { no_factor: 'Recovery codes stand in for a second factor. Enrol one first.' },
  })
  const finish = () => {
    recorded('Recovery codes renewed.', shown?.ledgerSeq ?? null)
    setShown(null)
  }
  return (
    <Section
      title="Recovery codes"
      about="Each lets you in once when your passkeys and your authenticator app are out of reach."
      action={
        <Button variant="default" onClick={() => setOpened(true)}>
          Renew
        </Button>
      }
    >
      <State kind={left > 3 ? 'good' : 'warn'}>{left} left</State>
      <ConfirmDialog
        opened={opened}
        onClose={() => setOpened(false)}
        title="Renew your recovery codes?"
        consequences={['You get new codes, shown once.', 'The old ones stop working at once, wherever you kept them.']}
        undo="The old codes do not come back."
        verb="Renew"
        running={running}
        problem={problem}
        onConfirm={() => void run({})}
      />
      <Dialog
        opened={shown !== null}
        onClose={finish}
        title="Your new recovery codes"
        withCloseButton={false}
        closeOnClickOutside={false}
        closeOnEscape={false}
      >
        {shown && <RecoveryCodes codes={shown.codes} onDone={finish} />}
      </Dialog>
    </Section>
  )
}

/** Second factors and recovery codes (C2). */
export const Factors = () => {
  const factors = useQueryOf(factor.list, {})
  const [removed, setRemoved] = useState<Factor | null>(null)
  const [renamed, setRenamed] = useState<Factor | null>(null)
  if (factors.error) return <ReadProblem error={factors.error} retry={() => void factors.refetch()} />
  return (
    <>
      <Section
        title="Passkeys and second factors"
        about="Asked for at sign-in, and again before what is risky. A passkey signs you in by itself."
        action={<Add />}
      >
        <Table
          label="Second factors"
          columns={columns(setRenamed, setRemoved)}
          rows={factors.data?.rows}
          rowKey={({ id }) => id}
          empty={{
            title: 'No second factor',
            text: 'Your password alone protects this account. A passkey, or an authenticator app on your phone, makes a stolen password useless.',
          }}
        />
        {renamed && <Rename row={renamed} onClose={() => setRenamed(null)} />}
        {removed && <Remove row={removed} onClose={() => setRemoved(null)} />}
      </Section>
      {factors.data && factors.data.rows.length > 0 && <Codes left={factors.data.recoveryCodesLeft} />}
    </>
  )
}
