import { parseCheckpoint, verifyCheckpoint, LedgerError, type Checkpoint } from '@holdfast/ledger'

/** A checkpoint that somebody kept outside, as it was pasted or dropped. */
export interface OutsideNote {
  /** Where it came from: a file's name, or "pasted". */
  name: string
  note: string
}

/** `known`: signed by a key this console was given; `unknown`: by another; `invalid`: the signature does not fit the text. */
export type SignatureState = 'known' | 'unknown' | 'invalid'

export interface OutsideCheckpoint extends OutsideNote {
  checkpoint: Checkpoint
  signature: SignatureState
}

const originLine = /^holdfast\/[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/

/**
 * The signed notes in a text: a bare note, several, or a whole e-mail that carries one. A note (C2SP signed-note) is its lines, an empty line, then
 * signature lines that begin with an em dash. Quoting marks and carriage returns of mail programs are dropped.
 */
export const notesIn = (text: string): string[] => {
  const lines = text.split('\n').map((line) => line.replace(/\r$/, '').replace(/^(?:> ?| {2,})+/, ''))
  const notes: string[] = []
  for (let start = lines.findIndex((line) => originLine.test(line)); start !== -1;) {
    const blank = lines.indexOf('', start)
    if (blank === -1) break
    let end = blank + 1
    while (lines[end]?.startsWith('— ')) end++
    notes.push(lines.slice(start, end).join('\n') + '\n')
    const next = lines.slice(end).findIndex((line) => originLine.test(line))
    start = next === -1 ? -1 : end + next
  }
  return notes
}

const signatureOf = async (note: string, vkeys: string[]): Promise<SignatureState> => {
  try {
    await verifyCheckpoint(note, vkeys)
    return 'known'
  } catch (error) {
    if (error instanceof LedgerError && error.code === 'signer_unknown') return 'unknown'
    if (error instanceof LedgerError && error.code === 'signature_invalid') return 'invalid'
    throw error
  }
}

/** Throws {@link LedgerError} `malformed_checkpoint` when the text is no checkpoint. */
export const readNote = async ({ name, note }: OutsideNote, vkeys: string[]): Promise<OutsideCheckpoint> => ({
  name,
  note,
  checkpoint: parseCheckpoint(note),
  signature: await signatureOf(note, vkeys),
})
