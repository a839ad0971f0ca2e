import { chunksInFlight, type FromWorker, type ToWorker } from './protocol.ts'
import type { Ask, Finding } from './run.ts'
import type { Progress } from './serverVerdict.ts'

export interface Verification {
  /** The bytes of an export: the server's answer or a file. */
  stream: ReadableStream<Uint8Array<ArrayBuffer>>
  ask: Ask
  onProgress: (progress: Progress) => void
  signal: AbortSignal
}

/** Verifies in a worker. Rejects with the signal's reason when cancelled; a chain that is broken is a finding, not an error. */
export const verifyInWorker = ({ stream, ask, onProgress, signal }: Verification): Promise<Finding> =>
  new Promise<Finding>((resolve, reject) => {
    const worker = new Worker(new URL('./worker.ts', import.meta.url), { type: 'module' })
    const reader = stream.getReader()
    const send = (message: ToWorker, transfer: Transferable[] = []) => worker.postMessage(message, transfer)
    const stop = (settle: () => void) => {
      worker.terminate()
      signal.removeEventListener('abort', cancelled)
      reader.cancel().catch(() => undefined) // The verdict stands; what is left of the stream is of no interest.
      settle()
    }
    const cancelled = () => stop(() => reject(signal.reason as Error))
    const pump = async () => {
      const { done, value } = await reader.read()
      if (done) send({ kind: 'end' })
      else send({ kind: 'chunk', bytes: value }, [value.buffer])
      return !done
    }
    const pumpOrFail = () => {
      pump().catch((error: unknown) => stop(() => reject(error as Error)))
    }
    worker.onmessage = ({ data }: MessageEvent<FromWorker>) => {
      if (data.kind === 'more') pumpOrFail()
      else if (data.kind === 'progress') onProgress(data.progress)
      else if (data.kind === 'finding') stop(() => resolve(data.finding))
      else stop(() => reject(new Error(data.message)))
    }
    worker.onerror = (event) =>
      stop(() => reject(new Error(event.message || 'The verifier could not be started in this browser.')))
    if (signal.aborted) return cancelled()
    signal.addEventListener('abort', cancelled)
    send({ kind: 'start', ask })
    for (let chunk = 0; chunk < chunksInFlight; chunk++) pumpOrFail()
  })
