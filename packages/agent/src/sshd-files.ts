import { execFile } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { formatPublicKey } from '@holdfast/crypto/ssh'
import type { Belief } from './belief.ts'
import { readIfThere, replaceFile } from './files.ts'
import type { Layout } from './paths.ts'

const run = promisify(execFile)

const differs = (file: string, content: string | Uint8Array): boolean => {
  if (!existsSync(file)) return true
  const digest = (bytes: string | Uint8Array) => createHash('sha256').update(bytes).digest('hex')
  return digest(readFileSync(file)) !== digest(content)
}

/** ssh-keygen reads the list as sshd will: a list that it cannot read would refuse everybody. */
const checkList =
  (hostKey: string) =>
  async (list: string): Promise<void> => {
    await run('ssh-keygen', ['-Q', '-f', list, `${hostKey}.pub`], { timeout: 20_000 })
  }

/** Writes what sshd reads at each login; files that hold it already are left alone. */
export const writeSshdFiles = async (layout: Layout, { bundle, principals }: Belief): Promise<void> => {
  mkdirSync(layout.principals, { recursive: true, mode: 0o755 })
  // The list first: what is revoked is never believed for the time between.
  if (differs(layout.revoked, bundle.krl)) await replaceFile(layout.revoked, bundle.krl, { check: checkList(layout.hostKey) })
  const authorities = `${bundle.authorities.map((key) => formatPublicKey(key)).join('\n')}\n`
  if (differs(layout.userAuthorities, authorities)) await replaceFile(layout.userAuthorities, authorities)
  const wanted = new Map(
    principals.filter(({ lines }) => lines.length > 0).map(({ login, lines }) => [login, `${lines.join('\n')}\n`]),
  )
  for (const name of readdirSync(layout.principals)) if (!wanted.has(name)) rmSync(join(layout.principals, name), { force: true })
  for (const [login, lines] of wanted) {
    const file = join(layout.principals, login)
    // sshd reads it with the rights of the user who logs in.
    if (readIfThere(file) !== lines) await replaceFile(file, lines, { mode: 0o644 })
  }
}
