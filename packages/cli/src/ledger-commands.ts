import type { Command } from 'commander'
import type { Io } from './io.ts'
import { exportLedger, type ExportOptions } from './ledger-export.ts'
import { verifyFile, type VerifyOptions } from './ledger-verify.ts'
import { addServerOptions } from './server-options.ts'

const exportExamples = `
The file is written whole or not at all; its last line is the newest signed checkpoint.

Examples:
  holdfast ledger export --out ledger.jsonl
  holdfast ledger export --out tail.jsonl --from 100000`

const verifyExamples = `
Recomputes every hash of an export. Uses neither network nor credentials and trusts nothing of ours;
the format is in docs/ledger-format.md. Exit code 0 when every entry is as it was written, 1 with
the first bad entry when not.

Examples:
  holdfast ledger verify ledger.jsonl
  holdfast ledger verify ledger.jsonl --checkpoint checkpoint-4096.txt --key "holdfast/…+1a2b3c4d+AX…"
  holdfast ledger export --out - | holdfast ledger verify -`

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
  ledger
    .command('verify')
    .description('verify an export offline')
    .argument('<file>', 'the export; - reads stdin')
    .option('--checkpoint <file>', 'a checkpoint held outside; may be repeated', collect)
    .option('--key <vkey>', 'verifier key that must have signed the checkpoints; may be repeated', collect)
    .option('--org <id>', 'the organisation whose ledger it must be')
    .option('--json', 'print the verdict as JSON')
    .addHelpText('after', verifyExamples)
    .action((file: string, options: VerifyOptions) => verifyFile(io, file, options))
}
