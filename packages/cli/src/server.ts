import { existsSync, readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { X509Certificate } from 'node:crypto'
import tls from 'node:tls'
import { parseApiKey } from '@holdfast/crypto'
import { readConfig, type Config } from './config.ts'
import { fileTrouble } from './file-trouble.ts'
import { UsageError, type Io } from './io.ts'

/** The options of every command that talks to a server. */
export interface ServerOptions {
  url?: string
  ca?: string
}

export interface Server {
  /** Such as `https://localhost:8443` */
  origin: string
  /** null when nobody is signed in there */
  key: string | null
  /** PEM file; null for the authorities that Node trusts anyway */
  ca: string | null
}

const defaultUrl = 'https://localhost:8443'
const loopback = /^(localhost|127(\.\d+){3}|\[::1\])$/
const cloneHome = fileURLToPath(new URL('../../../.holdfast', import.meta.url))

/** The origin of a URL. Throws {@link UsageError}: credentials travel over TLS or not at all (D1). */
export const originOf = (text: string): string => {
  if (!URL.canParse(text)) throw new UsageError(`${JSON.stringify(text)} is not a URL`)
  const url = new URL(text)
  if (url.protocol !== 'https:') throw new UsageError(`the server's address begins with https://, not ${url.protocol}//`)
  if (url.pathname !== '/' || url.search || url.hash || url.username)
    throw new UsageError(`give the server's address alone: ${url.origin}`)
  return url.origin
}

/** The authority that `holdfast start` made on this machine, for addresses of this machine. */
const localAuthority = (io: Io, origin: string): string | null => {
  if (!loopback.test(new URL(origin).hostname)) return null
  const file = resolve(io.env.HOLDFAST_HOME ?? cloneHome, 'ca.pem')
  return existsSync(file) ? file : null
}

const keyOf = (io: Io, config: Config, origin: string): string | null => {
  const fromEnvironment = io.env.HOLDFAST_API_KEY || undefined
  const key = fromEnvironment ?? config.servers[origin]?.key
  if (key === undefined) return null
  // Checked here because what is no key would end up, whole, in the error text of an HTTP header.
  if (!parseApiKey(key))
    throw new UsageError(`${fromEnvironment ? 'HOLDFAST_API_KEY' : 'the configuration'} holds no API key (hf_<id>.<secret>)`)
  return key
}

/** Which server is meant: options before environment before `login`. */
export const findServer = async (io: Io, options: ServerOptions): Promise<Server> => {
  const config = await readConfig(io)
  const origin = originOf(options.url ?? (io.env.HOLDFAST_URL || undefined) ?? config.current ?? defaultUrl)
  const ca = options.ca ?? (io.env.HOLDFAST_CA || undefined) ?? config.servers[origin]?.ca ?? localAuthority(io, origin)
  return { origin, key: keyOf(io, config, origin), ca: ca === null ? null : resolve(ca) }
}

const readAuthority = (file: string): string => {
  const pem = readFileSync(file, 'utf8')
  // Throws when it is no certificate; what Node takes for an empty list would trust nobody, without a word.
  const { subject } = new X509Certificate(pem)
  if (!subject) throw new TypeError('a certificate without a name')
  return pem
}

/** Adds an authority to those that this process trusts. Verification is never switched off. */
export const trust = (ca: string | null): void => {
  if (ca === null) return
  // The published command runs on Node 20 as well; only this needs a newer one.
  if (!('setDefaultCACertificates' in tls)) throw new UsageError('a certificate authority of its own needs Node 24.5 or newer')
  try {
    tls.setDefaultCACertificates([...tls.getCACertificates('default'), readAuthority(ca)])
  } catch (error) {
    const { syscall } = error as NodeJS.ErrnoException
    throw new UsageError(
      `cannot read the certificate authority ${ca}: ${syscall ? fileTrouble(error) : 'it holds no PEM certificate'}`,
      {
        cause: error,
      },
    )
  }
}
