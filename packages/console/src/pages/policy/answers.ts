import { ledger, policy } from '@holdfast/contract'

/** The answers that a change to a policy makes old; the timeline is the ledger's. */
export const policyAnswers = [policy.read, policy.list, policy.content, policy.diff, policy.acknowledgements, ledger.list]
