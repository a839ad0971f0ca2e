// The git hook: refuses a commit with a credential in it.
import { existsSync } from 'node:fs'
import { secrets } from './checks/secrets.mjs'
import { at } from './lib/root.mjs'
import { capture, exitWith } from './lib/run.mjs'

await exitWith(async () => {
  const { stdout } = await capture('git', ['diff', '--cached', '--name-only', '--diff-filter=ACMR', '-z'], { env: process.env })
  const files = stdout.split('\0').filter((file) => file !== '' && file !== 'package-lock.json' && existsSync(at(file)))
  if (files.length === 0) return 0
  const { ok, output } = await secrets(files)
  if (!ok)
    process.stderr.write(`${output}\nThe commit was refused: it holds a credential. Take it out, and revoke it if it was real.\n`)
  return ok ? 0 : 1
})
