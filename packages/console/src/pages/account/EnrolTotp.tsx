import { Button, Stack, TextInput } from '@mantine/core'
import { factor, session, type OutputOf } from '@holdfast/contract'
import { useState } from 'react'
import { Copy, grouped, ProblemNotice, useCommandOf, useFormOf } from '../../kit/index.ts'
import classes from './account.module.css'
import { RecoveryCodes } from './RecoveryCodes.tsx'

type Enrolment = OutputOf<typeof factor.enrolTotp>

const Begin = ({ onBegun, autoFocus }: { onBegun: (enrolment: Enrolment) => void; autoFocus: boolean }) => {
  const { run, running, problem } = useCommandOf(factor.enrolTotp, {
    done: null,
    onDone: onBegun,
    explain: {
      too_many_factors: 'You have as many authenticator apps as an account may have. Remove one first.',
      step_up_first: 'Confirm with the factor you have before you add another.',
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
        <Button type="submit" loading={running}>
          Show the code to scan
        </Button>
      </Stack>
    </form>
  )
}

const Scan = ({ enrolment, onCodes }: { enrolment: Enrolment; onCodes: (codes: string[]) => void }) => {
  const { run, running, problem } = useCommandOf(factor.confirmTotp, {
    done: 'Second factor enrolled.',
    onDone: ({ recoveryCodes }) => onCodes(recoveryCodes),
    explain: {
      factor_not_found: 'This enrolment expired. Begin again.',
      code_refused:
        'That code was not accepted. Wait for the next one; if it stays so, check that the clock of your phone is right.',
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
export const EnrolTotp = ({ onDone, autoFocus = true }: { onDone: () => void; autoFocus?: boolean }) => {
  const [enrolment, setEnrolment] = useState<Enrolment | null>(null)
  const [codes, setCodes] = useState<string[] | null>(null)
  if (codes && codes.length > 0) return <RecoveryCodes codes={codes} onDone={onDone} />
  if (enrolment) return <Scan enrolment={enrolment} onCodes={(shown) => (shown.length > 0 ? setCodes(shown) : onDone())} />
  return <Begin onBegun={setEnrolment} autoFocus={autoFocus} />
}

/** What an enrolment changes. */
export const factorQueries = [factor.list, session.current] as const
