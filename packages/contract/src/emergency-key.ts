import { z } from 'zod'
import { EmergencyKeyId, Instant, page, pageOf, PersonId, text } from './ids.ts'
import { hours, days, obligation } from './obligation.ts'
import { capability, command, query } from './operation.ts'

export const emergencyKeyCheck = obligation({
  name: 'emergency-key.check',
  title: 'Try an emergency key, or end its record',
  about: 'emergency_key',
  page: '/access/break-glass?of=:subject',
  promise: 'C1',
  owedBy: 'role', // Owner
  within: 'as opened',
  warn: [days(14), days(3)],
  escalate: [{ after: hours(0), to: 'owner' }],
})

/** `authority`: the private key that signs certificates for the emergency account; `certificate`: a key with such a certificate. */
export const EmergencyKeyKind = z.enum(['authority', 'certificate'])
export type EmergencyKeyKind = z.infer<typeof EmergencyKeyKind>

/** What ending a record cannot do: nothing of the key is here. */
export const destroyByHand: Record<EmergencyKeyKind, readonly string[]> = {
  authority: [
    'Destroy the private key of the authority, and every copy of it.',
    'On every server with an emergency account, add its public key as a line to /etc/holdfast/break_glass.krl: every certificate that it signed is refused from then on.',
    'Make another authority, and put its public key into /etc/holdfast/break_glass_ca.pub there, before you need it.',
  ],
  certificate: [
    'Destroy the private key and its certificate, and every copy of them.',
    'On every server with an emergency account, add the public key as a line to /etc/holdfast/break_glass.krl: it is refused from then on, whoever has a copy.',
  ],
}

export const EmergencyKey = z.object({
  id: EmergencyKeyId,
  kind: EmergencyKeyKind,
  personId: PersonId.describe('who holds it'),
  holderGone: z.boolean().describe('they are no member any more'),
  fingerprint: z.string(),
  keptAt: z.string().describe('where it is kept'),
  since: Instant,
  until: Instant.describe('by then it is tried, or the record ended'),
  triedAt: Instant.nullable(),
  registeredBy: PersonId,
  endedAt: Instant.nullable(),
  endedBy: PersonId.nullable(),
})

const byId = z.object({ id: EmergencyKeyId })
const keptAt = text(1, 300).describe('where it is kept: a safe, a token, a sealed envelope')
const until = Instant.describe('at most 400 days from now')
const shared = { permission: 'access:manage', stepUp: true } as const
const found = { key_not_found: 404, key_ended: 409 } as const

/** Who holds a key that opens servers when nothing else does (C1). Keys are made and held offline, so the record is by hand. */
export const emergencyKey = capability('emergencyKey', {
  list: query({
    path: '/emergency-keys',
    summary: 'Who holds emergency keys of servers, where, and since when; newest first',
    permission: 'access:oversee',
    input: z.object({ ...page, ended: z.stringbool().default(false).describe('also those whose record was ended') }),
    output: pageOf(EmergencyKey),
  }),
  register: command({
    ...shared,
    path: '/emergency-keys',
    summary: 'Record who holds an emergency key, where it is kept, and until when it is to be tried',
    input: z.object({
      personId: PersonId,
      kind: EmergencyKeyKind,
      fingerprint: z
        .string()
        .regex(/^SHA256:[A-Za-z0-9+/]{43}$/, 'as `ssh-keygen -lf key.pub` shows it: SHA256:…')
        .describe('of the public key, as ssh-keygen -lf shows it'),
      keptAt,
      since: Instant.optional().describe('when they got it; not given: now'),
      until,
    }),
    output: EmergencyKey,
    errors: { member_not_found: 422, dates_wrong: 422, key_known: 409, too_many_keys: 409 },
    opens: [emergencyKeyCheck],
    audit: { action: 'emergency_key.registered', target: (_, { id }) => id },
  }),
  confirm: command({
    ...shared,
    path: '/emergency-keys/:id/confirm',
    summary: 'Say that the key was tried and is where it is said to be, and until when that is enough',
    input: byId.extend({ keptAt: keptAt.optional(), until }),
    output: EmergencyKey,
    errors: { ...found, dates_wrong: 422 },
    opens: [emergencyKeyCheck],
    meets: [emergencyKeyCheck],
    audit: { action: 'emergency_key.confirmed', target: ({ id }) => id },
  }),
  end: command({
    ...shared,
    path: '/emergency-keys/:id/end',
    summary: 'End the record of an emergency key; the key itself is destroyed by hand, and the answer says how',
    input: byId.extend({ reason: text(3, 500) }),
    output: EmergencyKey.extend({ byHand: z.array(z.string()).max(5).describe('what is left to do, outside') }),
    errors: found,
    withdraws: [emergencyKeyCheck],
    audit: { action: 'emergency_key.ended', target: ({ id }) => id },
  }),
})
