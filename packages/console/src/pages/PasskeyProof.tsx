import type { PasskeyAssertion } from '@holdfast/contract'
import { ProblemNotice } from '../kit/index.ts'
import { Or, PasskeyButton } from '../kit/PasskeyButton.tsx'
import { useOwnPasskey, type Act } from '../kit/passkeys.ts'

export interface PasskeyProofProps {
  /** What the passkey signs, this and nothing else. */
  act: Act
  /** Whether the rest of the form is right; asked before the passkey. */
  ready?: () => boolean
  onPasskey: (passkey: PasskeyAssertion) => unknown
}

/** A passkey for one act, in place of the code below it. */
const PasskeyProof = ({ act, ready, onPasskey }: PasskeyProofProps) => {
  const passkey = useOwnPasskey()
  const use = async () => {
    if (ready && !ready()) return
    const shown = await passkey.ask(act)
    if (shown) await onPasskey(shown)
  }
  return (
    <>
      <PasskeyButton variant="default" loading={passkey.running} onClick={() => void use()}>
        Confirm with a passkey
      </PasskeyButton>
      <ProblemNotice problem={passkey.problem} />
      <Or />
    </>
  )
}
export default PasskeyProof
