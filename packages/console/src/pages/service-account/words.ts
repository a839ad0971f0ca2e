/** A sentence for each refusal about a service account. */
export const accountSentences = {
  account_not_found: 'There is no such service account.',
  account_disabled: 'The account is disabled for good. Create another in its place.',
  role_too_strong: 'An account is always weaker than whoever makes, changes or sees the secret of it. Choose a weaker role.',
  name_taken: 'Another service account is called that. Choose another name.',
  member_not_found: 'That person is no member any more. Choose somebody else.',
  not_yours: 'Only whoever answers for the account, or an Owner or Admin, may do that.',
} as const
