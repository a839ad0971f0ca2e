import { session, type OrgId, type PersonId } from '@holdfast/contract'
import { handlePublic, type Entered } from '../../kernel/handle.ts'
import { after, accessTokenMinutes, minutes } from '../../kernel/identity/lifetimes.ts'
import { readPerson } from '../../kernel/people.ts'
import { cookiesFor, sessionPlace } from '../../kernel/identity/sessions.ts'
import { isOver, type SignInRules } from '../../kernel/identity/sign-in-policy.ts'
import { queueMail } from '../../kernel/mail.ts'
import { RecordedRefusal } from '../../kernel/recorded-refusal.ts'

interface SessionRow {
  person_id: PersonId
  org_id: OrgId
  role: string | null
  live: boolean
  staff_grant_id: string | null
  signed_in_at: Date
  attended_at: Date | null
  methods: string[]
  policy: SignInRules | null
}
type Verdict = 'rotate' | 'grace' | 'reuse' | 'dead'

const sameAgent = async ({ tx, vault }: Entered, personId: PersonId, id: string, agent: string): Promise<boolean> => {
  const row = await tx.selectFrom('session').select('userAgentSealed').where('id', '=', id).executeTakeFirst()
  if (!row?.userAgentSealed) return false
  return (await vault.openText({ person: personId }, sessionPlace('user_agent_sealed', id), row.userAgentSealed)) === agent
}

const decide = async (
  { tx }: Entered,
  id: string,
  sequence: number,
  same: boolean,
): Promise<{ verdict: Verdict; refreshSeq: number }> =>
  tx
    .selectFrom(({ fn, val }) =>
      fn<{ verdict: Verdict; refreshSeq: number }>('gate_refresh', [val(id), val(sequence), val(same)]).as<'decision'>(
        'decision',
      ),
    )
    .select(['decision.verdict', 'decision.refreshSeq'])
    .executeTakeFirstOrThrow()

const warn = async (entered: Entered, personId: PersonId, publicUrl: string): Promise<void> => {
  const { email, name } = await readPerson(entered, personId)
  const text = `Hello ${name},

a sign-in token of yours was used a second time, which happens when it was copied. We ended that session.
Sign in again. If you did nothing unusual, change your password: ${publicUrl}/settings/account
`
  await queueMail(entered, { to: email, subject: 'A session of yours was ended', text, personId })
}

/**
 * Exchanges the refresh token for its successor. Racing tabs get the same one (grace); a token used again later means that somebody
 * copied it: the session ends, for the thief and the owner alike (RFC 9700 §4.14.2).
 */
export const refresh = handlePublic(
  session.refresh,
  async (_, { refreshToken, services, gate, fail, enter, now, origin, cookies }) => {
    const presented = refreshToken === null ? null : await services.tokens.readRefresh(refreshToken, now)
    if (!presented) throw fail('refresh_refused')
    const { sessionId, sequence } = presented
    const [row] = await gate.ask<SessionRow>('gate_session', [sessionId])
    if (!row?.live || row.role === null) throw fail('refresh_refused')
    const { person_id: personId, org_id: orgId, policy } = row
    const standing = { orgId, address: origin.address, methods: row.methods }
    // What the organisation calls over is not renewed either; a grant of staff has an end of its own.
    if (
      row.staff_grant_id === null &&
      isOver(policy, { ...standing, signedInAt: row.signed_in_at, attendedAt: row.attended_at }, now)
    )
      throw fail('refresh_refused')

    const staff = row.staff_grant_id
    const entered = enter(orgId, personId, staff ? { type: 'staff', id: personId, session: sessionId, via: staff } : undefined)
    const { verdict, refreshSeq } = await decide(
      entered,
      sessionId,
      sequence,
      await sameAgent(entered, personId, sessionId, origin.agent),
    )
    if (verdict === 'dead') throw fail('refresh_refused')
    if (verdict === 'reuse') {
      await warn(entered, personId, services.publicUrl)
      throw new RecordedRefusal(fail('refresh_refused'), 'session.reuse_detected', sessionId)
    }
    cookies(await cookiesFor(services.tokens, { personId, orgId, sessionId }, refreshSeq, now))
    return { id: sessionId, expiresAt: after(now, minutes(accessTokenMinutes)).toISOString() }
  },
)
