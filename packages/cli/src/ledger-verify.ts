import { stat } from 'node:fs/promises'
import { LedgerError, parseVkey, verifyExport, type Verdict } from '@holdfast/ledger'
import { verifyFile as verifyLedgerFile } from '@holdfast/ledger/node'
import { fileTrouble } from './file-trouble.ts'
import { readBytes } from './input.ts'
import { Failed, UsageError, type Io } from './io.ts'
import { plain } from './print.ts'
import { count, createProgress } from './progress.ts'

export interface VerifyOptions {
  checkpoint?: string[]
  key?: string[]
  org?: string
  json?: true
}

const checkFile = async (file: string): Promise<void> => {
  const found = await stat(file).catch((error: NodeJS.ErrnoException) => {
    throw new UsageError(`cannot read ${file}: ${fileTrouble(error)}`, { cause: error })
  })
  if (!found.isFile()) throw new UsageError(`${file} is not a file`)
}

const checkKeys = (keys: readonly string[]): void => {
  for (const key of keys) {
    try {
      parseVkey(key)
    } catch (error) {
      if (error instanceof LedgerError) throw new UsageError(`--key: ${error.message}`, { cause: error })
      throw error
    }
  }
}

/** A verdict as lines for people. */
export const describeVerdict = (verdict: Verdict): string[] => {
  if (!verdict.ok) {
    return [
      `BROKEN at entry ${verdict.seq} (${verdict.kind})`,
      plain(verdict.message),
      `${count(verdict.entries)} entries before it are as they were written.`,
    ]
  }
  const agreeing = verdict.checkpoints.map(
    ({ origin, size }) => `checkpoint    ${plain(origin)} at ${count(size)} entries agrees`,
  )
  return [
    `OK  ${plain(verdict.message)}`,
    `organisation  ${plain(verdict.org)}`,
    `head          ${plain(verdict.head)}`,
    ...agreeing,
  ]
}

/** As important as what was checked: without a checkpoint held outside, nobody notices a chain that was replaced whole. */
const unchecked = ({ checkpoint = [], key = [] }: VerifyOptions): string[] => [
  ...(checkpoint.length === 0
    ? ['Compared with no checkpoint held outside: give one with --checkpoint to rule out a chain rewritten as a whole.']
    : []),
  ...(key.length === 0 ? ['Signatures of checkpoints were not checked: give the signer’s verifier key with --key.'] : []),
]

/** `ledger verify FILE`: recomputes every hash of an export. Uses neither network nor credentials. Throws {@link Failed} when it is broken. */
export const verifyFile = async (io: Io, file: string, options: VerifyOptions): Promise<void> => {
  const { checkpoint = [], key = [], org } = options
  checkKeys(key)
  const checkpoints = await Promise.all(checkpoint.map(async (path) => (await readBytes(io, path)).toString('utf8')))
  const progress = createProgress(io)
  const expected = {
    checkpoints,
    ...(key.length > 0 && { vkeys: key }),
    ...(org !== undefined && { org }),
    onProgress: ({ entries, total }: { entries: number; total: number }) =>
      progress.show(() => `${count(entries)} of ${count(total)} entries`),
  }
  if (file !== '-') await checkFile(file)
  // One thread: the packed command is one file, and has no second program beside it.
  const verifying = file === '-' ? verifyExport(io.stdin, expected) : verifyLedgerFile(file, { ...expected, threads: 1 })
  const verdict = await verifying.finally(progress.clear)
  const lines = verdict.ok ? [...describeVerdict(verdict), ...unchecked(options)] : describeVerdict(verdict)
  io.stdout.write(options.json ? `${JSON.stringify(verdict, null, 2)}\n` : `${lines.join('\n')}\n`)
  if (!verdict.ok) throw new Failed('')
}
