import { common } from '../problem.ts'

interface WithHeaders {
  headers: {
    authorization?: string | undefined
    origin?: string | undefined
    'sec-fetch-site'?: string | string[] | undefined
    'content-type'?: string | undefined
    'content-length'?: string | undefined
  }
}

/**
 * Throws `cross_site_request` unless a change comes from our own pages. The browser itself says so (Fetch Metadata); one that does not
 * must name our exact origin. Signing in is guarded too: nobody is to be signed in as somebody else by a foreign page (login CSRF). A bearer
 * key is no cookie, no foreign page can make a browser send one; where it comes along, cookies do not count (authenticate.ts).
 */
export const refuseCrossSite = ({ headers }: WithHeaders, publicUrl: string): void => {
  // A form or a beacon can only send what needs no permission; JSON needs it (CORS preflight), and we never give it.
  const type = headers['content-type']?.split(';', 1)[0]?.trim().toLowerCase()
  const empty = headers['content-length'] === undefined || headers['content-length'] === '0'
  if (type !== 'application/json' && !(type === undefined && empty)) throw common('unsupported_media_type')
  if (headers.authorization !== undefined) return
  const site = headers['sec-fetch-site']
  const ours = site === undefined ? headers.origin === new URL(publicUrl).origin : site === 'same-origin'
  if (!ours) throw common('cross_site_request')
}
