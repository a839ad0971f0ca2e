import { durationInWords, type Duration, type Obligation } from './obligation.ts'
import type { Command } from './operation.ts'
import { allOperations } from './operations.ts'

const commands = allOperations.filter((operation): operation is Command => operation.kind === 'command')
const kindsOf = ({ opens, meets, withdraws }: Command): Obligation[] => [...opens, ...meets, ...withdraws]

/** Every kind of deadline there is, by name: those that some operation opens, meets or withdraws. */
export const allObligations: readonly Obligation[] = [
  ...new Map(commands.flatMap(kindsOf).map((kind) => [kind.name, kind])).values(),
].toSorted((a, b) => (a.name < b.name ? -1 : 1))

export const obligationNamed = (name: string): Obligation | undefined => allObligations.find((kind) => kind.name === name)

const namesOf = (list: 'opens' | 'meets' | 'withdraws', kind: Obligation, operations: readonly Command[]): string =>
  operations
    .filter((operation) => operation[list].includes(kind))
    .map(({ name }) => `\`${name}\``)
    .join(', ')

const owed = { person: 'one person', each: 'each person', role: 'a role' }

const inWords = (after: Duration): string => (after.clock === 'elapsed' && after.ms === 0 ? 'at once' : durationInWords(after))

const header = `# Obligations

Derived from packages/contract; do not edit. Every deadline the system keeps: how long it runs, when it warns, whom it escalates to, which
operations start and end it. Warnings come before the deadline, escalations after it; each is an entry in the organisation's ledger
(\`obligation.warned\`, \`obligation.breached\`, \`obligation.escalated\`) and a mail to those answerable.

| obligation | to do | about | owed by | within | warned before | escalated after | opened by | met by | withdrawn by | promise |
| --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |
`

const rowOf = (kind: Obligation, operations: readonly Command[]): string => {
  const { name, title, about, owedBy, within, warn, escalate, openedBy, metBy, promise, firm } = kind
  const jobToo = (names: string, job: string | undefined): string =>
    [names, job === undefined ? '' : `job \`${job}\``].filter((text) => text !== '').join(', ')
  const cells = [
    ...[`\`${name}\``, title, about, owed[owedBy]],
    (within === 'as opened' ? within : durationInWords(within)) + (firm ? ', firm' : ''),
    warn.map(durationInWords).join(', '),
    escalate.map(({ after, to }) => `${inWords(after)}: ${to}`).join(', '),
    jobToo(namesOf('opens', kind, operations), openedBy),
    jobToo(namesOf('meets', kind, operations), metBy),
    ...[namesOf('withdraws', kind, operations), promise ?? ''],
  ]
  return `| ${cells.map((cell) => (cell === '' ? '–' : cell)).join(' | ')} |`
}

/** The text of `obligations.md`, sorted by name. */
export const obligationTable = (
  kinds: readonly Obligation[] = allObligations,
  operations: readonly Command[] = commands,
): string => `${header}${kinds.map((kind) => rowOf(kind, operations)).join('\n')}\n`
