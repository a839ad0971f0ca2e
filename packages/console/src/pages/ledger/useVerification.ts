import { ledger } from '@holdfast/contract'
import { useEffect, useRef, useState } from 'react'
import { api, announce, explain, type Explained } from '../../kit/index.ts'
import { verifyInWorker } from '../../verify/client.ts'
import { headOfExport } from '../../verify/exportFile.ts'
import { remember, seenOf } from '../../verify/memory.ts'
import type { OutsideCheckpoint } from '../../verify/notes.ts'
import type { Finding } from '../../verify/run.ts'
import type { Progress } from '../../verify/serverVerdict.ts'

export type VerificationState =
  | { at: 'idle' }
  | { at: 'running'; progress: Progress | null; startedAt: number }
  | { at: 'done'; finding: Finding; source: string }
  | { at: 'failed'; problem: Explained }

const notAnExport = (name: string): Explained => ({
  title: `“${name}” is not an export of a ledger.`,
  effect: '',
  advice: 'An export begins with a line such as {"format":"HFL1",…}.',
  code: 'not_an_export',
  instance: '',
  fields: {},
})

/** Verifies the server's chain, or a file, in a worker. Leaving the page cancels. */
export const useVerification = (org: string, outside: readonly OutsideCheckpoint[]) => {
  const [state, setState] = useState<VerificationState>({ at: 'idle' })
  const running = useRef<AbortController | null>(null)
  useEffect(() => () => running.current?.abort(), [])

  const run = async (
    source: string,
    of: { org: string; from: number },
    open: (signal: AbortSignal) => Promise<ReadableStream<Uint8Array<ArrayBuffer>>>,
  ) => {
    const controller = new AbortController()
    running.current?.abort()
    running.current = controller
    const { signal } = controller
    setState({ at: 'running', progress: null, startedAt: Date.now() })
    try {
      const finding = await verifyInWorker({
        stream: await open(signal),
        ask: {
          ...of,
          outside: outside
            .filter(({ checkpoint }) => checkpoint.origin.endsWith(of.org))
            .map(({ name, note, checkpoint }) => ({ name, note, size: checkpoint.size })),
          seen: of.from === 0 ? seenOf(of.org, localStorage) : null,
        },
        onProgress: (progress) => setState((now) => (now.at === 'running' ? { ...now, progress } : now)),
        signal,
      })
      if (finding.ok && finding.root !== null && finding.entries > 0)
        remember(of.org, { size: finding.entries, root: finding.root, at: new Date().toISOString() }, localStorage)
      setState({ at: 'done', finding, source })
      announce(`${finding.headline}. ${finding.sentence}`)
    } catch (error) {
      if (!signal.aborted) setState({ at: 'failed', problem: explain(error, {}, 'read') })
    }
  }

  const body = async (signal: AbortSignal) => {
    const response = await api.open(ledger.export, {}, { signal })
    if (!response.body) throw new TypeError('The answer has no body.')
    return response.body
  }

  return {
    state,
    verifyServer: () => void run('the server', { org, from: 0 }, body),
    verifyFile: async (file: File) => {
      const head = await headOfExport(file)
      if (!head) return setState({ at: 'failed', problem: notAnExport(file.name) })
      await run(`“${file.name}”`, head, async () => file.stream())
    },
    cancel: () => {
      running.current?.abort()
      setState({ at: 'idle' })
    },
  }
}
