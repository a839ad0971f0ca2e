import { spawnSync } from 'node:child_process'
import { createPrivateKey, createPublicKey, generateKeyPairSync, randomBytes, sign, type KeyObject } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Certificate } from './certificate.ts'
import { SshError, type SshErrorCode } from './error.ts'
import { ed25519PublicKey, fingerprintOf, parsePublicKey, publicKeyFromBlob, type PublicKey } from './public-key.ts'
import { string } from './wire.ts'

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
    bytes: (name: string) => readFileSync(path(name)),
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
  sign(bytes: Uint8Array): Buffer
}

/** An authority whose private key is here. */
export const createSigner = (): TestSigner => signerOf(generateKeyPairSync('ed25519').privateKey)

/** RFC 8410: an Ed25519 key in PKCS #8 is this and the 32 bytes of its seed. */
const pkcs8 = Buffer.from('302e020100300506032b657004220420', 'hex')
export const signerFromSeed = (seed: Buffer): TestSigner =>
  signerOf(createPrivateKey({ key: Buffer.concat([pkcs8, seed]), format: 'der', type: 'pkcs8' }))

const signerOf = (privateKey: KeyObject): TestSigner => {
  const raw = Buffer.from(createPublicKey(privateKey).export({ format: 'jwk' }).x ?? '', 'base64url')
  return { publicKey: ed25519PublicKey(raw), sign: (bytes) => sign(null, bytes, privateKey) }
}

/** Keys of security keys need a device; their public halves do not. */
export const securityKey = (): PublicKey =>
  publicKeyFromBlob(Buffer.concat([string('sk-ssh-ed25519@openssh.com'), string(randomBytes(32)), string('ssh:')]))

const labels: Record<string, string> = {
  'ssh-ed25519': 'ED25519',
  'sk-ssh-ed25519@openssh.com': 'ED25519-SK',
  'ecdsa-sha2-nistp256': 'ECDSA',
  'ecdsa-sha2-nistp384': 'ECDSA',
  'ecdsa-sha2-nistp521': 'ECDSA',
  'ssh-rsa': 'RSA',
}
const time = (seconds: number) => new Date(seconds * 1000).toISOString().slice(0, 19)

const validity = ({ validAfter, validBefore }: Certificate): string => {
  const ends = validBefore !== Number.POSITIVE_INFINITY
  if (validAfter === 0) return ends ? `before ${time(validBefore)}` : 'forever'
  return ends ? `from ${time(validAfter)} to ${time(validBefore)}` : `after ${time(validAfter)}`
}
const block = (title: string, lines: string[]): string[] =>
  lines.length === 0 ? [`${title}: (none)`] : [`${title}:`, ...lines.map((line) => `  ${line}`)]
const options = (map: ReadonlyMap<string, string>) => [...map].map(([name, value]) => `${name} ${value}`)
/** Without the spaces around it; other white space belongs to what is listed. */
const unindented = (line: string): string => line.replaceAll(/^ +| +$/g, '')

/** A certificate as `ssh-keygen -L` prints it, without indentation. */
export const listing = (certificate: Certificate): string => {
  const { type, kind, subject, authority, signature, keyId, serial } = certificate
  return [
    `Type: ${type} ${kind} certificate`,
    `Public key: ${labels[subject.type]}-CERT ${fingerprintOf(subject)}`,
    `Signing CA: ${labels[authority.type]} ${fingerprintOf(authority)} (using ${signature.type})`,
    `Key ID: "${keyId}"`,
    `Serial: ${serial}`,
    `Valid: ${validity(certificate)}`,
    ...block('Principals', [...certificate.principals]),
    ...block('Critical Options', options(certificate.criticalOptions)),
    ...block('Extensions', options(certificate.extensions)),
  ]
    .map(unindented)
    .join('\n')
}

/** What `ssh-keygen -L` printed, certificate by certificate, without indentation. */
export const listings = (output: string): string[] => {
  const found: string[][] = []
  for (const line of output.split('\n')) {
    if (/^\S.*:$/.test(line)) found.push([])
    else if (line !== '') found.at(-1)?.push(unindented(line))
  }
  return found.map((lines) => lines.join('\n'))
}

/** The code by which something was refused. */
export const codeOf = (work: () => unknown): SshErrorCode | 'fine' => {
  try {
    work()
    return 'fine'
  } catch (error) {
    if (error instanceof SshError) return error.code
    throw error
  }
}
