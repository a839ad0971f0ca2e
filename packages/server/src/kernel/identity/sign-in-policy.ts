import {
  signInMethods,
  type HeldBack,
  type OrgId,
  type SessionNext,
  type SignInMethod,
  type SignInPolicy,
} from '@holdfast/contract'
import type { z } from 'zod'
import { sql } from 'kysely'
import { networksIn } from '../network.ts'
import type { OrgTx } from '../tenancy/org-tx.ts'
import { minutes } from './lifetimes.ts'

/** As the database has it (`sign_in_policy`): what an organisation asks of a session. Null: nothing. Second factors are in mfa.ts. */
export type SignInRules = Omit<SignInPolicy, 'requireMfa'>

export const noRules: SignInRules = {
  ...{ sessionMinutes: null, idleMinutes: null, lockMinutes: null, networks: [] },
  methods: [...signInMethods],
}

/**
 * What a session has shown that signs in by itself. Single sign-on is vouched for by one organisation's own provider, so it counts there and
 * nowhere else.
 */
export type ShownMethod = Exclude<SignInMethod, 'sso'> | `sso:${string}`
export const ssoOf = (orgId: OrgId): ShownMethod => `sso:${orgId}`

/** Those of the organisation entered. */
export const rulesIn = async (tx: OrgTx): Promise<SignInRules | null> => {
  const rules = sql<SignInRules | null>`sign_in_policy(session_minutes, idle_minutes, lock_minutes, networks, sign_in_methods)`
  return (await tx.selectFrom('org').select(rules.as('rules')).executeTakeFirstOrThrow()).rules
}

export interface SessionStanding {
  orgId: OrgId
  /** Where the request comes from. */
  address: string
  /** The sign-in that the session descends from. */
  signedInAt: Date
  /** When a person was last at it; null: locked by hand. */
  attendedAt: Date | null
  methods: readonly string[]
}

const older = (at: Date, count: number | null, now: Date): boolean =>
  count !== null && now.getTime() - at.getTime() > minutes(count)

/** Whether the session is over in this organisation. It may live elsewhere. */
export const isOver = (rules: SignInRules | null, { signedInAt, attendedAt }: SessionStanding, now: Date): boolean =>
  rules !== null &&
  (older(signedInAt, rules.sessionMinutes, now) || (attendedAt !== null && older(attendedAt, rules.idleMinutes, now)))

/** Lists are short, few and asked at every request. */
const matchers = new Map<string, (address: string) => boolean>()
const matcherOf = (networks: readonly string[]) => {
  const name = networks.join(' ')
  const known = matchers.get(name)
  if (known) return known
  if (matchers.size >= 1_000) matchers.clear()
  const made = networksIn(networks)
  matchers.set(name, made)
  return made
}
export const isInside = (networks: readonly string[], address: string): boolean =>
  networks.length === 0 || matcherOf(networks)(address)

const accepts = ({ methods }: SignInRules, { methods: shown, orgId }: SessionStanding): boolean =>
  methods.some((method) => shown.includes(method === 'sso' ? ssoOf(orgId) : method))

/** Why the session may do next to nothing here, until that is put right; null: it may. */
export const heldBackBy = (rules: SignInRules | null, standing: SessionStanding, now: Date): HeldBack | null => {
  if (rules && !isInside(rules.networks, standing.address)) return 'network'
  if (standing.attendedAt === null || (rules && older(standing.attendedAt, rules.lockMinutes, now))) return 'locked'
  return rules && !accepts(rules, standing) ? 'method' : null
}

export const nextWhenHeldBack = {
  network: 'use_other_network',
  locked: 'unlock',
  method: 'use_other_method',
} as const satisfies Record<HeldBack, z.infer<typeof SessionNext>>

/** Whether anybody needs to know when a person was last at it. */
export const countsAttendance = (rules: SignInRules | null): boolean =>
  rules !== null && (rules.idleMinutes !== null || rules.lockMinutes !== null)
