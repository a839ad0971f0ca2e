import type { Command } from 'commander'
import type { Io } from './io.ts'
import { exportLedger, type ExportOptions } from './ledger-export.ts'
import { verifyOnServer } from './ledger-recheck.ts'
import { verifyFile, type VerifyOptions } from './ledger-verify.ts'
import { addServerOptions } from './server-options.ts'
import type { ServerOptions } from './server.ts'

const exportExamples = `
The file is written whole or not at all; its last line is the newest signed checkpoint.

Examples:
  holdfast ledger export --out ledger.jsonl
  holdfast ledger export --out tail.jsonl --from 100000`

const verifyExamples = `
With a file, recomputes every hash of that export here. Uses neither network nor credentials and
trusts nothing of ours; the format is in docs/ledger-format.md.
Without a file, the server recomputes its own chain: quick, but only as good as the server.
Exit code 0 when every entry is as it was written, 1 with the first bad entry when not.

Examples:
  holdfast ledger verify ledger.jsonl
  holdfast ledger verify ledger.jsonl --checkpoint checkpoint-4096.txt --key "holdfast/…+1a2b3c4d+AX…"
  holdfast ledger export --out - | holdfast ledger verify -
  holdfast ledger verify`

const collect = (value: string, earlier: string[] = []): string[] => [...earlier, value]

/** The two commands of the ledger that stream. */
export const addLedgerCommands = (ledger: Command, io: Io): void => {
  addServerOptions(ledger.command('export'))
    .description('download the chain for a verifier that trusts nothing of ours')
    .requiredOption('--out <file>', 'where to write; - is stdout')
    .option('--from <number>', 'first entry (default: 0)')
    .option('--to <number>', 'the entry to stop before (default: the end)')
    .addHelpText('after', exportExamples)
    .action((options: ExportOptions) => exportLedger(io, options))
  addServerOptions(ledger.command('verify'))
    .description('verify an export offline, or have the server recompute its chain')
    .argument('[file]', 'the export; - reads stdin')
    .option('--checkpoint <file>', 'a checkpoint held outside; may be repeated', collect)
    .option('--key <vkey>', 'verifier key that must have signed the checkpoints; may be repeated', collect)
    .option('--org <id>', 'the organisation whose ledger it must be')
    .option('--json', 'print the verdict as JSON')
    .addHelpText('after', verifyExamples)
    .action((file: string | undefined, options: VerifyOptions & ServerOptions) =>
      file === undefined ? verifyOnServer(io, options) : verifyFile(io, file, options),
    )
}
