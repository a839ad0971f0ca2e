import { z } from 'zod'
import { Email, Instant, page, pageOf, StaffGrantId } from './ids.ts'
import { capability, command, download, query } from './operation.ts'

export const LedgerEntry = z.object({
  seq: z.number().int(),
  at: Instant,
  hash: z.string(),
  prev: z.string(),
  action: z.string(),
  actor: z.object({ type: z.string(), id: z.string(), name: z.string().nullable() }),
  target: z.string(),
  outcome: z.string(),
  reason: z.string().nullable(),
})

/** One field of one row, before and after. A sealed value shows as "sealed"; who may read it sees it on its own page. */
export const LedgerChange = z.object({
  table: z.string(),
  key: z.string(),
  kind: z.enum(['insert', 'update', 'delete']),
  fields: z.array(z.object({ name: z.string(), before: z.string().nullable(), after: z.string().nullable() })).max(200),
})

export const CheckpointRow = z.object({
  size: z.number().int(),
  root: z.string(),
  at: Instant,
  note: z.string().describe('the signed note, as C2SP tlog-checkpoint'),
  witnesses: z
    .array(z.object({ kind: z.string(), target: z.string(), deliveredAt: Instant.nullable(), failure: z.string().nullable() }))
    .max(20),
})

export const WitnessId = z.string().regex(/^wi_[0-9a-hjkmnp-tv-z]{26}$/)
export const WitnessRow = z.object({
  id: WitnessId,
  kind: z.enum(['file', 'email', 'webhook']),
  target: z.string(),
  createdAt: Instant,
})

/** The hash-chained ledger (L1–L3). */
export const ledger = capability('ledger', {
  list: query({
    path: '/ledger',
    summary: 'The entries, newest first',
    permission: 'ledger:read',
    input: z.object({
      ...page,
      actor: z.string().max(60).optional(),
      action: z.string().max(60).optional().describe('an action, or its beginning such as "policy."'),
      target: z.string().max(60).optional(),
      from: Instant.optional(),
      to: Instant.optional(),
    }),
    output: pageOf(LedgerEntry),
  }),
  read: query({
    path: '/ledger/entries/:seq',
    summary: 'One entry with what changed',
    permission: 'ledger:read',
    input: z.object({ seq: z.coerce.number().int().min(0) }),
    output: LedgerEntry.extend({
      changes: z.array(LedgerChange).max(1000),
      origin: z.object({ address: z.string(), agent: z.string() }).nullable(),
      session: z.string().nullable(),
      via: z.string(),
      request: z.string(),
      body: z.string().describe('the exact text that was hashed'),
    }),
    errors: { entry_not_found: 404 },
  }),
  head: query({
    path: '/ledger/head',
    summary: 'How long the chain is, its newest hash, and the newest checkpoint',
    permission: 'ledger:verify',
    input: z.object({}),
    output: z.object({
      size: z.number().int(),
      hash: z.string().nullable(),
      at: Instant.nullable(),
      checkpoint: CheckpointRow.nullable(),
      verifierKeys: z.array(z.string()).max(20).describe('note verifier keys of the checkpoint signer'),
    }),
  }),
  activity: query({
    path: '/ledger/activity',
    summary: 'Entries a day over the last 30 days',
    permission: 'ledger:read',
    input: z.object({}),
    output: z.object({ days: z.array(z.object({ on: z.string(), entries: z.number().int() })).max(31) }),
  }),
  verify: download({
    path: '/ledger/verify',
    summary: 'Recompute the chain on the server; streams progress, then the verdict, as JSON lines',
    permission: 'ledger:verify',
    rate: 'heavy',
    input: z.object({}),
    contentType: 'application/x-ndjson',
    filename: () => 'verification.jsonl',
  }),
  export: download({
    path: '/ledger/export',
    summary: 'The chain as JSON Lines, for a verifier that trusts nothing of ours',
    permission: 'ledger:export',
    stepUp: true,
    rate: 'heavy',
    input: z.object({ from: z.coerce.number().int().min(0).default(0), to: z.coerce.number().int().min(0).optional() }),
    contentType: 'application/jsonl',
    filename: () => 'ledger.jsonl',
  }),
  checkpoints: query({
    path: '/ledger/checkpoints',
    summary: 'Signed checkpoints and where they were sent',
    permission: 'ledger:verify',
    input: z.object(page),
    output: pageOf(CheckpointRow),
  }),
  checkpoint: command({
    path: '/ledger/checkpoints',
    summary: 'Sign a checkpoint now and send it to the witnesses',
    permission: 'ledger:witness',
    rate: 'heavy',
    input: z.object({}),
    output: z.object({ requested: z.literal(true), afterSeq: z.number().int() }),
    audit: { action: 'ledger.checkpoint_requested', target: () => 'ledger' },
  }),
  witnesses: query({
    path: '/ledger/witnesses',
    summary: 'Where checkpoints are kept outside',
    permission: 'ledger:verify',
    input: z.object({}),
    output: z.object({ rows: z.array(WitnessRow).max(20) }),
  }),
  addWitness: command({
    path: '/ledger/witnesses',
    summary: 'Send every new checkpoint to an e-mail address or a webhook',
    permission: 'ledger:witness',
    stepUp: true,
    input: z.object({ kind: z.enum(['email', 'webhook']), target: Email.or(z.url({ protocol: /^https$/ }).max(500)) }),
    output: WitnessRow,
    errors: { too_many_witnesses: 409, address_not_allowed: 422 },
    audit: { action: 'ledger.witness_added', target: (_, { id }) => id },
  }),
  removeWitness: command({
    path: '/ledger/witnesses/:id/remove',
    summary: 'Stop sending checkpoints there',
    permission: 'ledger:witness',
    stepUp: true,
    input: z.object({ id: WitnessId }),
    output: z.object({ id: WitnessId }),
    errors: { witness_not_found: 404 },
    audit: { action: 'ledger.witness_removed', target: ({ id }) => id },
  }),
})

/** Who read what (D9). */
export const accessLog = capability('accessLog', {
  list: query({
    path: '/access-log',
    summary: 'Reads of the organisation’s data, newest first',
    permission: 'access-log:read',
    input: z.object({
      ...page,
      actor: z.string().max(60).optional(),
      operation: z.string().max(60).optional(),
      staffGrant: StaffGrantId.optional().describe('what was read under one staff access'),
    }),
    output: pageOf(
      z.object({
        id: z.string(),
        at: Instant,
        actor: z.object({ type: z.string(), id: z.string(), name: z.string().nullable() }),
        operation: z.string(),
        target: z.string().nullable(),
        right: z.string(),
        outcome: z.string(),
        rows: z.number().int().nullable().describe('null for staff: their entry is written before the read'),
        address: z.string().nullable(),
        sealedIn: z.number().int().nullable().describe('the ledger entry that seals this row'),
      }),
    ),
  }),
})
