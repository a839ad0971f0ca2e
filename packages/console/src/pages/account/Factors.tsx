import { Button } from '@mantine/core'
import { factor, session, type OutputOf } from '@holdfast/contract'
import { useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import {
  ConfirmDialog,
  Dialog,
  ReadProblem,
  recorded,
  refreshAll,
  Section,
  State,
  Table,
  Time,
  useCommandOf,
  useDo,
  useQueryOf,
  type Column,
} from '../../kit/index.ts'
import { EnrolTotp, factorQueries } from '../EnrolTotp.tsx'
import { RecoveryCodes } from '../RecoveryCodes.tsx'

type Factor = OutputOf<typeof factor.list>['rows'][number]

const columns = (remove: (row: Factor) => void): Column<Factor>[] => [
  { key: 'label', title: 'Authenticator app', grow: true, render: ({ label }) => label },
  { key: 'since', title: 'Enrolled', render: ({ confirmedAt }) => <Time at={confirmedAt} /> },
  {
    key: 'do',
    title: 'Actions',
    actions: true,
    render: (row) => (
      <Button variant="subtle" color="red" size="compact-xs" onClick={() => remove(row)} aria-label={`Remove ${row.label}`}>
        Remove
      </Button>
    ),
  },
]

const Remove = ({ row, onClose }: { row: Factor; onClose: () => void }) => {
  const { run, running, problem } = useCommandOf(factor.remove, {
    refresh: factorQueries,
    done: 'Authenticator app removed.',
    onDone: onClose,
    explain: {
      factor_not_found: 'It was removed already.',
      last_factor: 'Your role, or your organisation, requires a second factor. Enrol another before you remove this one.',
    },
  })
  return (
    <ConfirmDialog
      opened
      onClose={onClose}
      title={`Remove “${row.label}”?`}
      consequences={['Its codes stop working for your account at once.']}
      undo="You can enrol an app again, with a new secret."
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
  const dialog = useDo('factor')
  const close = () => {
    dialog.close()
    void refreshAll(client, factorQueries)
  }
  return (
    <>
      <Button variant="default" onClick={dialog.open}>
        Add an authenticator app
      </Button>
      <Dialog opened={dialog.opened} onClose={close} title="Add an authenticator app" size="lg" closeOnClickOutside={false}>
        <EnrolTotp onDone={close} />
      </Dialog>
    </>
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
      about="Each lets you in once when your authenticator app is out of reach."
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
  if (factors.error) return <ReadProblem error={factors.error} retry={() => void factors.refetch()} />
  return (
    <>
      <Section title="Second factor" about="Asked for at sign-in, and again before what is risky." action={<Add />}>
        <Table
          label="Authenticator apps"
          columns={columns(setRemoved)}
          rows={factors.data?.rows}
          rowKey={({ id }) => id}
          empty={{
            title: 'No second factor',
            text: 'Your password alone protects this account. An authenticator app on your phone makes a stolen password useless.',
          }}
        />
        {removed && <Remove row={removed} onClose={() => setRemoved(null)} />}
      </Section>
      {factors.data && factors.data.rows.length > 0 && <Codes left={factors.data.recoveryCodesLeft} />}
    </>
  )
}
