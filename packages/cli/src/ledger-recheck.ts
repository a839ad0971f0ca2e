import { Readable } from 'node:stream'
import { createInterface } from 'node:readline'
import { operations } from '@holdfast/contract'
import type { Verdict } from '@holdfast/ledger'
import { z } from 'zod'
import { connect } from './call.ts'
import { Failed, Unavailable, UsageError, type Io } from './io.ts'
import { describeVerdict, type VerifyOptions } from './ledger-verify.ts'
import { count, createProgress } from './progress.ts'
import type { ServerOptions } from './server.ts'

const Progress = z.object({ progress: z.object({ done: z.number(), of: z.number() }) })
const kinds = [
  'body_changed',
  'hash_changed',
  'link_broken',
  'missing',
  'reordered',
  'inserted',
  'time_went_back',
  'truncated',
  'rewritten',
  'malformed',
  'checkpoint_invalid',
] as const
const Verdicts: z.ZodType<Verdict> = z.discriminatedUnion('ok', [
  z.object({
    ok: z.literal(true),
    org: z.string(),
    from: z.number(),
    entries: z.number(),
    head: z.string(),
    root: z.string().nullable(),
    checkpoints: z.array(z.object({ origin: z.string(), size: z.number() })),
    message: z.string(),
  }),
  z.object({ ok: z.literal(false), seq: z.number(), kind: z.enum(kinds), entries: z.number(), message: z.string() }),
])
const Line = z.union([Progress, z.object({ verdict: Verdicts })])

const lineOf = (text: string): z.output<typeof Line> | null => {
  try {
    return Line.parse(JSON.parse(text))
  } catch {
    return null
  }
}

/** The last line of the server's stream; whatever else it sends is no verdict. */
const follow = async (io: Io, body: ReadableStream<Uint8Array>): Promise<Verdict | null> => {
  const progress = createProgress(io)
  let verdict: Verdict | null = null
  try {
    for await (const text of createInterface({ input: Readable.fromWeb(body), crlfDelay: Infinity })) {
      const line = lineOf(text)
      if (line === null) return null
      if ('verdict' in line) verdict = line.verdict
      else progress.show(() => `${count(line.progress.done)} of ${count(line.progress.of)} entries`)
    }
  } finally {
    progress.clear()
  }
  return verdict
}

/** `ledger verify` without a file: the server recomputes its own chain. Throws {@link Failed} when it is broken. */
export const verifyOnServer = async (io: Io, options: VerifyOptions & ServerOptions): Promise<void> => {
  if (options.checkpoint ?? options.key ?? options.org) throw new UsageError('--checkpoint, --key and --org go with a file')
  const connection = await connect(io, options)
  const { body } = await connection.open(operations.ledger.verify, {})
  const verdict = body && (await follow(io, body))
  if (!verdict) throw new Unavailable('the server ended without a verdict')
  const whose = 'Recomputed by the server itself. To trust nothing of it: export the ledger and verify the file.'
  io.stdout.write(options.json ? `${JSON.stringify(verdict, null, 2)}\n` : `${describeVerdict(verdict).join('\n')}\n${whose}\n`)
  if (!verdict.ok) throw new Failed('')
}
