import type { Operation } from './operation.ts'
import { allOperations } from './operations.ts'
import { isOperatorPermission, roles, rolesWith, type Role } from './roles.ts'

const mark = (operation: Operation, role: Role): string => {
  if (operation.permission === 'public' || operation.permission === 'self') return 'x'
  return rolesWith(operation.permission).includes(role) ? 'x' : '.'
}

/** What else must hold, beside the role. */
const conditions = (operation: Operation): string =>
  [
    operation.permission === 'public' && 'anybody, signed in or not',
    operation.permission === 'self' && 'own account only',
    operation.permission === 'agent' && 'the agent of a host, for that host',
    isOperatorPermission(operation.permission) && 'operator organisation only',
    operation.kind === 'command' && operation.entitlement && `plan with ${operation.entitlement}`,
    operation.stepUp && 'step-up',
    operation.sessionOnly && 'no API key',
    operation.service && 'service accounts only',
    operation.restricted && 'before the second factor',
  ]
    .filter(Boolean)
    .join(', ')

const header = `# Who may do what: every operation against the five roles. Derived from packages/contract; do not edit.
# x allowed, . refused.
#   step-up                   a session must have confirmed its second factor within five minutes
#   no API key                needs a signed-in person
#   plan with …               the organisation's plan must contain it
#   before the second factor  a session may call it that has not satisfied the second factor it needs
`

/** The text of `permissions.txt`: one line an operation in fixed columns, so that a change of a right is a change of one line. */
export const permissionMatrix = (operations: readonly Operation[] = allOperations): string => {
  const nameWidth = Math.max(...operations.map(({ name }) => name.length), 'operation'.length)
  const rightWidth = Math.max(...operations.map(({ permission }) => permission.length), 'permission'.length)
  const line = (name: string, right: string, cells: readonly string[], rest: string) =>
    [name.padEnd(nameWidth), right.padEnd(rightWidth), ...cells, rest].join('  ').trimEnd()
  const cellsOf = (operation: Operation) => roles.map((role) => mark(operation, role).padEnd(role.length))
  const lines = [line('operation', 'permission', roles, 'conditions')]
  let noun = ''
  for (const operation of operations) {
    const [next = ''] = operation.name.split('.')
    if (next !== noun) lines.push('')
    noun = next
    lines.push(line(operation.name, operation.permission, cellsOf(operation), conditions(operation)))
  }
  return `${header}\n${lines.join('\n')}\n`
}
