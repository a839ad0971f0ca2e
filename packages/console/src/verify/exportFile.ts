/** The first line of an export, read without the rest of the file. */
export interface ExportHead {
  org: string
  from: number
  to: number
}

/** Null when the file does not begin like an export of a ledger. */
export const headOfExport = async (file: Blob): Promise<ExportHead | null> => {
  const start = await file.slice(0, 1024).text()
  const line = start.split('\n', 1)[0] ?? ''
  try {
    const { format, org, from, to } = JSON.parse(line) as Record<string, unknown>
    if (format !== 'HFL1' || typeof org !== 'string' || typeof from !== 'number' || typeof to !== 'number') return null
    return { org, from, to }
  } catch {
    return null
  }
}
