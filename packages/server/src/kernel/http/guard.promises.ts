import { connect } from 'node:tls'
import { apiBase, Problem } from '@holdfast/contract'
import { keeps, type PromiseCheck } from '../promise.ts'
import { attackRunGap, lastAttackRun, type AttackRun } from './attack-run.ts'
import type { Endpoint } from './edge.promises.ts'
import { securityHeaders } from './headers.ts'

interface Probe {
  what: string
  bytes: string
  /** The status and code that must come back. */
  answer: string
}

const get = (path: string, ...headers: string[]): string =>
  `${[`GET ${path} HTTP/1.1`, 'Host: localhost', 'Connection: close', ...headers].join('\r\n')}\r\n\r\n`
const post = (path: string, body: string, ...headers: string[]): string =>
  `${[`POST ${path} HTTP/1.1`, 'Host: localhost', 'Connection: close', `Content-Length: ${Buffer.byteLength(body)}`, ...headers].join('\r\n')}\r\n\r\n${body}`

const json = 'Content-Type: application/json'
const ours = 'Sec-Fetch-Site: same-origin'
const refresh = `${apiBase}/session/refresh`
const signIn = `${apiBase}/session/sign-in`

/** Hostile requests of nobody, one of each kind: none gets far enough to cost or change anything. */
const probes: readonly Probe[] = [
  { what: 'SQL in a query', bytes: get(`${apiBase}/policies?search=%27%20or%201=1--`), answer: '401 unauthenticated' },
  {
    what: 'SQL in a field',
    bytes: post(signIn, `{"email":"' or 1=1--","password":"x"}`, json, ours),
    answer: '400 invalid_input',
  },
  { what: 'a made-up key', bytes: get(`${apiBase}/policies`, "Authorization: Bearer ' or 1=1--"), answer: '401 unauthenticated' },
  {
    what: 'a made-up session',
    bytes: get(`${apiBase}/session`, 'Cookie: __Host-at=eyJhbGciOiJub25lIn0.e30.'),
    answer: '401 unauthenticated',
  },
  { what: 'a climbing path', bytes: get('/assets/..%2f..%2fpackage.json'), answer: '404 route_not_found' },
  { what: 'a broken escape', bytes: get('/%zz'), answer: '400 malformed_request' },
  { what: 'a wrong method', bytes: get(signIn), answer: '405 method_not_allowed' },
  {
    what: 'a page of another site',
    bytes: post(refresh, '{}', json, 'Sec-Fetch-Site: cross-site'),
    answer: '403 cross_site_request',
  },
  {
    what: 'a form',
    bytes: post(refresh, 'a=b', 'Content-Type: application/x-www-form-urlencoded', ours),
    answer: '415 unsupported_media_type',
  },
  { what: 'a prototype', bytes: post(refresh, '{"__proto__":{"role":"owner"}}', json, ours), answer: '400 malformed_json' },
  { what: 'a name twice', bytes: post(refresh, '{"a":1,"a":2}', json, ours), answer: '400 malformed_json' },
  { what: 'an oversize body', bytes: post(refresh, 'a'.repeat(70_000), json, ours), answer: '413 body_too_large' },
  { what: 'oversize headers', bytes: get('/', `X: ${'a'.repeat(20_000)}`), answer: '431 headers_too_large' },
  { what: 'two hosts', bytes: get('/', 'Host: evil.test'), answer: '400 malformed_request' },
  {
    what: 'a request within a request',
    bytes: post(refresh, '0\r\n\r\n', 'Transfer-Encoding: chunked'),
    answer: '400 malformed_request',
  },
]

const exchange = ({ host, port, ca }: Endpoint, bytes: string): Promise<string> =>
  new Promise((resolve) => {
    let text = ''
    const socket = connect({ host, port, servername: 'localhost', ...(ca !== null && { ca }), timeout: 5_000 }, () =>
      socket.write(bytes),
    )
    socket.setEncoding('utf8').on('data', (chunk: string) => (text += chunk))
    socket.once('timeout', () => socket.destroy()).on('error', () => undefined)
    socket.once('close', () => resolve(text))
  })

/** What is wrong with the answer to a probe; null when nothing is. */
const flawOf = ({ what, answer }: Probe, text: string): string | null => {
  const [head = '', body = ''] = text.split('\r\n\r\n', 2)
  const status = /^HTTP\/1\.1 (\d+)/.exec(head)?.[1] ?? 'nothing'
  const code = /"code":"(\w+)"/.exec(body)?.[1] ?? ''
  if (`${status} ${code}` !== answer) return `${what} was answered ${`${status} ${code}`.trim()}`
  if (!Problem.strict().safeParse(JSON.parse(body)).success) return `${what} was answered by no problem document`
  const missing = Object.entries(securityHeaders).filter(([name, value]) => !head.includes(`\r\n${name}: ${value}`))
  return missing.length > 0 ? `${what} was answered without ${missing.map(([name]) => name).join(', ')}` : null
}

/** Sends every probe; what is wrong with the answers, and with a page and its limits. */
export const flawsOf = async (endpoint: Endpoint): Promise<string[]> => {
  const flaws = []
  for (const probe of probes) flaws.push(flawOf(probe, await exchange(endpoint, probe.bytes)))
  const [head = ''] = (await exchange(endpoint, get(`${apiBase}/setup`))).split('\r\n\r\n', 1)
  if (!/^ratelimit-policy: "address";q=\d+;w=\d+\r?$/m.test(head)) flaws.push('no rate limit is announced')
  const page = await exchange(endpoint, get('/sign-in', 'Accept: text/html'))
  const policy = /^content-security-policy: (.*)$/m.exec(page)?.[1] ?? ''
  if (!policy.includes("default-src 'none'") || /script-src[^;]*unsafe/.test(policy))
    flaws.push('pages carry no strict content security policy')
  return flaws.filter((flaw) => flaw !== null)
}

/** What is said of O10, from what was seen just now and what the attack tools found before. */
export const guardVerdict = (flaws: readonly string[], run: AttackRun, now: Date): { kept: boolean; proof: string } => {
  const gap = attackRunGap(run, now)
  const live =
    flaws.length === 0
      ? `Tried just now: ${probes.length} hostile requests of different kinds, each refused by its declared problem with all protective headers; pages forbid foreign and inline scripts; the rate limit counts.`
      : `Found just now: ${flaws.slice(0, 3).join('; ')}.`
  const tools = Object.entries(run.tools).map(([tool, { version, ranOn }]) => `${tool} ${version} on ${ranOn}`)
  const recorded =
    gap === null
      ? ` Recorded, not repeated here (docs/operations/security-tests.md): ${tools.join(', ')}, sqlmap over all ${Object.keys(run.operations).length} operations that take input, found nothing that is not explained there; good traffic was served meanwhile.`
      : ` Not shown: ${gap}.`
  return { kept: flaws.length === 0 && gap === null, proof: live + recorded }
}

const applicationIsGuarded = keeps('O10', async ({ services }) => {
  const https = services.endpoints.find(({ name }) => name === 'https')
  if (!https) return { kept: false, proof: 'No HTTPS listener is known to this process.' }
  return guardVerdict(await flawsOf(https), lastAttackRun, services.clock.now())
})

export const guardPromises: readonly PromiseCheck[] = [applicationIsGuarded]
