import { Stack, TextInput } from '@mantine/core'
import { factor } from '@holdfast/contract'
import { useState } from 'react'
import { ProblemNotice, recorded, useCommandOf, useFormOf } from '../kit/index.ts'
import { Or, PasskeyButton } from '../kit/PasskeyButton.tsx'
import { browserKnowsPasskeys, useNewPasskey } from '../kit/passkeys.ts'
import classes from './enrolment.module.css'
import { EnrolTotp } from './EnrolTotp.tsx'
import { RecoveryCodes } from './RecoveryCodes.tsx'

interface Done {
  codes: string[]
  ledgerSeq: number | null
}

const Make = ({ onMade, named, primary }: { onMade: (done: Done) => void; named: boolean; primary: boolean }) => {
  const passkey = useNewPasskey()
  const { run, running, problem } = useCommandOf(factor.confirmPasskey, {
    done: null,
    onDone: ({ recoveryCodes }, { ledgerSeq }) => onMade({ codes: recoveryCodes, ledgerSeq }),
    explain: {
      passkey_refused: 'That passkey was not accepted. It may have taken too long: begin again.',
      too_many_factors: 'You have as many passkeys as an account may have. Remove one first.',
      step_up_first: 'Confirm with the factor you have before you add another.',
      sso_session: 'A first factor counts in your other organisations too. Sign in to one of them, and add it there.',
    },
  })
  const form = useFormOf(factor.rename, { label: 'Passkey' }, problem)
  const make = async () => {
    const made = await passkey.make()
    if (made) await run({ label: form.values.label.trim() || 'Passkey', passkey: made })
  }
  return (
    <Stack gap="md">
      <p className={classes['text']}>
        A passkey lives in this device, in your password manager or on a security key. It opens with your fingerprint, face or
        PIN, signs you in without the password, and cannot be given away to a false page.
      </p>
      {named && (
        <TextInput
          label="Name"
          description="So that you know it again, such as the device it is on"
          maxLength={60}
          {...form.text('label')}
        />
      )}
      <ProblemNotice problem={passkey.problem ?? problem} />
      <PasskeyButton variant={primary ? 'filled' : 'default'} loading={passkey.running || running} onClick={() => void make()}>
        Create a passkey
      </PasskeyButton>
    </Stack>
  )
}

/** Makes a passkey; with the first factor come recovery codes, which are to be saved before anything else. */
export const EnrolPasskey = ({
  onDone,
  onMade,
  named = true,
  primary = true,
}: {
  onDone: () => void
  /** From here on nothing else may stand beside it. */
  onMade?: () => void
  named?: boolean
  primary?: boolean
}) => {
  const [shown, setShown] = useState<Done | null>(null)
  const finish = (ledgerSeq: number | null) => {
    recorded('Passkey created.', ledgerSeq)
    onDone()
  }
  const made = (done: Done) => {
    if (done.codes.length === 0) return finish(done.ledgerSeq)
    onMade?.()
    setShown(done)
  }
  if (shown) return <RecoveryCodes codes={shown.codes} onDone={() => finish(shown.ledgerSeq)} />
  return <Make onMade={made} named={named} primary={primary} />
}

/** The first factor: a passkey, or an authenticator app. */
export const EnrolFactor = ({ onDone }: { onDone: () => void }) => {
  const [chosen, setChosen] = useState<'passkey' | 'app' | null>(browserKnowsPasskeys() ? null : 'app')
  return (
    <Stack gap="lg">
      {chosen !== 'app' && <EnrolPasskey named={false} onDone={onDone} onMade={() => setChosen('passkey')} />}
      {chosen === null && <Or />}
      {chosen !== 'passkey' && (
        <EnrolTotp second={chosen === null} autoFocus={chosen === 'app'} onBegun={() => setChosen('app')} onDone={onDone} />
      )}
    </Stack>
  )
}
