import { allOperations, OrgId, PersonId, roles, rolesWith, SessionId, type Operation, type Role } from '@holdfast/contract'
import { managersHaveFactors } from './identity/factors.promises.ts'
import { accessTokenMinutes } from './identity/lifetimes.ts'
import { newId, newOrgId } from './identifier.ts'
import { permit } from './permit.ts'
import type { SessionPrincipal } from './principal.ts'
import { Problem } from './problem.ts'
import { keeps, type PromiseCheck } from './promise.ts'
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

/** Every operation against every role it does not name, and against nobody. */
const rolesAreLeast = keeps('C1', async () => {
  const guarded = allOperations.filter(({ permission }) => permission !== 'public')
  const open = guarded.filter((operation) => codeOf(operation, null) !== 'unauthenticated')
  const pairs = guarded
    .filter(({ permission }) => permission !== 'self')
    .flatMap((operation) =>
      roles.filter((role) => !rolesWith(operation.permission).includes(role)).map((role) => ({ operation, role })),
    )
  const admitted = pairs.filter(({ operation, role }) => codeOf(operation, nobody(role)) !== 'forbidden')
  const wrong = [...open.map(({ name }) => name), ...admitted.map(({ operation, role }) => `${operation.name} (${role})`)]
  return {
    kept: wrong.length === 0,
    proof:
      wrong.length === 0
        ? `One matrix of five roles and ${allOperations.length} operations; all ${pairs.length} pairs it does not name were tried and refused, and ${guarded.length} operations without signing in.`
        : `Admitted though not named: ${wrong.slice(0, 5).join(', ')}.`,
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
