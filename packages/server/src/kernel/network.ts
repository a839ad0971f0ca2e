import { BlockList, isIP, isIPv6 } from 'node:net'

/** The eight groups of an IPv6 address; a zone is left out. */
const groupsOf = (address: string): number[] => {
  const [bare = ''] = address.split('%', 1)
  const hex = bare.replace(/(\d+)\.(\d+)\.(\d+)\.(\d+)$/, (_, a: string, b: string, c: string, d: string) =>
    [Number(a) * 256 + Number(b), Number(c) * 256 + Number(d)].map((group) => group.toString(16)).join(':'),
  )
  const [head = [], tail = []] = hex.split('::').map((half) => half.split(':').filter(Boolean))
  const between = Array.from({ length: 8 - head.length - tail.length }, () => '0')
  return [...head, ...between, ...tail].map((group) => Number.parseInt(group, 16))
}

/**
 * One customer of an access provider: an IPv4 address, or the upper half of an IPv6 one, since whoever has one such address has all of its
 * lower half (RFC 6177 §2). However it is written: `::ffff:192.0.2.1` is 192.0.2.1.
 */
export const placeOf = (address: string): string => {
  if (!address.includes(':') || !isIPv6(address)) return address
  const groups = groupsOf(address)
  const [high = 0, low = 0] = groups.slice(6)
  if (groups.slice(0, 5).every((group) => group === 0) && groups[5] === 0xffff)
    return [high >> 8, high & 255, low >> 8, low & 255].join('.')
  return `${groups
    .slice(0, 4)
    .map((group) => group.toString(16))
    .join(':')}::/64`
}

/** Tells what is in one of these addresses or networks (CIDR). Throws for what is neither. */
export const networksIn = (list: readonly string[]): ((address: string) => boolean) => {
  const listed = new BlockList()
  for (const entry of list) {
    const [address = '', prefix, ...rest] = entry.split('/')
    const family = isIP(address) === 6 ? 'ipv6' : 'ipv4'
    if (isIP(address) === 0 || rest.length > 0 || (prefix !== undefined && !/^\d{1,3}$/.test(prefix)))
      throw new Error(`"${entry}" is neither an address nor a network such as 192.0.2.0/24`)
    if (prefix === undefined) listed.addAddress(address, family)
    else listed.addSubnet(address, Number(prefix), family)
  }
  return (address) => {
    const plain = address.replace(/^::ffff:(?=\d+\.)/i, '')
    const version = isIP(plain)
    return version !== 0 && listed.check(plain, version === 6 ? 'ipv6' : 'ipv4')
  }
}
