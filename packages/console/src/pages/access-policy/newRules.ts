import type { accessPolicy, ParsedInputOf } from '@holdfast/contract'
import type { Policy } from '../accessRules.ts'

/** What the form holds: all rules, spelled out. */
export type Rules = ParsedInputOf<typeof accessPolicy.create>

/** The gentlest start: one hour, one approval, a reason. */
export const newRules: Rules = {
  name: '',
  kind: 'host',
  selects: { hostIds: [], databaseIds: [], environments: [], labels: [] },
  logins: [],
  requesters: { roles: ['owner', 'admin', 'reviewer', 'member'], personIds: [], serviceAccountIds: [] },
  approvers: { roles: ['owner', 'admin', 'reviewer'], personIds: [] },
  approvals: 1,
  maxSeconds: 3600,
  reasonRequired: true,
  ticketPattern: null,
  sourceNetworks: [],
  hours: null,
  extensions: [],
  apiKeysMayAsk: false,
  bastionId: null,
}

/** For the other kind: what belongs to the first does not stay. */
export const forKind = (rules: Rules, kind: Rules['kind']): Rules => ({
  ...{ ...rules, kind, logins: [], extensions: [], sourceNetworks: [], bastionId: null },
  selects: { ...rules.selects, hostIds: [], databaseIds: [] },
})

/** The rules that a policy has now, without what the server adds to them. */
export const rulesOf = (policy: Policy): Rules => {
  const { name, kind, selects, logins, requesters, approvers, approvals, maxSeconds, reasonRequired } = policy
  const { ticketPattern, sourceNetworks, hours, extensions, apiKeysMayAsk, bastionId } = policy
  return {
    ...{ name, kind, selects, logins, requesters, approvers, approvals, maxSeconds, reasonRequired },
    ...{ ticketPattern, sourceNetworks, hours, extensions, apiKeysMayAsk, bastionId },
  }
}
