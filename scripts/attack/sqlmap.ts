/** sqlmap over every operation of the contract that takes input, and over the headers that every operation reads. */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { methodOf, pathFields, policy, requestOf, type Operation } from '@holdfast/contract'
import { scimRequests, type ScimRequest } from './directory-samples.ts'
import type { Sample } from './sample.ts'
import { attackable, sampleOf } from './samples.ts'
import { finding, type Verdict } from './finding.ts'
import { answersOf, openGateway, type Attacked, type Caller, type Gateway } from './gateway.ts'
import { person, type Ground, type Headers, type Person } from './ground.ts'
import { runTool } from './run-tool.ts'

export interface SqlmapOptions {
  /** Longest time for one operation. */
  seconds: number
  /** Longest time for all of them; what was not attacked by then is a finding. */
  minutes: number
  /** Whether to attack the operation of this name, or the headers. */
  isWanted: (name: string) => boolean
  say: (line: string) => void
}

interface Target {
  name: string
  /** With sqlmap's mark behind every value: whatever is marked is attacked, and nothing is forgotten. */
  path: string
  method: string
  body: string | null
  headers?: Headers
}

const mark = '*'

const markedPath = (operation: Operation, input: Record<string, unknown>): string => {
  const [address = '', query] = requestOf(operation, input).path.split('?')
  const inPath = new Set(pathFields(operation.path).map((name) => encodeURIComponent(String(input[name]))))
  const parts = address.split('/').map((part) => (inPath.has(part) ? part + mark : part))
  const pairs = query?.split('&').map((pair) => pair + mark)
  return parts.join('/') + (pairs ? `?${pairs.join('&')}` : '')
}

/** Numbers stay bare, so that the rest of the request is right while another value is attacked. */
const markedBody = (body: string): string =>
  JSON.stringify(
    JSON.parse(body, (_, value: unknown) => {
      if (typeof value === 'object') return value
      return typeof value === 'string' ? value + mark : `bare:${JSON.stringify(value)}${mark}`
    }),
  ).replaceAll(/"bare:([^"]*)"/g, '$1')

/** Operations that search by what people write: every test that sqlmap has. */
const deep = new Set([
  'session.signIn',
  'member.list',
  'policy.list',
  'ledger.list',
  'accessLog.list',
  'obligation.list',
  'obligation.mine',
  'account.requestReset',
  'headers',
])

/** Refused though the request is right, because it takes a secret or a state that the attacker does not have. They get this far. */
const refusedAnyway: Record<string, string> = {
  'setup.complete': 'setup_already_done',
  'session.signIn': 'sign_in_refused',
  'session.confirmFactor': 'no_factor',
  'session.signInWithPasskey': 'sign_in_refused',
  'session.confirmPasskey': 'passkey_refused',
  'session.confirmPassword': 'password_refused',
  'account.changePassword': 'password_refused',
  'account.resetPassword': 'link_invalid',
  'factor.confirmTotp': 'code_refused',
  'factor.confirmPasskey': 'passkey_refused',
  'factor.rename': 'factor_not_found',
  'factor.remove': 'factor_not_found',
  'organisation.transferOwnership': 'member_not_found',
  'session.finishSignOn': 'sign_on_refused',
  'sso.finishTest': 'test_not_yours',
  'sso.enforce': 'not_ready',
}

const forgetGuesses = async ({ database }: Ground): Promise<void> => void (await database.query('delete from guess'))

/** The Owner's key; where only a session or nobody is admitted, a member's browser or a page that is not signed in. */
const callerOf = (ground: Ground, operation: Operation, first: Person): Caller => {
  const page = { origin: ground.system.url }
  if (operation.permission === 'public') return { headers: () => page, renew: () => forgetGuesses(ground) }
  if (!operation.sessionOnly) return { headers: () => ground.keys.owner, renew: () => forgetGuesses(ground) }
  let who = first
  return {
    headers: () => who.browser(),
    renew: async (code) => {
      if (code === 'rate_limited') return forgetGuesses(ground)
      if (code.startsWith('too_many') || !(await who.renew())) who = await person(ground)
    },
  }
}

const freshener = ({ input, fresh, spent = [] }: Sample): Attacked['freshen'] => {
  if (!fresh) return
  return async (path, body) => {
    const names = path.split(/[/?]/)
    const used = spent.map((name): [string, string] => [name, String(input[name])])
    if (!used.some(([, value]) => names.includes(value) || body.includes(`"${value}"`))) return { path, body }
    const now = await fresh()
    const replaced = (text: string): string => used.reduce((all, [name, old]) => all.replaceAll(old, now[name] ?? old), text)
    return { path: replaced(path), body: replaced(body) }
  }
}

// "appears to be injectable" comes first, and is often taken back by sqlmap's own counter-check.
const injectable = /identified the following injection point/
const finished = /all tested parameters do not appear to be injectable/
const answered = '400,401,403,404,409,410,413,415,422,429'

const attack = async (gateway: Gateway, target: Target, { seconds, say }: SqlmapOptions): Promise<Verdict> => {
  const scratch = await mkdtemp(join(tmpdir(), 'holdfast-sqlmap-'))
  const [level, risk] = deep.has(target.name) ? ['5', '3'] : ['3', '2']
  const headers = { ...(target.body !== null && { 'content-type': 'application/json' }), ...target.headers }
  const args = [
    ...['-u', gateway.url + target.path, '--method', target.method, '--batch', '--flush-session', '--disable-coloring'],
    ...['--level', level, '--risk', risk, '--dbms', 'PostgreSQL', '--time-sec', '2', '--timeout', '65', '--retries', '0'],
    ...['--ignore-code', answered, '--output-dir', scratch],
    ...(target.body === null ? [] : ['--data', target.body]),
    ...Object.entries(headers).flatMap(([name, value]) => ['-H', `${name}: ${value}`]),
  ]
  const began = performance.now()
  const { output, timedOut } = await runTool('sqlmap', args, { seconds })
  await rm(scratch, { recursive: true, force: true })
  const found = [...gateway.wrong]
  const lastLines = output.trim().split('\n').slice(-4).join(' ')
  if (injectable.test(output)) found.push(`injectable: ${/Parameter: [^]*?(?=\n---)/.exec(output)?.[0] ?? lastLines}`)
  else if (timedOut) found.push(`not finished within ${seconds} s`)
  else if (!finished.test(output)) found.push(`sqlmap stopped: ${lastLines}`)
  const seen = `level ${level}, risk ${risk}, ${Math.round((performance.now() - began) / 1000)} s; ${answersOf(gateway)}`
  say(`sqlmap ${target.name}: ${seen}${found.length > 0 ? `; found: ${found.length}` : ''}`)
  return { tool: 'sqlmap', target: target.name, seen, findings: found.map((what) => finding('sqlmap', what)) }
}

/** The request as it is: it must be accepted, or the payloads would not get as far as the operation. */
const checkSample = async (gateway: Gateway, operation: Operation, input: Record<string, unknown>): Promise<void> => {
  const { method, path, body } = requestOf(operation, input)
  const json = body === undefined ? {} : { body, headers: { 'content-type': 'application/json' } }
  const ask = async (): Promise<string | undefined> => {
    const answer = await fetch(gateway.url + path, { method, ...json })
    return answer.status === 200 ? undefined : ((await answer.json()) as { code: string }).code
  }
  const first = await ask()
  // Another operation may have used up the same code of the Owner's in between.
  const code = first === 'code_refused' ? await ask() : first
  // Whatever has an id that nobody has gets as far as its look-up.
  const expected = refusedAnyway[operation.name] ?? Object.keys(operation.errors).find((one) => one.endsWith('_not_found'))
  if (code !== undefined && code !== expected) throw new Error(`its sample is refused with ${code}`)
}

const attackOperation = async (ground: Ground, operation: Operation, options: SqlmapOptions): Promise<Verdict> => {
  const who = await person(ground)
  const usual = callerOf(ground, operation, who)
  const sample = await sampleOf(ground, operation, who, usual.headers())
  const { as } = sample
  const caller = as ? { headers: () => as } : usual
  const freshen = freshener(sample)
  const { url, ca } = ground.system
  const gateway = await openGateway({ url, ca, caller, ...(freshen && { freshen }) })
  try {
    await checkSample(gateway, operation, sample.input)
    const { body } = requestOf(operation, sample.input)
    const path = markedPath(operation, sample.input)
    const target = { name: operation.name, path, method: methodOf(operation), body: body === undefined ? null : markedBody(body) }
    return await attack(gateway, target, options)
  } finally {
    await gateway.close()
  }
}

const attackHeaders = async (ground: Ground, options: SqlmapOptions): Promise<Verdict> => {
  const who = await person(ground)
  const sample = await sampleOf(ground, policy.confirmReview, who, ground.keys.owner)
  const { path, body = null } = requestOf(policy.confirmReview, sample.input)
  const { url, ca } = ground.system
  const gateway = await openGateway({ url, ca, caller: { headers: () => ({}) } })
  const headers = {
    authorization: ground.keys.owner['authorization'] + mark,
    cookie: `${who.browser()['cookie']?.split('; ')[0]}${mark}`,
    'user-agent': `Mozilla/5.0${mark}`,
    'idempotency-key': `attack${mark}`,
    'x-forwarded-for': `192.0.2.1${mark}`,
  }
  try {
    return await attack(gateway, { name: 'headers', path, method: 'POST', body, headers }, options)
  } finally {
    await gateway.close()
  }
}

/** A directory's own requests: routes of a standard, which no operation of the contract names. */
const attackScim = async (ground: Ground, asked: ScimRequest, options: SqlmapOptions): Promise<Verdict> => {
  const { url, ca } = ground.system
  const gateway = await openGateway({ url, ca, caller: { headers: () => asked.headers, renew: () => forgetGuesses(ground) } })
  try {
    const plain = (text: string): string => text.replaceAll(mark, '')
    const { method, body } = asked
    const answer = await fetch(gateway.url + plain(asked.path), { method, ...(body !== null && { body: plain(body) }) })
    if (answer.status !== asked.status) throw new Error(`its sample is answered with ${answer.status}`)
    return await attack(gateway, asked, options)
  } finally {
    await gateway.close()
  }
}

const guarded = (target: string, attacking: Promise<Verdict>): Promise<Verdict> =>
  attacking.catch((error: unknown) => ({
    ...{ tool: 'sqlmap', target, seen: 'not attacked' },
    findings: [finding('sqlmap', error instanceof Error ? error.message : String(error))],
  }))

/** Two at a time, those with the most fields first; each to its end or to its time limit, which counts as a finding. */
export const sqlmap = async (ground: Ground, options: SqlmapOptions): Promise<Verdict[]> => {
  const until = performance.now() + options.minutes * 60_000
  const largestFirst = attackable.toSorted((a, b) => Object.keys(b.input.shape).length - Object.keys(a.input.shape).length)
  const all: [string, (bounded: SqlmapOptions) => Promise<Verdict>][] = [
    ['headers', (bounded) => attackHeaders(ground, bounded)],
    ...largestFirst.map((operation): [string, (bounded: SqlmapOptions) => Promise<Verdict>] => [
      operation.name,
      (bounded) => attackOperation(ground, operation, bounded),
    ]),
  ]
  const scim = await scimRequests(ground)
  all.push(...scim.map((asked): (typeof all)[number] => [asked.name, (bounded) => attackScim(ground, asked, bounded)]))
  const waiting = all.filter(([name]) => options.isWanted(name))
  const verdicts: Verdict[] = []
  const work = async (): Promise<void> => {
    for (let next = waiting.shift(); next; next = waiting.shift()) {
      const left = Math.floor((until - performance.now()) / 1000)
      const attacking =
        left > 0
          ? next[1]({ ...options, seconds: Math.min(options.seconds, left) })
          : Promise.reject(new Error('no time was left'))
      verdicts.push(await guarded(next[0], attacking))
    }
  }
  await Promise.all([work(), work()])
  return verdicts.toSorted((a, b) => a.target.localeCompare(b.target))
}
