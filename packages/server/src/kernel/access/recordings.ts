export const recordedCommandPlace = (row: string) => ({ table: 'recording', column: 'command_sealed', row })
/** Sealed to its place in its recording: a chunk that is moved elsewhere does not open. */
export const chunkPlace = (recording: string, index: number) => ({
  table: 'recording_chunk',
  column: 'content_sealed',
  row: `${recording}/${index}`,
})
