import { obligations, policy } from '@holdfast/contract'

/** The answers that a change to a policy makes old; the deadlines are the clock's. */
export const policyAnswers = [
  ...[policy.read, policy.list, policy.content, policy.diff, policy.acknowledgements],
  ...[obligations.mine, obligations.list, obligations.read],
]
