import {
  entitlements,
  planNames,
  type grant,
  type obligations,
  type operator,
  type organisation,
  type OutputOf,
  type policy,
} from '@holdfast/contract'

/** One thing that waits for somebody, and the one button that helps. */
export interface DueItem {
  key: string
  what: string
  why: string
  /** RFC 3339 or a date; null when it has no deadline of its own. */
  dueAt: string | null
  to: string
  verb: string
  urgent?: boolean
}

type Obligations = OutputOf<typeof obligations.mine>['rows']
type Policies = OutputOf<typeof policy.list>['rows']
type Requests = OutputOf<typeof grant.list>['rows']
type Secrets = OutputOf<typeof operator.keys>['rows']
type Health = OutputOf<typeof operator.health>
type Organisation = OutputOf<typeof organisation.read>

const month = 30 * 86_400_000

/** What the reader or their role owes within a month. */
export const toDo = (rows: Obligations, now: number): DueItem[] =>
  rows
    .filter(({ state, dueAt }) => state === 'running' && Date.parse(dueAt) < now + month)
    .map(({ id, label, title, dueAt, page, late }) => ({
      key: id,
      what: label,
      why: `${title}.`,
      dueAt,
      to: page,
      verb: 'Do it',
      urgent: late,
    }))

/** What somebody else is late with. */
export const lateElsewhere = (rows: Obligations, personId: string): DueItem[] =>
  rows
    .filter((row) => row.personId !== personId)
    .map(({ id, label, title, dueAt }) => ({
      ...{
        key: id,
        what: label,
        why: `${title}: somebody is late with it.`,
        dueAt,
        to: `/due/${id}`,
        verb: 'Look',
        urgent: true,
      },
    }))

export const toApprove = (policies: Policies): DueItem[] =>
  policies.map(({ id, title, latestVersion }) => ({
    key: `approve-${id}`,
    what: title,
    why: `Version ${latestVersion ?? ''} waits for somebody other than its author to approve it.`,
    dueAt: null,
    to: `/policies/${id}`,
    verb: 'Review',
  }))

/** Requests for access that the reader may answer: somebody cannot work until they do. */
export const toAnswer = (rows: Requests): DueItem[] =>
  rows.map(({ id, login, targetName, reason, requestExpiresAt }) => ({
    key: id,
    what: `${login} on ${targetName}`,
    why: reason ? `Somebody asks for access: ${reason}` : 'Somebody asks for access.',
    dueAt: requestExpiresAt,
    to: `/access/grants/${id}`,
    verb: 'Decide',
  }))

export const secretsDue = (rows: Secrets, to: string): DueItem[] =>
  rows
    .filter(({ due }) => due)
    .map(({ name, ageDays, rotateEveryDays }) => ({
      key: `secret-${name}`,
      what: name,
      why: `It is ${ageDays} days old and should be replaced every ${rotateEveryDays}.`,
      dueAt: null,
      to,
      verb: 'Rotate',
    }))

/** For a month after a plan has ended: what is frozen by it. Later the pages concerned still say so. */
export const planEnded = ({ planBefore, planEndsAt, frozen }: Organisation, now: number): DueItem[] =>
  planBefore === null || planEndsAt === null || Date.parse(planEndsAt) + month < now
    ? []
    : [
        {
          key: 'plan-ended',
          what: `The plan ${planNames[planBefore]} has ended`,
          why: `Goes on as it is, and cannot be changed: ${frozen.map((entitlement) => entitlements[entitlement].title).join('; ')}.`,
          dueAt: null,
          to: '/settings/organisation',
          verb: 'Look',
        },
      ]

export const partsBroken = (health: Health): DueItem[] =>
  health.parts
    .filter(({ ok }) => !ok)
    .map(({ name, detail }) => ({
      key: `part-${name}`,
      what: `${name} is not well`,
      why: detail,
      dueAt: null,
      to: '/operator/health',
      verb: 'Look',
      urgent: true,
    }))

/** Few recovery codes left, or no second factor at all. */
export const ownSecurity = (person: { recoveryCodesLeft: number; hasFactor: boolean }): DueItem[] => {
  const base = { dueAt: null, to: '/settings/account' }
  if (!person.hasFactor)
    return [
      {
        ...base,
        key: 'no-factor',
        what: 'Add a second factor',
        why: 'Your account is protected by its password alone.',
        to: '/settings/account?do=factor',
        verb: 'Add',
      },
    ]
  if (person.recoveryCodesLeft > 3) return []
  const left =
    person.recoveryCodesLeft === 0
      ? 'You have no recovery codes left'
      : `Only ${person.recoveryCodesLeft} recovery codes are left`
  return [
    {
      ...base,
      key: 'codes',
      what: 'Renew your recovery codes',
      why: `${left}: without your phone you could be locked out.`,
      verb: 'Renew',
    },
  ]
}
