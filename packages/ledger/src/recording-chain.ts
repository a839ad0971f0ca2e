import { sha256Hex } from '#sha256'

/** What the first chunk of a recording is chained to: no chunk of another recording can come first here. */
export const recordingRoot = (recording: string): string => sha256Hex(`holdfast recording 1\n${recording}\n`)

/** SHA-256, hex, over the place of a chunk, the hash before it and its content (C7): an edit, a gap and another order all give another head. */
export const recordingHash = (previous: string, index: number, content: string): string =>
  sha256Hex(`holdfast recording chunk 1\n${previous}\n${index}\n${sha256Hex(content)}\n`)
