import { fileTrouble } from './file-trouble.ts'
import { exitCodes } from './io.ts'
import { processIo } from './process-io.ts'
import { run } from './program.ts'

// Whatever the caller's environment says, certificates are verified (D1).
delete process.env.NODE_TLS_REJECT_UNAUTHORIZED

// `holdfast … | head` closes the pipe early: that is no failure.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EPIPE') process.exit(0)
  process.stderr.write(`holdfast: cannot write to stdout: ${fileTrouble(error)}\n`)
  process.exit(exitCodes.failed)
})

process.exitCode = await run(process.argv.slice(2), processIo())
// After a signal nothing is waited for: neither an answer nor a key at the terminal.
if (process.exitCode > 128) process.exit()
