import type { IncomingMessage } from 'node:http'
import { common } from '../problem.ts'

/** Of these Node keeps the first of several, where something in front of us may have looked at the last. The rest it joins. */
const single = new Set(['host', 'authorization', 'content-type'])

const isDecodable = (url: string): boolean => {
  try {
    decodeURIComponent(url)
    return true
  } catch {
    return false
  }
}

/**
 * Throws `malformed_request` for what different programs would read differently: no host or two (RFC 9112 §3.2), a second credential or type,
 * an address whose escapes are not UTF-8.
 */
export const refuseAmbiguous = ({ headers, rawHeaders, url = '', httpVersion }: IncomingMessage): void => {
  if (headers.host === undefined && httpVersion !== '1.0') throw common('malformed_request', { detail: 'Name the host.' })
  let seen = ''
  for (let at = 0; at < rawHeaders.length; at += 2) {
    const { length } = rawHeaders[at] ?? ''
    if (length !== 4 && length !== 13 && length !== 12) continue
    const name = (rawHeaders[at] ?? '').toLowerCase()
    if (!single.has(name)) continue
    if (seen.includes(name)) throw common('malformed_request', { detail: `Send ${name} once.` })
    seen += `${name},`
  }
  if (url.includes('%') && !isDecodable(url)) throw common('malformed_request', { detail: 'The address is not UTF-8.' })
}
