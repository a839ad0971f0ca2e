import { z } from 'zod'

/** What agent and server say to each other: the `agent.*` operations of the contract, as this side reads them. */

const Instant = z.iso.datetime()
const Sequence = z.number().int().nonnegative()
/** A Unix login that has a principal. */
const Login = z.string().regex(/^[a-z_][a-z0-9_-]{0,31}$/)
const Name = z.string().regex(/^[A-Za-z0-9_-]{1,64}$/)

const Grant = z.object({
  id: Name,
  personId: Name,
  login: Login,
  startsAt: Instant,
  endsAt: Instant,
  extensions: z.array(z.string().max(100)).max(16),
})
export type Grant = z.infer<typeof Grant>

export const AgentState = z.object({
  /** Grows with every change that this host must hear of. */
  sequence: Sequence,
  /** The server's clock when it answered. */
  now: Instant,
  /** What only the key server can have written (`verifyBundle`), base64. */
  bundle: z.base64().max(45_000_000),
  principals: z.array(z.object({ login: Login, lines: z.array(z.string().max(500)).max(100) })).max(1000),
  /** All that run now. A session whose grant is not among them is ended. */
  grants: z.array(Grant).max(10_000),
  /** Of the last 24 hours, for the reasons. */
  ended: z.array(z.object({ grantId: Name, at: Instant, reason: z.string().max(100) })).max(10_000),
  settings: z.object({ staleAfterSeconds: z.number().int().positive(), whenStale: z.enum(['refuse', 'allow']) }),
  /** Another authority signs for hosts now. */
  hostCertificateDue: z.boolean().default(false),
})
export type AgentState = z.infer<typeof AgentState>

/** An event of the stream. An earlier server sends the number only. */
export const Change = z.object({
  sequence: Sequence,
  state: AgentState.optional(),
  /** Where nothing has changed for this host, it acknowledges at some moment within this time. */
  acknowledgeWithinMs: z.number().nonnegative().max(60_000).default(0),
})
export type Change = z.infer<typeof Change>

export const Enrolment = z.object({
  hostId: Name,
  orgId: Name,
  name: z.string().max(100),
  agentKey: z.string().min(1).max(500),
  /** Of a bastion: the account that its recorder runs under. */
  recorderLogin: Login.nullable().default(null),
  hostCertificate: z.string().max(10_000),
  /** Lines of the keys that sign bundles. */
  revocationAuthorities: z.array(z.string().max(10_000)).min(1).max(20),
  state: AgentState,
})
export type Enrolment = z.infer<typeof Enrolment>

export const RenewedCertificate = z.object({ hostCertificate: z.string().max(10_000) })

/** What a recorder needs to open the session on the server; each part may stand in a file of ssh. */
export const OpenedRecording = z.object({
  id: Name,
  certificate: z.string().regex(/^[\x20-\x7e]{1,10000}$/),
  login: Login,
  address: z.string().regex(/^[A-Za-z0-9.:-]{1,253}$/),
  port: z.number().int().min(1).max(65_535),
  hostKeyAlias: z.string().regex(/^[a-z0-9:_-]{1,200}$/),
  knownHosts: z
    .array(z.string().regex(/^@cert-authority [\x20-\x7e]{1,10000}$/))
    .min(1)
    .max(20),
})
export type OpenedRecording = z.infer<typeof OpenedRecording>

export interface RecordingFacts {
  grantId: string
  sessionId: string
  publicKey: string
  kind: 'terminal' | 'command' | 'transfer'
  command: string | null
  columns: number
  lines: number
}

export interface Chunk {
  index: number
  hash: string
  content: string
}

export interface RecordingEnd {
  chunks: number
  head: string
  outcome: 'complete' | 'cut_off'
  exitCode: number | null
}

/** What sshd honours beside our certificates, account by account: nothing is the rule. */
export interface Posture {
  at: string
  accounts: number
  ways: string[]
}

export interface Report {
  /** The newest state that is in force here: files written, sessions ended. */
  acknowledged: number
  agentVersion?: string
  sessions: { id: string; grantId: string; login: string; startedAt: string }[]
  ended: EndedSession[]
  refused: { at: string; login: string | null; keyId: string | null; reason: string }[]
  breakGlass: { at: string; from: string | null; keyId: string | null }[]
  posture?: Posture
  /** How far this host's wall clock is ahead of the server's. */
  clockSkewSeconds?: number
  /** This host was retired and nobody is in any more. */
  leaving?: boolean
}

export type EndReason = 'closed' | 'expired' | 'revoked' | 'refused' | 'unknown'

export interface EndedSession {
  id: string
  /** When the last process was dead. */
  at: string
  /** When this host heard that it is to end; for an expiry, the deadline; null when it ended by itself. */
  toldAt: string | null
  reason: EndReason
  /** Processes that were still there after everything was tried. */
  survivors: number
}
