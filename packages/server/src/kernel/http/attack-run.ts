import { allOperations, type Operation } from '@holdfast/contract'
import record from './attack-run.json' with { type: 'json' }

/** What the last clean runs of `npm run attack -- --record` went over. */
export interface AttackRun {
  /** Each tool's version, and the day (ISO 8601) of its last clean run. */
  tools: Record<string, { version: string; ranOn: string }>
  /** The operations that sqlmap went over, with the fields of their input then. */
  operations: Record<string, string>
}

export const lastAttackRun: AttackRun = record

/** `bad-input` is our own sweep, packages/server/test/http. */
export const attackTools = ['testssl', 'sqlmap', 'wapiti', 'slowhttptest', 'bad-input'] as const

/** Whatever is older says nothing of what runs now. */
export const attackRunDays = 90

const fieldsOf = ({ input }: Operation): string =>
  Object.keys(input.shape)
    .toSorted((a, b) => (a < b ? -1 : 1))
    .join(' ')

/** The operations that take input, as a run records them. */
export const attackSurface = (): Record<string, string> =>
  Object.fromEntries(allOperations.filter((one) => fieldsOf(one) !== '').map((one) => [one.name, fieldsOf(one)]))

/** The operations that came or changed since sqlmap went over them. */
export const unattacked = ({ operations }: AttackRun): string[] =>
  Object.entries(attackSurface()).flatMap(([name, fields]) => (operations[name] === fields ? [] : [name]))

/** Why the runs prove nothing of the operations there are now; null when they do. */
export const attackRunGap = (run: AttackRun, now: Date): string | null => {
  const { tools } = run
  const isYoung = (ranOn: string | undefined): boolean =>
    ranOn !== undefined && now.getTime() - Date.parse(ranOn) <= attackRunDays * 86_400_000
  const missing = attackTools.filter((tool) => !isYoung(tools[tool]?.ranOn))
  if (missing.length > 0) return `no clean run of ${missing.join(', ')} in the last ${attackRunDays} days is on record`
  const names = unattacked(run)
  if (names.length === 0) return null
  return `${names.length} operations changed or came after the last run of sqlmap: ${names.slice(0, 5).join(', ')}${names.length > 5 ? ' …' : ''}`
}
