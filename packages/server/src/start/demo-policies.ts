/** The policies of the example organisation: short, but ones that could be lived by. */
export const demoPolicies = [
  {
    title: 'Access control',
    promises: ['C1', 'C2', 'C4'],
    until: 'published',
    content: `# Access control

People get the least right that lets them do their work, and keep it only as long.

- Every account belongs to one person. Shared accounts are not used.
- Owners and Admins sign in with a second factor.
- An Admin reviews all roles each quarter and removes what is not needed.
- Whoever leaves is removed on the same day.
`,
  },
  {
    title: 'Encryption and keys',
    promises: ['D1', 'D2', 'D3'],
    until: 'published',
    content: `# Encryption and keys

- Data travels over TLS 1.2 or 1.3 only.
- Sensitive fields and files are sealed with AES-256 before they are stored.
- Master keys live on the key server and never leave it.
- Every key has an owner and an age, and is rotated before its time.
`,
  },
  {
    title: 'Audit ledger',
    promises: ['L1', 'L2', 'L3', 'D9'],
    until: 'published',
    content: `# Audit ledger

Every change is recorded with who, what, when, before and after. Entries are chained; checkpoints are kept outside.
Anybody in the organisation may verify the chain at any time, and a finding is an incident.
`,
  },
  {
    title: 'Acceptable use',
    promises: ['H2'],
    until: 'in_review',
    content: `# Acceptable use

Company devices are locked when left. Customer data stays on company systems. Lost devices are reported within the hour.
`,
  },
  {
    title: 'Incident response',
    promises: ['O2', 'O3'],
    until: 'draft',
    content: `# Incident response

Whoever notices something says so at once; nobody is blamed for a false alarm. The person on call leads until somebody takes over.
`,
  },
] as const
