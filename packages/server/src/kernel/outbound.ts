import { lookup } from 'node:dns'
import { request } from 'node:https'
import { BlockList, isIP, type LookupFunction } from 'node:net'

/** Addresses that a tenant must not make this server talk to: itself, its network, link-local metadata services. */
const inside = new BlockList()
for (const [network, prefix] of [
  ['0.0.0.0', 8],
  ['10.0.0.0', 8],
  ['100.64.0.0', 10],
  ['127.0.0.0', 8],
  ['169.254.0.0', 16],
  ['172.16.0.0', 12],
  ['192.0.0.0', 24],
  ['192.88.99.0', 24], // relays of 6to4
  ['192.168.0.0', 16],
  ['198.18.0.0', 15],
  ['224.0.0.0', 3],
] as const) {
  inside.addSubnet(network, prefix, 'ipv4')
}
for (const [network, prefix] of [
  ['::', 96], // unspecified, loopback, and IPv4 in the form of old
  ['::ffff:0:0:0', 96], // IPv4, translated (RFC 2765)
  ['64:ff9b::', 96],
  ['64:ff9b:1::', 48],
  ['2001::', 32], // Teredo: IPv4 inside
  ['2002::', 16], // 6to4: another way to write IPv4
  ['fc00::', 7],
  ['fe80::', 10],
  ['fec0::', 10],
  ['ff00::', 8],
] as const) {
  inside.addSubnet(network, prefix, 'ipv6')
}

/** Whether an address is one of ours or of our network. IPv4 addresses inside IPv6 ones count as what they are. */
export const isInside = (address: string): boolean => {
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address)?.[1]
  if (mapped !== undefined) return isInside(mapped)
  const family = isIP(address)
  return family === 0 || inside.check(address, family === 6 ? 'ipv6' : 'ipv4')
}

export class AddressNotAllowed extends Error {}

/** Whether a URL names an address of ours as such: of those no name is looked up. */
export const isInsideLiterally = (url: string): boolean => {
  const address = new URL(url).hostname.replace(/[[\]]/g, '')
  return isIP(address) !== 0 && isInside(address)
}

/** Looks a name up for a connection, and gives it only addresses that it may have: the very ones that are connected to. */
export const lookupFor =
  (allowInside: boolean): LookupFunction =>
  (name, options, done) =>
    lookup(name, { ...options, all: true }, (error, addresses) => {
      if (error) return done(error, '', 0)
      const allowed = addresses.filter(({ address }) => allowInside || !isInside(address))
      const first = allowed[0]
      if (!first) return done(new AddressNotAllowed(name), '', 0)
      if (options.all) return done(null, allowed)
      return done(null, first.address, first.family)
    })

export interface Post {
  url: string
  body: string
  contentType: string
  /** For installations whose receivers are on the same network. */
  allowInside?: boolean
  timeoutMs?: number
}

/** Sends one POST over HTTPS. The address is checked as it is connected to, so that a name cannot change between check and use. */
export const post = ({ url, body, contentType, allowInside = false, timeoutMs = 10_000 }: Post): Promise<number> =>
  new Promise((resolve, reject) => {
    if (!allowInside && isInsideLiterally(url)) return reject(new AddressNotAllowed(new URL(url).hostname))
    const sending = request(
      url,
      {
        method: 'POST',
        headers: { 'content-type': contentType, 'content-length': Buffer.byteLength(body), 'user-agent': 'holdfast' },
        timeout: timeoutMs,
        signal: AbortSignal.timeout(timeoutMs),
        lookup: lookupFor(allowInside),
      },
      (response) => {
        response.resume() // its text is nobody's business here
        response.once('end', () => resolve(response.statusCode ?? 0))
        response.once('error', reject)
      },
    )
    sending.once('error', reject)
    sending.end(body)
  })
