/** The last line of `ledger.verify`: what the server found when it recomputed the chain itself. */
export interface ServerVerdict {
  ok: boolean
  entries: number
  message: string
  head?: string | null
  root?: string | null
  seq?: number
  kind?: string
}

export interface Progress {
  entries: number
  total: number
  bytes: number
}

type Line = { progress: { done: number; of: number } } | { verdict: ServerVerdict }

const isLine = (value: unknown): value is Line =>
  typeof value === 'object' && value !== null && ('progress' in value || 'verdict' in value)

/** Reads the server's progress lines until its verdict. Throws when the stream ends without one. */
export const readServerVerdict = async (
  stream: ReadableStream<Uint8Array>,
  onProgress: (progress: Progress) => void,
): Promise<ServerVerdict> => {
  const decoder = new TextDecoder()
  let rest = ''
  let verdict: ServerVerdict | null = null
  const take = (text: string) => {
    if (!text.trim()) return
    const line: unknown = JSON.parse(text)
    if (!isLine(line)) return
    if ('verdict' in line) verdict = line.verdict
    else onProgress({ entries: line.progress.done, total: line.progress.of, bytes: 0 })
  }
  const reader = stream.getReader()
  for (let part = await reader.read(); !part.done; part = await reader.read()) {
    const lines = (rest + decoder.decode(part.value, { stream: true })).split('\n')
    rest = lines.pop() ?? ''
    lines.forEach(take)
  }
  take(rest)
  if (!verdict) throw new Error('The server ended its check without a verdict. Nothing can be concluded; try again.')
  return verdict
}
