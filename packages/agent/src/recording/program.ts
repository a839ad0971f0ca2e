import { chmodSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import type { Layout } from '../paths.ts'

const quoted = (text: string): string => `'${text.replaceAll("'", `'\\''`)}'`

/** Writes what sshd forces upon the account of the recorder: nothing of the environment that a client sends gets in, but for its terminal. */
export const writeRecorder = ({ recorder, recorderSocket }: Layout): void => {
  const main = fileURLToPath(new URL('recorder.ts', import.meta.url))
  const program = [process.execPath, main, recorderSocket].map(quoted).join(' ')
  const script = [
    '#!/bin/sh',
    '# Written by holdfast agent install: records a session, and opens it on the server.',
    `exec /usr/bin/env -i PATH=/usr/bin:/bin LANG=C.UTF-8 HOME=/ TERM="\${TERM:-dumb}" ${program} \${SSH_ORIGINAL_COMMAND:+"$SSH_ORIGINAL_COMMAND"}`,
    '',
  ]
  writeFileSync(recorder, script.join('\n'))
  chmodSync(recorder, 0o755)
}
