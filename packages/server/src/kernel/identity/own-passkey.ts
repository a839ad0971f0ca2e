import type { FurtherAction, OrgId, PasskeyAssertion, PersonId } from '@holdfast/contract'
import type { Context, Origin } from '../handle.ts'
import { queueMail } from '../mail.ts'
import { readPerson } from '../people.ts'
import type { Services } from '../services.ts'
import { openUnit, record } from '../unit.ts'
import type { Ceremony } from './passkey-challenges.ts'
import { usePasskey } from './passkeys.ts'

interface Copied {
  orgId: OrgId
  personId: PersonId
  passkeyId: string
  origin: Origin
  requestId: string
}

/** The attempt is refused and rolled back; that it happened stays: an entry, and a mail to its person. */
export const tellOfCopy = ({ ground, background, publicUrl }: Services, copied: Copied): void =>
  background.run(async () => {
    const { orgId, personId, passkeyId, origin, requestId } = copied
    const unit = openUnit(ground, orgId, personId, true)
    try {
      const { name, email: to } = await readPerson(unit, personId)
      const text = `Hello ${name},\n\na passkey of yours was refused: its counter went back, as it does when somebody has copied it.\n\nRemove it and enrol another: ${publicUrl}/settings/account\n`
      await queueMail(unit, { to, subject: 'One of your passkeys may have been copied', text, personId })
      await record(ground, unit, {
        actor: { type: 'person', id: 'anonymous', via: 'public' },
        action: 'factor.passkey_copied' satisfies FurtherAction,
        targetId: passkeyId,
        requestId,
        origin,
        reason: null,
      })
    } catch (error) {
      await unit.transaction.rollback()
      throw error
    }
  })

/** Whether a passkey of the caller's own answered a challenge of this very session, for this use. Only sessions have one. */
export const ownPasskeyAnswers = async (
  context: Omit<Context<never>, 'fail' | 'obligations'>,
  passkey: PasskeyAssertion,
  use: { use: 'confirm' } | { use: 'act'; act: string },
): Promise<boolean> => {
  const { principal, orgId, origin, requestId, services } = context
  if (principal.kind !== 'session') return false
  const { personId, sessionId } = principal
  const ceremony: Ceremony = { ...use, person: personId, session: sessionId }
  const used = await usePasskey(context, personId, passkey, ceremony, context)
  if (used.verdict === 'copied') tellOfCopy(services, { orgId, personId, passkeyId: used.id, origin, requestId })
  return used.verdict === 'accepted'
}
