import { createHash } from 'node:crypto'

const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex')

/** What the first chunk of a recording is chained to: no chunk of another recording can come first here. */
export const recordingRoot = (recording: string): string => sha256(`holdfast recording 1\n${recording}\n`)

/** SHA-256, hex, over the place of a chunk, the hash before it and its content (C7): an edit, a gap and another order all give another head. */
export const recordingHash = (previous: string, index: number, content: string): string =>
  sha256(`holdfast recording chunk 1\n${previous}\n${index}\n${sha256(content)}\n`)
