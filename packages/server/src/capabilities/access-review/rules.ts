import { createHash } from 'node:crypto'
import type { Place } from '../../kernel/vault.ts'
import { proposals, type ReviewedKind, type Proposal, type ReviewReason, type Role } from '@holdfast/contract'

/** One way in, as it stands: what a snapshot keeps of it and what the rules judge. */
export interface Access {
  kind: ReviewedKind
  /** The id of what gives it. */
  ref: string
  label: string
  detail: string
  /** Who holds it, or answers for it. */
  personId: string | null
  role: Role | null
  since: Date
  lastUsedAt: Date | null
  expiresAt: Date | null
  /** What a decision is about, beside kind, holder, role and expiry: what it opens. Use is not among it. */
  terms: readonly unknown[]
  secondFactor: boolean | null
  /** Whoever holds it or answers for it is no member. */
  holderGone: boolean
  /** Of whom it is, where that is nobody here yet: their address, sealed. */
  address?: { place: Place; sealed: Buffer }
  /** Whoever invited them may invite nobody any more. */
  inviterGone?: boolean
  /** A group that nobody is in. */
  empty?: boolean
}

export interface Proposed {
  proposal: Proposal
  reasons: ReviewReason[]
  proposedRole: Role | null
}

const days = (count: number): number => count * 86_400_000
/** What was only just given has had no time to be used. */
export const graceMs = days(14)
export const unusedMs = days(90)
export const managerUnusedMs = days(30)
/** An invitation lives for a week, and is sent anew in a moment. */
export const invitationWaitingMs = days(3)

const weightOf: Record<ReviewReason, Proposal> = {
  never_used: 'remove',
  unused_90_days: 'remove',
  manager_unused_30_days: 'lower',
  no_second_factor: 'attend',
  no_expiry: 'attend',
  holder_gone: 'attend',
  standing_access: 'attend',
  invitation_waiting: 'remove',
  inviter_gone: 'remove',
  nobody_in_it: 'remove',
  past_its_date: 'remove',
}
/** What an emergency key opens needs nobody's leave, so whoever left must not have it. */
const weightIn = (reason: ReviewReason, { kind }: Access): Proposal =>
  reason === 'holder_gone' && kind === 'emergency_key' ? 'remove' : weightOf[reason]
const strength = (proposal: Proposal): number => proposals.indexOf(proposal)

const isManager = ({ kind, role }: Access): boolean => kind === 'member' && (role === 'owner' || role === 'admin')
/** What is not used, or is there for a case that should never come: that it was not used says nothing. */
const useless: readonly ReviewedKind[] = ['break_glass', 'emergency_key', 'invitation', 'directory_group']

const unusedReason = (access: Access, now: Date): ReviewReason | null => {
  if (useless.includes(access.kind)) return null
  const { lastUsedAt, since } = access
  if (lastUsedAt === null) return now.getTime() - since.getTime() > graceMs ? 'never_used' : null
  const unused = now.getTime() - lastUsedAt.getTime()
  if (unused > unusedMs) return 'unused_90_days'
  return isManager(access) && unused > managerUnusedMs ? 'manager_unused_30_days' : null
}

const isKey = ({ kind }: Access): boolean => kind === 'api_key' || kind === 'service_key'

/** Of what does not end by itself. */
const isOver = ({ kind, expiresAt }: Access, now: Date): boolean =>
  kind === 'emergency_key' && expiresAt !== null && expiresAt <= now

/** What the rules propose, with every reason there is; the strongest decides. */
export const propose = (access: Access, now: Date): Proposed => {
  const unused = unusedReason(access, now)
  const age = now.getTime() - access.since.getTime()
  const reasons: ReviewReason[] = [
    ...(unused ? [unused] : []),
    ...(access.holderGone ? (['holder_gone'] as const) : []),
    ...(access.secondFactor === false ? (['no_second_factor'] as const) : []),
    ...(isKey(access) && access.expiresAt === null ? (['no_expiry'] as const) : []),
    ...(access.kind === 'staff_policy' ? (['standing_access'] as const) : []),
    ...(access.kind === 'invitation' && age > invitationWaitingMs ? (['invitation_waiting'] as const) : []),
    ...(access.inviterGone ? (['inviter_gone'] as const) : []),
    ...(isOver(access, now) ? (['past_its_date'] as const) : []),
    ...(access.empty && age > graceMs ? (['nobody_in_it'] as const) : []),
  ]
  const proposal = reasons
    .map((reason) => weightIn(reason, access))
    .reduce((a, b) => (strength(a) >= strength(b) ? a : b), 'keep' as Proposal)
  return { proposal, reasons, proposedRole: proposal === 'lower' ? 'member' : null }
}

/** Kinds that have a role which can be another one. */
export const hasRole = (kind: ReviewedKind): boolean => kind === 'member' || kind === 'service_account'

/** Which of several goes first: what hangs on something else goes before it, or it would be gone when its turn comes. */
const order: readonly ReviewedKind[] = [
  ...(['server_grant', 'database_grant', 'access_rule', 'staff_policy', 'directory_token', 'break_glass'] as const),
  'emergency_key',
  ...(['invitation', 'directory_group', 'sso_connection'] as const),
  ...(['api_key', 'service_key', 'service_account', 'member'] as const),
]
export const inOrder = <T extends { kind: ReviewedKind }>(items: readonly T[]): T[] =>
  items.toSorted((a, b) => order.indexOf(a.kind) - order.indexOf(b.kind))

/** The decision that cannot be carried out for such an item, and what to do instead; null: it can. */
export const impossible = (kind: ReviewedKind, decision: 'keep' | 'change' | 'remove', role: Role | undefined): string | null => {
  if (decision === 'change' && !hasRole(kind)) return 'This has no role that could be changed: keep it or remove it.'
  if (decision === 'change' && role === undefined) return 'Say which role it should have.'
  if (decision === 'change' && kind === 'service_account' && role === 'owner') return 'A service account is never an Owner.'
  if (decision === 'remove' && kind === 'break_glass')
    return 'The emergency way in belongs to enforced single sign-on: name another Owner for it there, then look at this item anew.'
  return null
}

/**
 * A cell of a CSV file (RFC 4180), always quoted. What a spreadsheet would take for a formula is preceded by an apostrophe: a name may be an
 * attack on whoever opens the file.
 */
export const csvCell = (value: string): string => {
  const inert = /^\s*[=+\-@\t\r|%]/.test(value) ? `'${value}` : value
  return `"${inert.replaceAll('"', '""')}"`
}

/** SHA-256 over what a decision is about: another holder, role, expiry or reach makes another version, being used does not. */
export const versionOf = ({ kind, ref, personId, role, expiresAt, terms }: Access): string =>
  createHash('sha256')
    .update(JSON.stringify([kind, ref, personId, role, expiresAt, terms]))
    .digest('hex')
