import { Button, Stack, TextInput } from '@mantine/core'
import { factor, session, type OutputOf } from '@holdfast/contract'
import { useState } from 'react'
import { Copy, grouped, ProblemNotice, recorded, useCommandOf, useFormOf } from '../kit/index.ts'
import classes from './enrolment.module.css'
import { RecoveryCodes } from './RecoveryCodes.tsx'

type Enrolment = OutputOf<typeof factor.enrolTotp>

interface BeginProps {
  onBegun: (enrolment: Enrolment) => void
  autoFocus: boolean
  /** Beside a better way. */
  second: boolean
}
const Begin = ({ onBegun, autoFocus, second }: BeginProps) => {
  const { run, running, problem } = useCommandOf(factor.enrolTotp, {
    done: null,
    onDone: onBegun,
    explain: {
      too_many_factors: 'You have as many authenticator apps as an account may have. Remove one first.',
      step_up_first: 'Confirm with the factor you have before you add another.',
      sso_session: 'A first factor counts in your other organisations too. Sign in to one of them, and add it there.',
    },
  })
  const form = useFormOf(factor.enrolTotp, { label: 'Authenticator app' }, problem)
  return (
    <form onSubmit={form.submit(run)}>
      <Stack gap="md">
        <TextInput
          label="Name"
          description="So that you know it again, such as the phone it is on"
          autoFocus={autoFocus}
          {...form.text('label')}
        />
        <ProblemNotice problem={problem} />
        <Button type="submit" variant={second ? 'default' : 'filled'} loading={running}>
          Show the code to scan
        </Button>
      </Stack>
    </form>
  )
}

const Scan = ({ enrolment, onCodes }: { enrolment: Enrolment; onCodes: (codes: string[], ledgerSeq: number | null) => void }) => {
  const { run, running, problem } = useCommandOf(factor.confirmTotp, {
    done: null,
    onDone: ({ recoveryCodes }, { ledgerSeq }) => onCodes(recoveryCodes, ledgerSeq),
    explain: {
      factor_not_found: 'This enrolment expired. Begin again.',
      code_refused:
        'That code was not accepted. Wait for the next one; if it stays so, check that the clock of your phone is right.',
      step_up_first: 'Confirm with the factor you have before you add another.',
      sso_session: 'A first factor counts in your other organisations too. Sign in to one of them, and add it there.',
    },
  })
  const form = useFormOf(factor.confirmTotp, { id: enrolment.id, code: '' }, problem)
  return (
    <form onSubmit={form.submit(({ id, code }) => run({ id, code: code.replace(/\s/g, '') }))}>
      <Stack gap="md">
        <div className={classes['scan']}>
          <img
            className={classes['qr']}
            src={`data:image/svg+xml,${encodeURIComponent(enrolment.qrSvg)}`}
            width={176}
            height={176}
            alt="QR code with the secret for your authenticator app"
          />
          <div className={classes['manual']}>
            <p>Scan this with an authenticator app such as Aegis, 2FAS, 1Password or Google Authenticator.</p>
            <p>Or enter this secret by hand. It is shown only now:</p>
            <p>
              <code>{grouped(enrolment.secret)}</code> <Copy value={enrolment.secret} what="the secret" />
            </p>
          </div>
        </div>
        <TextInput
          label="Code that the app shows now"
          autoComplete="one-time-code"
          inputMode="numeric"
          autoFocus
          {...form.text('code')}
        />
        <ProblemNotice problem={problem} />
        <Button type="submit" loading={running}>
          Enrol
        </Button>
      </Stack>
    </form>
  )
}

/** Enrols an authenticator app: scan, prove it with a first code, save the recovery codes. */
export const EnrolTotp = ({
  onDone,
  onBegun,
  autoFocus = true,
  second = false,
}: {
  onDone: () => void
  onBegun?: () => void
  autoFocus?: boolean
  second?: boolean
}) => {
  const [enrolment, setEnrolment] = useState<Enrolment | null>(null)
  const [shown, setShown] = useState<{ codes: string[]; ledgerSeq: number | null } | null>(null)
  // Told only now: its link must not lead away from codes that nobody has saved.
  const finish = (ledgerSeq: number | null) => {
    recorded('Second factor enrolled.', ledgerSeq)
    onDone()
  }
  if (shown) return <RecoveryCodes codes={shown.codes} onDone={() => finish(shown.ledgerSeq)} />
  if (enrolment)
    return (
      <Scan
        enrolment={enrolment}
        onCodes={(codes, ledgerSeq) => (codes.length > 0 ? setShown({ codes, ledgerSeq }) : finish(ledgerSeq))}
      />
    )
  const begin = (begun: Enrolment) => {
    setEnrolment(begun)
    onBegun?.()
  }
  return <Begin onBegun={begin} autoFocus={autoFocus} second={second} />
}

/** What an enrolment changes. */
export const factorQueries = [factor.list, session.current] as const
