import { isIPv4, isIPv6 } from 'node:net'
import { SshError } from './error.ts'
import { createReader, string, textOf } from './wire.ts'

/** PROTOCOL.certkeys: an extension that sshd does not know is ignored, a critical option that it does not know refuses the login. */
export const extensionNames = [
  'permit-X11-forwarding',
  'permit-agent-forwarding',
  'permit-port-forwarding',
  'permit-pty',
  'permit-user-rc',
] as const
export type Extension = (typeof extensionNames)[number]

export interface CriticalOptions {
  /** Runs this whatever was asked for. Does not stop port forwarding, which is an extension. */
  forceCommand?: string
  /** Networks in canonical CIDR (`canonicalCidr`); no login from elsewhere. */
  sourceAddresses?: readonly string[]
}

const maxSourceAddresses = 32
const maxCommandLength = 1000
const refused = (message: string) => new SshError('option_refused', message)

const bytesOfIPv4 = (address: string): number[] => address.split('.').map(Number)
const bytesOfIPv6 = (address: string): number[] => {
  const groups = (text: string) => (text === '' ? [] : text.split(':').map((group) => parseInt(group, 16)))
  const [head = '', tail] = address.split('::', 2)
  const [before, after] = [groups(head), groups(tail ?? '')]
  const zeros = Array<number>(8 - before.length - after.length).fill(0)
  return [...before, ...zeros, ...after].flatMap((group) => [group >> 8, group & 255])
}

/** RFC 5952, as URLs are normalised: shortest, lower case. */
const shortestIPv6 = (address: string): string => new URL(`http://[${address}]/`).hostname.slice(1, -1)

/**
 * The one spelling of a network, or null. A lone address is a network of one. sshd takes a network with bits set after its mask for
 * an error and then refuses everybody, so such a one is null too.
 */
export const canonicalCidr = (text: string): string | null => {
  const [address = '', mask, ...rest] = text.split('/')
  const four = isIPv4(address)
  // No zone, and no IPv4 inside IPv6: sshd compares such a client as IPv4.
  if (rest.length > 0 || (!four && (!isIPv6(address) || /[%.]/.test(address)))) return null
  const bytes = four ? bytesOfIPv4(address) : bytesOfIPv6(address)
  const bits = bytes.length * 8
  if (mask !== undefined && !/^(?:0|[1-9]\d{0,2})$/.test(mask)) return null
  const length = mask === undefined ? bits : Number(mask)
  const after = bytes.some((byte, index) => byte & (0xff >> Math.min(8, Math.max(0, length - index * 8))))
  return length > bits || after ? null : `${four ? address : shortestIPv6(address)}/${length}`
}

const checkCommand = (command: string): string => {
  if (command === '' || command.length > maxCommandLength || !command.isWellFormed() || /[\u0000-\u001f\u007f]/.test(command))
    throw refused(`a command is one line of at most ${maxCommandLength} characters`)
  return command
}

const checkSources = (sources: readonly string[]): string => {
  if (sources.length === 0 || sources.length > maxSourceAddresses || sources.some((source) => canonicalCidr(source) !== source))
    throw refused(`1 to ${maxSourceAddresses} networks in canonical CIDR`)
  return sources.join(',')
}

/** Each name followed by its data: the value wrapped in a string of its own, or nothing. Sorted by bytes, as the format asks. */
const encode = (options: readonly (readonly [name: string, value: string | null])[]): Buffer => {
  const sorted = options.toSorted(([a], [b]) => (a < b ? -1 : 1))
  return string(Buffer.concat(sorted.flatMap(([name, value]) => [string(name), string(value === null ? '' : string(value))])))
}

/** Throws `option_refused`. */
export const encodeCriticalOptions = ({ forceCommand, sourceAddresses }: CriticalOptions): Buffer =>
  encode([
    ...(forceCommand === undefined ? [] : [['force-command', checkCommand(forceCommand)] as const]),
    ...(sourceAddresses === undefined ? [] : [['source-address', checkSources(sourceAddresses)] as const]),
  ])

/** Throws `option_refused` for a name that is unknown or there twice. */
export const encodeExtensions = (extensions: readonly Extension[]): Buffer => {
  const known: readonly string[] = extensionNames
  if (new Set(extensions).size !== extensions.length || extensions.some((name) => !known.includes(name)))
    throw refused('an unknown extension, or one twice')
  return encode(extensions.map((name) => [name, null]))
}

/** Names and values, an empty value for those without one. Throws `malformed_bytes` when names are not sorted or repeat. */
export const decodeOptions = (bytes: Buffer): Map<string, string> => {
  const reader = createReader(bytes)
  const options = new Map<string, string>()
  let last: Buffer | null = null
  while (!reader.done) {
    const name = reader.string()
    if (last && Buffer.compare(last, name) >= 0) throw new SshError('malformed_bytes', 'options are not sorted')
    last = name
    const data = createReader(reader.string())
    options.set(textOf(name), data.done ? '' : data.text())
    data.end()
  }
  return options
}

/** The forms of authorized_keys and authorized_principals (sshd(8)) of the same permissions. */
export const permissionOf: Readonly<Record<Extension, string>> = {
  'permit-X11-forwarding': 'x11-forwarding',
  'permit-agent-forwarding': 'agent-forwarding',
  'permit-port-forwarding': 'port-forwarding',
  'permit-pty': 'pty',
  'permit-user-rc': 'user-rc',
}
