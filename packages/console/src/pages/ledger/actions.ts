import { allOperations, furtherActions } from '@holdfast/contract'

const recorded: string[] = [
  ...allOperations.flatMap((operation) => (operation.kind === 'command' ? [operation.audit.action] : [])),
  ...Object.keys(furtherActions),
]
/** Every action there is, and the beginnings that stand for all of a noun. */
export const actions = [
  ...new Set([...recorded.map((action) => `${action.slice(0, action.indexOf('.'))}.`), ...recorded]),
].toSorted()
