/** Sentences for the refusals of requests and grants; operations add or replace their own. */
export const found = { grant_not_found: 'There is no such grant, or it is not yours to see.' }

export const factor = {
  code_needed: 'Use a passkey, or enter a code from your authenticator app, for this.',
  passkey_refused: 'That passkey was not accepted. It confirms exactly what the form said, within five minutes: try again.',
  code_refused: 'That code was not accepted. Each works once: wait for the next one, or use a recovery code.',
  no_factor: 'You have no second factor yet. Add a passkey or an authenticator app under Account & security first.',
}

export const people = {
  not_entitled: 'No access policy lets you ask for this any more.',
  not_cleared: 'You are not cleared for this yet. What is missing:',
}

export const hosts = {
  host_not_found: 'That server does not exist.',
  host_not_enrolled: 'That server’s agent is not enrolled, so nobody can be let in.',
  host_clock_wrong:
    'The clock of that server is wrong, so that nobody could log in. Set it right first; that is known here within a minute.',
  database_not_found: 'That database does not exist.',
  database_retired: 'That database is retired.',
}

export const over = {
  grant_not_live: 'It is over already, or was never approved.',
  not_yours: 'Only its own person may do this.',
  policy_changed: 'The access policy was changed since it was asked for. It must be asked for anew.',
}

export const asking = {
  ...{ ...factor, ...people, ...hosts },
  login_not_allowed: 'The policy does not allow that login.',
  too_long: 'That is longer than the policy allows.',
  extension_not_allowed: 'The policy does not allow one of the extras.',
  network_invalid: 'One of the networks is none. Write them as 10.0.0.0/8.',
  network_not_allowed: 'One of the networks lies outside those of the policy.',
  reason_needed: 'The policy asks for a reason.',
  ticket_needed: 'The policy asks for a ticket of the form shown.',
  outside_hours: 'The policy gives access at certain hours only, and that time is outside them.',
  not_before_refused: 'The beginning must lie ahead, within 30 days.',
  target_needed: 'Choose one server or one database.',
  already_requested: 'You already have an open request or grant for this login on this server.',
}

export const deciding = {
  ...found,
  not_requested: 'It is not waiting for an answer any more: answered, taken back, or too old.',
  own_request: 'It is your own request. Nobody approves their own.',
  not_approver: 'The access policy does not name you as an approver.',
}

export const approving = {
  ...{ ...deciding, ...hosts, ...over },
  ...factor,
  not_entitled: 'Whoever asks may not have this any more.',
  not_cleared: 'Whoever asks, or answers for the service account that does, is not cleared. What is missing:',
  holds_secret: 'You answer for this service account, made it, or were shown a secret of it. Somebody else must approve.',
  request_changed: 'What you read is not what is stored. Reload, read again, and be suspicious.',
  already_approved: 'You approved it already. Somebody else must give the second approval.',
  outside_hours: 'The policy gives access at certain hours only. It is outside them now.',
  grant_not_live: 'The grant that it would extend is over.',
}
