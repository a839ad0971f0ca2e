import { furtherActions } from './further-actions.ts'
import type { Command, Operation } from './operation.ts'
import { allOperations } from './operations.ts'
import { isOperatorPermission, roles, rolesWith } from './roles.ts'

const fieldMark = '\u0000'

/** Stands in for an input or output and answers each field with its own name, so that `target` tells which one it takes. */
const probe = (side: string): unknown => new Proxy({}, { get: (_, field) => `${fieldMark}\`${String(field)}\` of the ${side}` })

/** What the entry names as its target: a field of the input or output, or a fixed word. */
export const targetOf = (operation: Command): string => {
  const target = operation.audit.target(probe('input') as never, probe('output') as never)
  return target.startsWith(fieldMark) ? target.slice(fieldMark.length) : `always \`${target}\``
}

const whoOf = (operation: Operation): string => {
  if (operation.permission === 'public') return 'anybody'
  if (operation.permission === 'self') return 'any member, for themselves'
  if (operation.permission === 'agent') return 'the agent of a host, for that host'
  const holders = rolesWith(operation.permission)
  const held = holders.length === roles.length ? 'any member' : holders.join(', ')
  return isOperatorPermission(operation.permission) ? `${held} of the operator` : held
}

const header = `# Audit events

Derived from packages/contract; do not edit. Every command writes exactly one of these entries into the ledger (where it says *if
anything changed*, none when no row of evidence did), in the transaction of the change itself, with who, when, the target, and each changed row before and after. The outcome of an entry tells whether the command
succeeded, was denied or failed.

| action | operation | who may cause it | target |
| --- | --- | --- | --- |
`

const furtherHeader = `
## Further entries

What jobs of the platform write, and what an operation writes beside its own entry or instead of it.

| action | who writes it | when | target |
| --- | --- | --- | --- |
`

/** The text of `audit-events.md`, sorted by action. */
export const auditEvents = (operations: readonly Operation[] = allOperations): string => {
  const rows = operations
    .filter((operation) => operation.kind === 'command')
    .map(
      (operation) =>
        `| \`${operation.audit.action}\` | \`${operation.name}\`${operation.audit.onlyIfChanged ? ', if anything changed' : ''} | ${whoOf(operation)} | ${targetOf(operation)} |`,
    )
  const further = Object.entries(furtherActions).map(
    ([action, { by, when, target }]) => `| \`${action}\` | ${by} | ${when} | ${target} |`,
  )
  return `${header}${rows.toSorted().join('\n')}\n${furtherHeader}${further.toSorted().join('\n')}\n`
}
