import { isIPv4, isIPv6 } from 'node:net'
import { Extension } from '@peculiar/x509'

export interface PermittedNames {
  /** DNS names and everything under them. */
  dnsNames: readonly string[]
  /** Single addresses, or ranges as address/prefix. */
  ipAddresses: readonly string[]
}

const tlv = (tag: number, value: Uint8Array): Buffer => {
  const length = value.length
  const head = length < 0x80 ? [tag, length] : [tag, 0x82, length >> 8, length & 0xff]
  return Buffer.concat([Buffer.from(head), value])
}

/** The bytes of an IPv4 or IPv6 address (RFC 4291 §2.2, forms 1 and 2). Throws `TypeError` on anything else. */
export const addressBytes = (address: string): Buffer => {
  if (isIPv4(address)) return Buffer.from(address.split('.').map(Number))
  if (!isIPv6(address) || /[.%]/.test(address)) throw new TypeError(`not an IP address: ${address}`)
  const [left = [], right = []] = address.split('::').map((half) => half.split(':').filter((group) => group !== ''))
  const zeros = Array<string>(8 - left.length - right.length).fill('0')
  return Buffer.from([...left, ...zeros, ...right].map((group) => group.padStart(4, '0')).join(''), 'hex')
}

/** RFC 5280 §4.2.1.10: in a constraint an address is followed by its mask. */
const addressAndMask = (range: string): Buffer => {
  const [address = '', prefix] = range.split('/')
  const bytes = addressBytes(address)
  const bits = prefix === undefined ? bytes.length * 8 : Number(prefix)
  const mask = Buffer.from(bytes.map((_, index) => 0xff & ~(0xff >> Math.max(0, Math.min(8, bits - index * 8)))))
  return Buffer.concat([bytes.map((byte, index) => byte & (mask[index] ?? 0)), mask])
}

/** A critical extension: certificates of this authority for any other name are refused by every verifier that follows RFC 5280. */
export const nameConstraints = ({ dnsNames, ipAddresses }: PermittedNames): Extension => {
  const subtrees = [
    ...dnsNames.map((name) => tlv(0x30, tlv(0x82, Buffer.from(name, 'ascii')))),
    ...ipAddresses.map((range) => tlv(0x30, tlv(0x87, addressAndMask(range)))),
  ]
  return new Extension('2.5.29.30', true, tlv(0x30, tlv(0xa0, Buffer.concat(subtrees))))
}
