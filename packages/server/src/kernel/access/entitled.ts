import { BlockList, isIPv4 } from 'node:net'
import { rolesWith, type AccessPolicy, type Role } from '@holdfast/contract'
import type { z } from 'zod'

export type Rules = Omit<z.infer<typeof AccessPolicy>, 'createdBy' | 'createdAt' | 'changedBy' | 'changedAt'>

/** A server or a database, as rules see it. */
export interface TargetFacts {
  kind: Rules['kind']
  id: string
  environment: string
  labels: readonly string[]
}

/** Named by its id; or in one of the environments and with all of the labels. What names neither selects nothing. */
export const selects = (
  { hostIds, databaseIds, environments, labels }: Rules['selects'],
  host: Omit<TargetFacts, 'kind'>,
): boolean => {
  if ([...hostIds, ...databaseIds].some((id) => id === host.id)) return true
  if (environments.length + labels.length === 0) return false
  return (
    (environments.length === 0 || environments.includes(host.environment)) && labels.every((label) => host.labels.includes(label))
  )
}

/** A rule for servers says nothing of databases, even of the same environment; and a bastion does not record what goes on on itself. */
export const covers = (rules: Pick<Rules, 'kind' | 'selects' | 'bastionId'>, target: TargetFacts): boolean =>
  rules.kind === target.kind && selects(rules.selects, target) && rules.bastionId !== target.id

export interface Somebody {
  personId: string
  /** Null for who is no member (any more). */
  role: Role | null
}
/** A service account, by one of its keys. */
export interface Machine {
  serviceAccountId: string
  /** What it may do by that key; null when it may do nothing (any more). */
  role: Role | null
}
export type Asker = Somebody | Machine

export const idOf = (who: Asker): string => ('personId' in who ? who.personId : who.serviceAccountId)

const isAmong = ({ roles, personIds }: Rules['approvers'], { personId, role }: Somebody): boolean =>
  role !== null && (roles.includes(role) || (personIds as readonly string[]).includes(personId))

/** A person by name or by role; a service account by name. */
export const isNamed = (requesters: Rules['requesters'], who: Somebody | Pick<Machine, 'serviceAccountId'>): boolean =>
  'personId' in who
    ? isAmong(requesters, who)
    : (requesters.serviceAccountIds as readonly string[]).includes(who.serviceAccountId)

/** Both must hold: the role may do such a thing at all, and the policy names the person, or the service account itself: a role never means that. */
export const mayAsk = (rules: Pick<Rules, 'requesters' | 'state'>, who: Asker): boolean =>
  rules.state === 'active' &&
  who.role !== null &&
  rolesWith('access:request').includes(who.role) &&
  isNamed(rules.requesters, who)
export const mayDecide = (rules: Pick<Rules, 'approvers'>, who: Somebody): boolean =>
  who.role !== null && rolesWith('access:approve').includes(who.role) && isAmong(rules.approvers, who)

/** Whether every address of `inner` is in one of `outer`; canonical CIDR. */
export const networkWithin = (inner: string, outer: readonly string[]): boolean => {
  const [address = '', bits = ''] = inner.split('/')
  const family = isIPv4(address) ? 'ipv4' : 'ipv6'
  return outer.some((network) => {
    const [base = '', width = ''] = network.split('/')
    if (isIPv4(base) !== (family === 'ipv4') || Number(width) > Number(bits)) return false
    const list = new BlockList()
    list.addSubnet(base, Number(width), family)
    return list.check(address, family)
  })
}

const local = (timeZone: string, at: Date): { weekday: number; minute: number } => {
  const format = new Intl.DateTimeFormat('en-GB', {
    timeZone,
    weekday: 'short',
    hour: '2-digit',
    minute: '2-digit',
    hourCycle: 'h23',
  })
  const part = Object.fromEntries(format.formatToParts(at).map(({ type, value }) => [type, value]))
  const weekday = ['Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat', 'Sun'].indexOf(part['weekday'] ?? '') + 1
  return { weekday, minute: Number(part['hour']) * 60 + Number(part['minute']) }
}
const minuteOf = (time: string): number => Number(time.slice(0, 2)) * 60 + Number(time.slice(3))

/** When the hours that a moment is in are over; null outside them. A day on which the clocks change is as long as it is. */
export const closingOf = (hours: NonNullable<Rules['hours']>, at: Date): Date | null => {
  const { weekday, minute } = local(hours.timeZone, at)
  const [from, to] = [minuteOf(hours.from), minuteOf(hours.to)]
  if (!hours.weekdays.includes(weekday) || minute < from || minute >= to) return null
  const startOfMinute = Math.floor(at.getTime() / 60_000) * 60_000
  const guess = new Date(startOfMinute + (to - minute) * 60_000)
  return new Date(guess.getTime() + (to - local(hours.timeZone, guess).minute) * 60_000)
}
