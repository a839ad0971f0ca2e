import { runAgent } from '../src/index.ts'

/** The agent as a process of its own, so that a test can kill it. */
await runAgent({ root: process.argv[2] ?? '', say: (line) => void process.stdout.write(`${line}\n`) })
