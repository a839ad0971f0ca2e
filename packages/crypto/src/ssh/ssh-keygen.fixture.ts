import { spawnSync } from 'node:child_process'
import { generateKeyPairSync, sign, type KeyObject } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { ed25519PublicKey, parsePublicKey, type PublicKey } from './public-key.ts'

/** The real ssh-keygen in a directory of its own. */
export const sshKeygen = () => {
  const directory = mkdtempSync(join(tmpdir(), 'holdfast-ssh-'))
  const path = (name: string) => join(directory, name)
  const env = { ...process.env, TZ: 'UTC', LC_ALL: 'C.UTF-8' }
  const run = (...args: string[]) => {
    const { status, stdout, stderr } = spawnSync('ssh-keygen', args, { cwd: directory, env, encoding: 'utf8' })
    return { status, stdout, stderr }
  }
  return {
    directory,
    path,
    run,
    write: (name: string, content: string | Uint8Array) => {
      writeFileSync(path(name), content, { mode: 0o600 })
      return path(name)
    },
    read: (name: string) => readFileSync(path(name), 'utf8').trim(),
    /** Makes a key and returns its public half. */
    makeKey(name: string, ...options: string[]): PublicKey {
      const { status, stderr } = run('-q', '-N', '', '-C', 'made for a test', '-f', name, ...options)
      if (status !== 0) throw new Error(stderr)
      return parsePublicKey(readFileSync(path(`${name}.pub`), 'utf8'))
    },
    remove: () => rmSync(directory, { recursive: true, force: true }),
  }
}

export interface TestSigner {
  publicKey: PublicKey
  raw: Buffer
  sign(bytes: Uint8Array): Buffer
}

/** An authority whose private key is here. */
export const createSigner = (): TestSigner => signerOf(generateKeyPairSync('ed25519'))

export const signerOf = ({ publicKey, privateKey }: { publicKey: KeyObject; privateKey: KeyObject }): TestSigner => {
  const raw = Buffer.from(publicKey.export({ format: 'jwk' }).x ?? '', 'base64url')
  return { publicKey: ed25519PublicKey(raw), raw, sign: (bytes) => sign(null, bytes, privateKey) }
}
