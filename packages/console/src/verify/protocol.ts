import type { Ask, Finding } from './run.ts'
import type { Progress } from './serverVerdict.ts'

/** Page → worker. The page fetches (its client knows how to sign in again and to ask for a second factor) and hands the bytes over. */
export type ToWorker = { kind: 'start'; ask: Ask } | { kind: 'chunk'; bytes: Uint8Array<ArrayBuffer> } | { kind: 'end' }

/** Worker → page. `more`: a chunk was used up, send another; without it a fast network would fill the worker's memory. */
export type FromWorker =
  | { kind: 'more' }
  | { kind: 'progress'; progress: Progress }
  | { kind: 'finding'; finding: Finding }
  | { kind: 'failed'; message: string }

/** How many chunks may wait in the worker. */
export const chunksInFlight = 8
