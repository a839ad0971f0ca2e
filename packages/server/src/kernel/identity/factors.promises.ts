import {
  createRecoveryCodes,
  createTotpSecret,
  hashRecoveryCode,
  matchTotp,
  normaliseRecoveryCode,
  totpAt,
  totpStep,
} from '@holdfast/crypto'
import { allOperations, mustHaveMfa, PersonId, roles, SessionId, type Operation, type Role } from '@holdfast/contract'
import { newId, newOrgId } from '../identifier.ts'
import type { JobContext } from '../job.ts'
import { permit } from '../permit.ts'
import { Problem } from '../problem.ts'
import { keeps } from '../promise.ts'
import { readIn } from '../unit.ts'
import { isRestricted, type MfaStanding } from './mfa.ts'
import { newChallenge, takeChallenge, type Ceremony } from './passkey-challenges.ts'
import { createSoftPasskey } from './soft-passkey.ts'
import { checkAssertion, relyingPartyOf } from './webauthn.ts'
import { gateOver } from '../gate.ts'

const guarded = allOperations.filter(({ permission, restricted }) => permission !== 'public' && !restricted)

/** The operations that a session with such a standing could call, by the very decision that requests meet. */
const openTo = (standing: MfaStanding): Operation[] => {
  const restricted = isRestricted(standing)
  const principal = {
    ...{ kind: 'session' as const, personId: PersonId.parse(newId('pe')), sessionId: SessionId.parse(newId('se')) },
    ...{ orgId: newOrgId(), role: standing.role, operator: true, plan: 'enterprise' as const, restricted },
    ...{ factorConfirmedAt: standing.confirmedAt, authenticatedAt: new Date() },
    ...{ signedInAt: new Date(), heldBack: null },
  }
  return guarded.filter((operation) => {
    try {
      permit(operation, principal, new Date())
      return true
    } catch (error) {
      return !(error instanceof Problem && (error.code === 'mfa_required' || operation.permission === 'agent'))
    }
  })
}

interface Group {
  role: Role
  org_requires_mfa: boolean
  restricted: boolean
  confirmed: boolean
  enrolled: boolean
  sessions: string
}
interface Factors {
  managers: string
  with_app: string
  with_passkey: string
  with_any: string
  marked_without: string
}

const populationOf = ({ services, orgId }: JobContext): Promise<{ groups: Group[]; factors: Factors | undefined }> =>
  readIn(services.ground, orgId, null, async ({ transaction }) => ({
    groups: (await transaction.query('select * from gate_manager_sessions()', [])).rows as unknown as Group[],
    factors: (await transaction.query('select * from gate_manager_factors()', [])).rows[0] as unknown as Factors | undefined,
  }))

const standingOf = ({ role, org_requires_mfa, restricted, confirmed }: Group): MfaStanding => ({
  role,
  orgRequiresMfa: org_requires_mfa,
  sessionRestricted: restricted,
  confirmedAt: confirmed ? new Date() : null,
})

/** Makes a passkey in memory and lets it answer: rightly, twice, for another session, without its person, for another site. */
const passkeysHold = async ({ services }: JobContext): Promise<boolean> => {
  const { secrets, ground, publicUrl, clock } = services
  const now = clock.now()
  const gate = gateOver(ground.reads, ground.pool)
  const party = relyingPartyOf(publicUrl)
  const ceremony: Ceremony = { use: 'confirm', person: PersonId.parse(newId('pe')), session: SessionId.parse(newId('se')) }
  const challenge = await newChallenge(secrets, ceremony, now)
  if (challenge === null) return false
  const passkey = createSoftPasskey(party)
  const accepted = (said: Parameters<typeof passkey.assert>[1]) =>
    checkAssertion(passkey.assert(challenge, said), passkey.credential, { ...party, challenge }).then((found) => found !== null)
  const taken = (of: Ceremony) => takeChallenge({ secrets, gate, now }, challenge, of)
  const elsewhere = await taken({ ...ceremony, session: SessionId.parse(newId('se')) })
  const once = await taken(ceremony)
  const twice = await taken(ceremony)
  return (
    once &&
    !elsewhere &&
    !twice &&
    (await accepted({})) &&
    !(await accepted({ userVerified: false })) &&
    !(await accepted({ origin: 'https://elsewhere.example' })) &&
    !(await accepted({ rpId: 'elsewhere.example' }))
  )
}

const codesHold = (): boolean => {
  const secret = createTotpSecret()
  const now = Date.now()
  const [code = ''] = createRecoveryCodes(1)
  const typed = normaliseRecoveryCode(code.toLowerCase())
  return (
    matchTotp(secret, totpAt(secret, totpStep(now)), now) !== null &&
    matchTotp(secret, totpAt(secret, totpStep(now) - 10), now) === null &&
    typed !== null &&
    hashRecoveryCode(typed).equals(hashRecoveryCode(normaliseRecoveryCode(code) ?? ''))
  )
}

const refusesWithout = (role: Role): boolean =>
  openTo({ role, orgRequiresMfa: false, sessionRestricted: false, confirmedAt: null }).length === 0

/** C2, over every organisation: the rule, tried; the factors, tried; and how the sessions of every Owner and Admin stand now. */
export const managersHaveFactors = keeps('C2', async (context) => {
  const { groups, factors } = await populationOf(context)
  const loose = groups.filter((group) => !group.confirmed && openTo(standingOf(group)).length > 0)
  const unenrolled = groups.filter((group) => group.confirmed && !group.enrolled)
  const count = (some: readonly Group[]): number => some.reduce((sum, { sessions }) => sum + Number(sessions), 0)
  const ruled = roles.filter(mustHaveMfa).every(refusesWithout)
  const marked = Number(factors?.marked_without ?? 0)
  const [codes, passkeys] = [codesHold(), await passkeysHold(context)]
  const held = Number(factors?.with_any ?? 0)
  const kept = ruled && codes && passkeys && loose.length + unenrolled.length + marked === 0 && factors !== undefined
  return {
    kept,
    proof: kept
      ? `${guarded.length} operations were tried with an Owner’s and an Admin’s session that showed no second factor, and all refused it. Over all organisations ${held} of ${factors.managers} Owners and Admins have a factor (${factors.with_passkey} a passkey, ${factors.with_app} an authenticator app); the others can only enrol one. None of their ${count(groups)} live sessions does more without it. A passkey answered as it should; without its person, for another site or session, or twice, it was refused.`
      : `Rule tried: ${ruled}; codes: ${codes}; passkeys: ${passkeys}; live sessions of Owners and Admins that do more without a factor: ${count(loose)}; with one that exists no more: ${count(unenrolled)}; people marked as enrolled without a factor: ${marked}.`,
  }
})
