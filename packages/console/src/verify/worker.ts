import type { FromWorker, ToWorker } from './protocol.ts'
import { verifyChunks } from './run.ts'

/** Recomputes a chain off the page's thread. The page ends the worker to cancel. */
const post = (message: FromWorker) => {
  self.postMessage(message)
}

const waiting: Uint8Array[] = []
let ended = false
let wake: (() => void) | null = null

async function* chunks(): AsyncGenerator<Uint8Array> {
  for (;;) {
    const bytes = waiting.shift()
    if (bytes) {
      yield bytes
      post({ kind: 'more' })
    } else if (ended) return
    else await new Promise<void>((resolve) => (wake = resolve))
  }
}

self.onmessage = ({ data }: MessageEvent<ToWorker>) => {
  if (data.kind === 'chunk') waiting.push(data.bytes)
  if (data.kind === 'end') ended = true
  if (data.kind === 'start')
    verifyChunks(chunks(), data.ask, (progress) => post({ kind: 'progress', progress })).then(
      (finding) => post({ kind: 'finding', finding }),
      (error: unknown) => post({ kind: 'failed', message: error instanceof Error ? error.message : String(error) }),
    )
  wake?.()
  wake = null
}
