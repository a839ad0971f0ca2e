import {
  accessReviewDue,
  allOperations,
  OrgId,
  PersonId,
  roles,
  rolesWith,
  SessionId,
  type Operation,
  type Role,
} from '@holdfast/contract'
import { managersHaveFactors } from './identity/factors.promises.ts'
import { accessTokenMinutes } from './identity/lifetimes.ts'
import { newId, newOrgId } from './identifier.ts'
import { permit } from './permit.ts'
import type { SessionPrincipal } from './principal.ts'
import { Problem } from './problem.ts'
import type { JobContext } from './job.ts'
import { keeps, type PromiseCheck } from './promise.ts'
import { readIn } from './unit.ts'
import { cookieHeaders } from './http/cookies.ts'

const orgId = newOrgId()
const nobody = (role: Role, changes: Partial<SessionPrincipal> = {}): SessionPrincipal => ({
  kind: 'session',
  personId: PersonId.parse(newId('pe')),
  orgId,
  role,
  operator: true,
  plan: 'enterprise',
  sessionId: SessionId.parse(newId('se')),
  restricted: false,
  factorConfirmedAt: new Date(),
  authenticatedAt: new Date(),
  signedInAt: new Date(),
  heldBack: null,
  ...changes,
})

const codeOf = (operation: Operation, principal: SessionPrincipal | null): string | null => {
  try {
    permit(operation, principal, new Date())
    return null
  } catch (error) {
    return error instanceof Problem ? error.code : 'error'
  }
}

/** Who was admitted though the matrix does not name them: every operation against every role it does not name, and against nobody. */
const triedRoles = () => {
  const guarded = allOperations.filter(({ permission }) => permission !== 'public')
  const open = guarded.filter((operation) => codeOf(operation, null) !== 'unauthenticated')
  const pairs = guarded
    .filter(({ permission }) => permission !== 'self')
    .flatMap((operation) =>
      roles.filter((role) => !rolesWith(operation.permission).includes(role)).map((role) => ({ operation, role })),
    )
  const admitted = pairs.filter(({ operation, role }) => codeOf(operation, nobody(role)) !== 'forbidden')
  const wrong = [...open.map(({ name }) => name), ...admitted.map(({ operation, role }) => `${operation.name} (${role})`)]
  return { wrong, pairs: pairs.length, guarded: guarded.length }
}

interface Reviews {
  organisations: number
  without: number
  overdue: number
  ownOverdue: boolean
}

/** In how many organisations a deadline for a review of access runs, and in how many it has passed: one statement for all of them. */
const reviewsOf = async ({ services, orgId: org }: JobContext): Promise<Reviews> => {
  const { rows } = await readIn(services.ground, org, null, ({ transaction }) =>
    transaction.query('select organisations, without, overdue, own_overdue from access_review_state($1, $2)', [
      accessReviewDue.name,
      services.clock.now(),
    ]),
  )
  const [row] = rows
  if (!row) throw new Error('the database did not say how reviews of access stand')
  const [organisations, without, overdue] = [row['organisations'], row['without'], row['overdue']].map(Number)
  return {
    organisations: organisations ?? 0,
    without: without ?? 0,
    overdue: overdue ?? 0,
    ownOverdue: row['own_overdue'] === true,
  }
}

const reviewsInWords = ({ organisations, without, overdue, ownOverdue }: Reviews): string => {
  if (organisations === 0) return 'No organisation is an hour old, from when on each is asked to review who has access.'
  if (without > 0) return `In ${without} of ${organisations} organisations nobody is asked to review who has access.`
  const asked = `Each of ${organisations} organisations is asked every quarter who still needs the access they have`
  if (overdue === 0) return `${asked}; no review is overdue.`
  return `${asked}; in ${overdue} of them the review is overdue${ownOverdue ? ', the operator’s own among them' : ', and those answerable were told'}.`
}

/**
 * The matrix holds, and whether each role is still needed is asked. A customer's late review is said and breaks nothing: the promise is that they
 * are asked and told. The operator's own is the operator's to do (docs/adr/0020-access-reviews.md).
 */
const rolesAreLeast = keeps('C1', async (context) => {
  const { wrong, pairs, guarded } = triedRoles()
  const reviews = await reviewsOf(context)
  const matrix =
    wrong.length === 0
      ? `One matrix of five roles and ${allOperations.length} operations; all ${pairs} pairs it does not name were tried and refused, and ${guarded} operations without signing in.`
      : `Admitted though not named: ${wrong.slice(0, 5).join(', ')}.`
  return {
    kept: wrong.length === 0 && reviews.without === 0 && !reviews.ownOverdue,
    proof: `${matrix} ${reviewsInWords(reviews)}`,
  }
})

const tokensAreShort = keeps('C4', async ({ services, orgId: org }) => {
  const now = services.clock.now()
  const claims = { personId: PersonId.parse(newId('pe')), orgId: OrgId.parse(org), sessionId: SessionId.parse(newId('se')) }
  const token = await services.tokens.signAccess(claims, now)
  const accepted = (await services.tokens.verifyAccess(token, now)) !== null
  const expired =
    (await services.tokens.verifyAccess(token, new Date(now.getTime() + (accessTokenMinutes * 60 + 5) * 1000))) === null
  const [head = '', body = ''] = token.split('.')
  const unsigned = (await services.tokens.verifyAccess(`${head}.${body}.`, now)) === null
  const cookies = cookieHeaders({ set: { access: token, refresh: 'v1' } })
  const guarded =
    cookies.length === 2 &&
    cookies.every((cookie) => /HttpOnly/i.test(cookie) && /Secure/i.test(cookie) && /SameSite=Strict/i.test(cookie))
  const kept = accepted && expired && unsigned && guarded
  return {
    kept,
    proof: kept
      ? `An access token was issued, accepted, and refused once ${accessTokenMinutes} minutes had passed or its signature was gone; refresh tokens live in httpOnly cookies and rotate; every request reads the session, so a revocation bites at the next one.`
      : `Accepted: ${accepted}; refused when expired: ${expired}; refused unsigned: ${unsigned}; cookies guarded: ${guarded}.`,
  }
})

export const accessPromises: readonly PromiseCheck[] = [rolesAreLeast, managersHaveFactors, tokensAreShort]
