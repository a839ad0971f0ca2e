import { TransferMark, type CastEvent } from '@holdfast/contract'

/** One thing that was done to a file: what was asked, and what the server answered; null where the recording ends before that. */
export interface Transfer {
  n: number
  seconds: number
  act: Extract<TransferMark, { act: unknown }>['act']
  path: string
  to: string | null
  result: 'done' | 'failed' | 'unknown' | null
  why: string | null
  bytes: number | null
}

/** The marks of a transfer, what was asked and how it went brought together. What is none is left out. */
export const transfersIn = (events: readonly CastEvent[]): Transfer[] => {
  const found = new Map<number, Transfer>()
  for (const [seconds, kind, text] of events) {
    if (kind !== 'm') continue
    const mark = markIn(text)
    if (!mark) continue
    if ('act' in mark) {
      const { n, act, path, to = null } = mark
      found.set(n, { n, seconds, act, path, to, result: null, why: null, bytes: null })
    } else {
      const asked = found.get(mark.n)
      if (asked) found.set(mark.n, { ...asked, result: mark.result, why: mark.why ?? null, bytes: mark.bytes ?? null })
    }
  }
  return [...found.values()]
}

const markIn = (text: string): TransferMark | null => {
  try {
    return TransferMark.parse(JSON.parse(text))
  } catch {
    return null
  }
}

export const actWords: Record<Transfer['act'], string> = {
  read: 'Downloaded',
  write: 'Uploaded',
  list: 'Listed a directory',
  remove: 'Removed',
  rename: 'Renamed',
  make_directory: 'Made a directory',
  remove_directory: 'Removed a directory',
  link: 'Linked',
  attributes: 'Changed rights or times',
}
