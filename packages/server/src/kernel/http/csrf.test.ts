import { describe, expect, test } from 'vitest'
import { Problem } from '../problem.ts'
import { accessCookieOf, cookieHeaders, refreshCookieOf } from './cookies.ts'
import { refuseCrossSite } from './csrf.ts'

const answer = (headers: Record<string, string>): string => {
  try {
    refuseCrossSite({ headers }, 'https://localhost:8443')
    return 'let in'
  } catch (error) {
    if (error instanceof Problem) return error.code
    throw error
  }
}
const json = { 'content-type': 'application/json' }

describe('changes come from our own pages', () => {
  test.each([
    ['our page', { ...json, 'sec-fetch-site': 'same-origin', origin: 'https://localhost:8443' }, 'let in'],
    ['an old browser on our page', { ...json, origin: 'https://localhost:8443' }, 'let in'],
    ['a program with a key', { ...json, authorization: 'Bearer hf_x.y' }, 'let in'],
    ['an empty body', { 'sec-fetch-site': 'same-origin', 'content-length': '0' }, 'let in'],
    ['another site', { ...json, 'sec-fetch-site': 'cross-site' }, 'cross_site_request'],
    ['a sibling host', { ...json, 'sec-fetch-site': 'same-site' }, 'cross_site_request'],
    ['an address typed in', { ...json, 'sec-fetch-site': 'none' }, 'cross_site_request'],
    [
      'Fetch Metadata outweighs the origin',
      { ...json, 'sec-fetch-site': 'cross-site', origin: 'https://localhost:8443' },
      'cross_site_request',
    ],
    ['another origin', { ...json, origin: 'https://evil.test' }, 'cross_site_request'],
    ['another port', { ...json, origin: 'https://localhost:8444' }, 'cross_site_request'],
    ['an origin that begins like ours', { ...json, origin: 'https://localhost:8443.evil.test' }, 'cross_site_request'],
    ['no origin', json, 'cross_site_request'],
    ['the null origin', { ...json, origin: 'null' }, 'cross_site_request'],
    [
      'a form',
      { 'content-type': 'application/x-www-form-urlencoded', 'sec-fetch-site': 'same-origin' },
      'unsupported_media_type',
    ],
    ['a form that looks like JSON', { 'content-type': 'text/plain', 'sec-fetch-site': 'same-origin' }, 'unsupported_media_type'],
    ['a body without a type', { 'content-length': '20', 'sec-fetch-site': 'same-origin' }, 'unsupported_media_type'],
  ])('%s', (_, headers, expected) => {
    expect(answer(headers)).toBe(expected)
  })
})

describe('cookies', () => {
  test('bound to this host, unreadable for scripts, never sent across sites', () => {
    const [access, refresh] = cookieHeaders({ set: { access: 'A', refresh: 'R' } })
    expect(access).toBe('__Host-at=A; Max-Age=900; Path=/; Secure; HttpOnly; SameSite=Strict')
    expect(refresh).toBe('__Host-rt=R; Max-Age=2592000; Path=/; Secure; HttpOnly; SameSite=Strict')
    for (const cleared of cookieHeaders({ clear: true })) expect(cleared).toMatch(/=; Max-Age=0; .*Secure; HttpOnly/)
  })
  test('read by exact name', () => {
    const request = { headers: { cookie: 'x__Host-at=no; __Host-at=yes; __Host-rt=' } }
    expect(accessCookieOf(request)).toBe('yes')
    expect(refreshCookieOf(request)).toBeNull()
    expect(accessCookieOf({ headers: {} })).toBeNull()
  })
})
