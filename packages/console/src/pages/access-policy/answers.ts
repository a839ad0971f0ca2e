import { accessPolicy, grant } from '@holdfast/contract'

/** The answers that a change of an access policy makes old. */
export const policyAnswers = [
  accessPolicy.list,
  accessPolicy.read,
  accessPolicy.wouldEnd,
  grant.options,
  grant.databaseOptions,
  grant.list,
  grant.read,
]

export const gone = {
  access_policy_not_found: 'There is no such access policy.',
  access_policy_retired: 'It is retired already.',
}
export const refused = {
  network_invalid: 'One of the networks is none. Write them as 10.0.0.0/8.',
  host_not_found: 'One of the servers does not exist any more.',
  database_not_found: 'One of the databases does not exist any more.',
  kind_mismatch: 'Rules for servers name servers only, rules for databases neither servers, networks nor forwarding.',
  member_not_found: 'One of the people is not a member any more.',
  service_account_not_found: 'One of the service accounts is disabled or does not exist. Take it out.',
  not_a_bastion: 'What is to record is no bastion, or retired.',
  recording_forbids_extensions: 'What is forwarded cannot be recorded: take away what may be asked for beyond a terminal.',
}
