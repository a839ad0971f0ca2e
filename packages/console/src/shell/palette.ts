import type { Permission } from '@holdfast/contract'

interface PaletteAction {
  to: string
  title: string
  words: string
  permission: Permission
}

/** What can be begun from anywhere; the page opens its dialog when the URL says `do=`. */
export const paletteActions: readonly PaletteAction[] = [
  { to: '/members?do=invite', title: 'Invite somebody', words: 'member add people', permission: 'member:invite' },
  { to: '/access?do=request', title: 'Ask for access to a server', words: 'ssh login grant', permission: 'access:request' },
  { to: '/access?whose=all&state=approved', title: 'Who has access now', words: 'grants revoke', permission: 'access:oversee' },
  { to: '/servers?do=register', title: 'Register a server', words: 'host enrol agent', permission: 'host:manage' },
  { to: '/access/policies/new', title: 'Write an access policy', words: 'who may ask', permission: 'access:manage' },
  {
    to: '/service-accounts?do=create',
    title: 'Create a service account',
    words: 'machine robot program',
    permission: 'service-account:manage',
  },
  { to: '/api-keys?do=create', title: 'Create an API key', words: 'token cli', permission: 'key:own' },
  { to: '/policies/new', title: 'Write a policy', words: 'document new', permission: 'policy:write' },
  { to: '/policies?due=me', title: 'Policies to acknowledge', words: 'read sign', permission: 'policy:acknowledge' },
  { to: '/ledger/verify', title: 'Verify the ledger', words: 'chain tampering', permission: 'ledger:verify' },
  { to: '/ledger/witnesses', title: 'Checkpoints and witnesses', words: 'outside', permission: 'ledger:verify' },
  { to: '/settings/account?do=password', title: 'Change your password', words: 'account security', permission: 'self' },
  {
    to: '/settings/account?do=factor',
    title: 'Add a second factor',
    words: 'passkey webauthn totp mfa authenticator app',
    permission: 'self',
  },
  { to: '/operator/secrets', title: 'Rotate a secret', words: 'keys passwords', permission: 'operator:keys' },
]

/** The record that an id or an entry's number names. */
export const recordAt = (query: string): { to: string; title: string } | null => {
  const text = query.trim()
  const seq = /^#?(\d{1,12})$/.exec(text)?.[1]
  if (seq !== undefined) return { to: `/ledger/${seq}`, title: `Ledger entry #${seq}` }
  const prefix = /^([a-z]{2})_[0-9a-hjkmnp-tv-z]{26}$/.exec(text)?.[1]
  if (prefix === 'po') return { to: `/policies/${text}`, title: 'This policy' }
  if (prefix === 'gr') return { to: `/access/grants/${text}`, title: 'This grant' }
  if (prefix === 'ho') return { to: `/servers/${text}`, title: 'This server' }
  if (prefix === 'ap') return { to: `/access/policies/${text}`, title: 'This access policy' }
  if (prefix !== undefined) return { to: `/ledger?target=${text}`, title: 'What happened to this' }
  return null
}
