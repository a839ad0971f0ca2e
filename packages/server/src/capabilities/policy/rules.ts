import { createHash } from 'node:crypto'
import { isPromiseId } from '@holdfast/contract'
import { structuredPatch } from 'diff'
import type { VersionState } from './table.ts'

/** What may be done to a version, from which state, to which. */
export const steps = {
  edit: { from: ['draft'], to: 'draft' },
  submit: { from: ['draft'], to: 'in_review' },
  approve: { from: ['in_review'], to: 'approved' },
  requestChanges: { from: ['in_review', 'approved'], to: 'draft' },
  publish: { from: ['approved'], to: 'published' },
  acknowledge: { from: ['published'], to: 'published' },
} as const satisfies Record<string, { from: readonly VersionState[]; to: VersionState }>
export type Step = keyof typeof steps

export const mayTake = (step: Step, state: VersionState): boolean => (steps[step].from as readonly VersionState[]).includes(state)

export const contentLimit = 5 * 1024 * 1024

export type Content =
  { ok: true; bytes: Buffer; sha256: string } | { ok: false; code: 'content_invalid' | 'content_too_large'; detail: string }

const base64 = /^[A-Za-z0-9+/]+={0,2}$/

/** Markdown as it was typed, or a PDF given in base64. */
export const readContent = (format: 'markdown' | 'pdf', content: string): Content => {
  if (format === 'pdf' && (!base64.test(content) || content.length % 4 !== 0))
    return { ok: false, code: 'content_invalid', detail: 'Send the PDF in base64.' }
  const bytes = format === 'pdf' ? Buffer.from(content, 'base64') : Buffer.from(content)
  if (bytes.length > contentLimit) return { ok: false, code: 'content_too_large', detail: 'A policy holds at most 5 MiB.' }
  // ISO 32000 §7.5.2: the header stands at the beginning, the end-of-file marker in the last kilobyte.
  if (format === 'pdf' && !(bytes.subarray(0, 5).equals(Buffer.from('%PDF-')) && bytes.subarray(-1024).includes('%%EOF'))) {
    return { ok: false, code: 'content_invalid', detail: 'This is not a PDF.' }
  }
  if (format === 'markdown' && (content.includes('\0') || !content.isWellFormed() || content.trim() === '')) {
    return { ok: false, code: 'content_invalid', detail: 'Markdown is text; this is empty or not text.' }
  }
  return { ok: true, bytes, sha256: createHash('sha256').update(bytes).digest('hex') }
}

export const unknownPromise = (ids: readonly string[]): string | null => ids.find((id) => !isPromiseId(id)) ?? null

/** A calendar date `days` after `now`, UTC. */
export const dateAfter = (now: Date, days: number): string =>
  new Date(now.getTime() + days * 86_400_000).toISOString().slice(0, 10)

/** Until when a member has to acknowledge: the end of the day that was set, UTC; who joins later has as long as everybody had. */
export const acknowledgeUntil = (now: Date, publishedAt: Date, acknowledgeBy: string): Date => {
  const last = new Date(`${acknowledgeBy}T23:59:59.999Z`)
  return last > now ? last : new Date(now.getTime() + last.getTime() - publishedAt.getTime())
}

interface Asked {
  publishedAt: Date | null
  /** A calendar date. */
  by: string | null
  requiredAtOnce: boolean
}

/**
 * Until when somebody who has not acknowledged a version still counts as cleared; null: not at all. `due` is the deadline of the clock that runs
 * for them, where one does; who was never asked has as long from the publication, or from joining, as everybody had.
 */
export const clearedUntil = ({ publishedAt, by, requiredAtOnce }: Asked, due: Date | null, memberSince: Date): Date | null => {
  if (requiredAtOnce || publishedAt === null || by === null) return null
  return due ?? acknowledgeUntil(memberSince > publishedAt ? memberSince : publishedAt, publishedAt, by)
}

export interface DiffLine {
  kind: 'same' | 'added' | 'removed' | 'skipped'
  text: string
}

const kinds: Record<string, DiffLine['kind']> = { '+': 'added', '-': 'removed', ' ': 'same' }
const diffLineLimit = 20_000

/**
 * Line by line, with three lines around each change; what is unchanged between is said in a `skipped` line. Null: too different to say
 * within the time.
 */
export const diffLines = (
  before: string,
  after: string,
  timeout: number,
): { lines: DiffLine[]; added: number; removed: number } | null => {
  const patch = structuredPatch('before', 'after', before, after, '', '', { context: 3, timeout })
  if (!patch) return null
  const lines: DiffLine[] = []
  let reached = 1
  for (const hunk of patch.hunks) {
    if (hunk.oldStart > reached) lines.push({ kind: 'skipped', text: `${hunk.oldStart - reached} unchanged lines` })
    for (const line of hunk.lines) {
      const kind = kinds[line.charAt(0)]
      if (kind) lines.push({ kind, text: line.slice(1) })
    }
    reached = hunk.oldStart + hunk.oldLines
  }
  const rest = before.replace(/\n$/, '').split('\n').length - reached + 1
  if (patch.hunks.length > 0 && rest > 0) lines.push({ kind: 'skipped', text: `${rest} unchanged lines` })
  const count = (kind: DiffLine['kind']): number => lines.filter((line) => line.kind === kind).length
  return { lines: lines.slice(0, diffLineLimit), added: count('added'), removed: count('removed') }
}

/** What a member declares; it is part of what is signed. */
export const statementOf = (title: string, number: number): string =>
  `I have read “${title}”, version ${number}, and will follow it.`
