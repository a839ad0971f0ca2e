import { z } from 'zod'
import { OrgId, PersonId } from './ids.ts'
import { capability, command, query } from './operation.ts'

/** What signs somebody in by itself. */
export const signInMethods = ['password', 'passkey', 'sso'] as const
export const SignInMethod = z.enum(signInMethods)
export type SignInMethod = z.infer<typeof SignInMethod>

/** `192.0.2.0/24`, `2001:db8::/32`; an address alone is a network of one. */
export const Network = z.union([z.cidrv4(), z.cidrv6(), z.ipv4(), z.ipv6()]).describe('such as 192.0.2.0/24 or 2001:db8::/32')

/** The bounds of the installation: no organisation can be laxer. */
export const signInBounds = {
  sessionMinutes: { least: 15, most: 43_200 },
  idleMinutes: { least: 15, most: 10_080 },
  lockMinutes: { least: 5, most: 720 },
} as const

const within = ({ least, most }: { least: number; most: number }) => z.number().int().min(least).max(most).nullable()
const unique = (list: readonly unknown[]): boolean => new Set(list).size === list.length

const fields = {
  requireMfa: z.boolean().describe('every member needs a second factor, not only Owner and Admin'),
  sessionMinutes: within(signInBounds.sessionMinutes).describe('how long after a sign-in its session ends; null: 30 days'),
  idleMinutes: within(signInBounds.idleMinutes).describe('a session that nobody is at for so long ends; null: 7 days'),
  lockMinutes: within(signInBounds.lockMinutes).describe(
    'a session that nobody is at for so long asks for a proof; null: it does not',
  ),
  networks: z
    .array(Network)
    .max(50)
    .refine(unique, 'a network twice')
    .describe('from where people and API keys may come; empty: from anywhere'),
  methods: z
    .array(SignInMethod)
    .min(1)
    .max(3)
    .refine(unique, 'a method twice')
    // The strongest there is, and the way in when a provider of single sign-on is down.
    .refine((list) => list.includes('passkey'), 'a passkey is always accepted')
    .describe('by what people may sign in; a passkey always'),
}

export const SignInPolicy = z.object({
  ...fields,
  networks: z.array(z.string()).max(50),
})
export type SignInPolicy = z.infer<typeof SignInPolicy>

const Change = z.object({
  requireMfa: fields.requireMfa.optional(),
  sessionMinutes: fields.sessionMinutes.optional(),
  idleMinutes: fields.idleMinutes.optional(),
  lockMinutes: fields.lockMinutes.optional(),
  networks: fields.networks.optional(),
  methods: fields.methods.optional(),
})

/** How many, and the first of them. */
const People = z.object({ count: z.number().int(), first: z.array(PersonId).max(10) })

/** What an organisation asks of those who sign in to it. It binds there and nowhere else. */
export const signInPolicy = capability('signInPolicy', {
  read: query({
    path: '/sign-in-policy',
    summary: 'What this organisation asks of those who sign in',
    permission: 'organisation:read',
    input: z.object({}),
    output: SignInPolicy,
  }),
  preview: query({
    path: '/sign-in-policy/preview',
    summary: 'Whom a change would touch, before it is made',
    permission: 'organisation:write',
    secretInput: true,
    input: Change,
    output: z.object({
      locksYouOut: z.string().nullable().describe('why you could not go on yourself, and what to do; null: you could'),
      withoutFactor: People.describe('members who must enrol a second factor at their next request'),
      withoutPasskey: People.describe('members who have no passkey, where nothing else would be allowed but single sign-on'),
      signedInTooLong: People.describe('people whose session would be over'),
      outside: People.describe('people whose session was begun outside the networks, of the last 200 sessions'),
      apiKeys: z.number().int().describe('API keys that would work only from inside the networks'),
    }),
  }),
  set: command({
    path: '/sign-in-policy',
    summary: 'Change what this organisation asks of those who sign in; it holds at once, for sessions that live too',
    permission: 'organisation:write',
    sessionOnly: true,
    stepUp: true,
    input: Change,
    output: SignInPolicy.extend({ id: OrgId }),
    errors: { locks_you_out: 409 },
    audit: { action: 'organisation.sign_in_policy_changed', target: (_, { id }) => id },
  }),
})
