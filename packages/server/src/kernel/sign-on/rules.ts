/** What is known of whom a provider asserts, inside the organisation of its connection. */
export interface Standing {
  /** Somebody signed in by this connection as this subject before. */
  identity: { member: boolean; active: boolean; sameFormat: boolean } | null
  /** The provider gave an address, and vouches for it. */
  email: 'none' | 'unverified' | 'verified'
  /** The address is in a domain that this organisation has proved. */
  proved: boolean
  /** Somebody has that address already. */
  known: { member: boolean; active: boolean; linked: boolean } | null
  /** The organisation's directory knows the address, and has switched its holder off. */
  switchedOff: boolean
  /** The connection lets people in whom nobody invited. */
  letsIn: boolean
}

/** Whether a subject is of the kind it was before; `before` is null where that was never heard. */
export const isSameFormat = (before: string | null, now: string | null): boolean => before === null || before === now

export const refusals = {
  other_format:
    'The provider names this person by another Name ID format than before. Set it back there; where the change is meant, add another connection, by which everybody is recognised anew.',
  not_a_member: 'This account belongs to nobody in the organisation any more. An Owner or Admin can invite them.',
  suspended: 'The account is suspended.',
  no_email: 'The provider gave no e-mail address, which is needed the first time.',
  email_unverified: 'The provider does not vouch for the e-mail address, which is needed the first time.',
  foreign_domain: 'The e-mail address is in no domain that the organisation has proved.',
  linked_otherwise:
    'Somebody else signs in with that e-mail address. An address that was given to another person brings them nothing.',
  switched_off: 'The organisation’s directory has switched this person off.',
  not_invited: 'Nobody invited this person, and the connection lets in no one else.',
} as const
export type Refusal = keyof typeof refusals

/**
 * Who it is: whom we know by this subject; else, once, by an address that the provider vouches for, in a domain of this very organisation, a member
 * of it; else somebody new, where the connection lets them in. The address decides nothing after that.
 */
export const verdictOf = ({
  identity,
  email,
  proved,
  known,
  switchedOff,
  letsIn,
}: Standing): 'identity' | 'link' | 'create' | Refusal => {
  if (identity) {
    // The same text of another kind may well be somebody else.
    if (!identity.sameFormat) return 'other_format'
    if (!identity.active) return 'suspended'
    return identity.member ? 'identity' : 'not_a_member'
  }
  if (email === 'none') return 'no_email'
  if (email === 'unverified') return 'email_unverified'
  if (!proved) return 'foreign_domain'
  if (known?.linked) return 'linked_otherwise'
  if (known && !known.active) return 'suspended'
  // Whose account it is elsewhere, they decide themselves whether it joins: by accepting an invitation.
  if (known) return known.member ? 'link' : 'not_invited'
  if (switchedOff) return 'switched_off'
  return letsIn ? 'create' : 'not_invited'
}
