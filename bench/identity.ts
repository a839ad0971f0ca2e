/** A signed-in request beside a peer's session check, and how long what a person holds outlives their removal. */
import { spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { readFile } from 'node:fs/promises'
import { getCACertificates, setDefaultCACertificates } from 'node:tls'
import { setTimeout as pause } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { apiKey, invitation, member, operator, session } from '@holdfast/contract'
import autocannon from 'autocannon'
import pg from 'pg'
import { enrol, visitorAt, type Visitor } from '../packages/server/src/start/demo-visitor.ts'
import { makeInstallation, type Installation } from './installation.ts'
import { stoppable } from './leaving.ts'
import { measured, median, rounded, type Measured, type Scale } from './measure.ts'
import { superuserAt } from './superuser.ts'

export const identityMeasures = ['identity.request', 'identity.revocation']

const connections = 16
/** As many as the server opens: `HOLDFAST_POOL`. */
const poolSize = 20
const peerDatabase = 'better_auth'
const email = 'olga@example.test'
const password = 'seven lanterns under the bridge'

interface Asked {
  url: string
  headers: Record<string, string>
  ca: string
}

const rateOf = async ({ url, headers, ca }: Asked, seconds: number): Promise<number> => {
  const result = await autocannon({ url, headers, connections, duration: seconds, tlsOptions: { ca } })
  if (result.non2xx > 0 || result.errors > 0) throw new Error(`${url}: ${result.non2xx} refused, ${result.errors} failed`)
  return result.requests.total / result.duration
}

const cookiesOf = (response: Response): string =>
  response.headers
    .getSetCookie()
    .map((line) => line.slice(0, line.indexOf(';')))
    .join('; ')

const startPeer = async ({ home }: Installation): Promise<{ asked: Omit<Asked, 'ca'>; stop: () => Promise<void> }> => {
  const admin = new pg.Client(await superuserAt(home))
  await admin.connect()
  await admin.query(`create database ${peerDatabase}`)
  await admin.end()
  const module = fileURLToPath(new URL('identity-peer.ts', import.meta.url))
  const secret = randomBytes(32).toString('hex')
  const child = spawn(process.execPath, [module, home, peerDatabase, String(poolSize), secret], {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { ...process.env, NODE_ENV: 'production' },
  })
  const gone = once(child, 'exit')
  const stop = stoppable(async () => {
    child.kill()
    await gone
  })
  const [line] = (await once(child.stdout, 'data')) as [Buffer]
  const { baseURL } = JSON.parse(line.toString()) as { baseURL: string }
  const signedUp = await fetch(`${baseURL}/api/auth/sign-up/email`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', origin: baseURL },
    body: JSON.stringify({ name: 'Olga Owner', email, password }),
  })
  if (!signedUp.ok) throw new Error(`better-auth answered ${signedUp.status}: ${await signedUp.text()}`)
  return { asked: { url: `${baseURL}/api/auth/get-session`, headers: { cookie: cookiesOf(signedUp) } }, stop }
}

/** Statements that PostgreSQL committed for each of many requests, one after the other; each stands alone, so each is a transaction. */
const statementsOf = async ({ home }: Installation, database: string, { url, headers }: Asked): Promise<number> => {
  const admin = new pg.Client(await superuserAt(home))
  await admin.connect()
  const committed = async (): Promise<number> => {
    await pause(1_500) // counters are reported at most once a second, when a connection falls idle
    const text = 'select xact_commit::int as n from pg_stat_database where datname = $1'
    return (await admin.query<{ n: number }>(text, [database])).rows[0]?.n ?? 0
  }
  const requests = 400
  try {
    const before = await committed()
    for (let request = 0; request < requests; request++) await (await fetch(url, { headers })).arrayBuffer()
    return ((await committed()) - before) / requests
  } finally {
    await admin.end()
  }
}

/** The Owner, signed in with a confirmed second factor. `cookie`: what their browser sends. */
const signedInOwner = async ({ url }: Installation): Promise<{ owner: Visitor; cookie: string }> => {
  const owner = visitorAt(url)
  await owner.call(session.signIn, { email, password })
  await enrol(owner)
  return { owner, cookie: owner.cookie() }
}

const measureRequest = async (installation: Installation, cookie: string, { quick, say }: Scale): Promise<Measured> => {
  say('identity.request …')
  const ca = await readFile(installation.ca, 'utf8')
  const peer = await startPeer(installation)
  const ours: Asked = { url: `${installation.url}/api/v1/organisation`, headers: { cookie }, ca }
  const theirs: Asked = { ...peer.asked, ca }
  const [rounds, seconds] = quick ? [2, 2] : [5, 4]
  const rates = { ours: [] as number[], peer: [] as number[] }
  try {
    await rateOf(ours, 2)
    await rateOf(theirs, 2)
    for (let round = 0; round < rounds; round++) {
      rates.ours.push(await rateOf(ours, seconds))
      rates.peer.push(await rateOf(theirs, seconds))
    }
    const [whole, check] = [
      await statementsOf(installation, 'holdfast', ours),
      await statementsOf(installation, peerDatabase, theirs),
    ]
    const beside = `${connections} connections over TLS, kept alive; ours is a whole operation (${rounded(whole)} statements), the peer better-auth’s session check alone (${rounded(check)}), its cookie cache off`
    return measured('identity.request', rates, { goal: 1.5, better: 'higher', unit: 'requests/s', beside })
  } finally {
    await peer.stop()
  }
}

const linkTokenFor = async (owner: Visitor, to: string): Promise<string> => {
  for (let attempt = 0; attempt < 120; attempt++) {
    const mail = (await owner.call(operator.outbox, { limit: 50 })).rows.find((row) => row.to === to)
    const text = mail ? (await owner.call(operator.mail, { id: mail.id })).text : ''
    const token = /\/invitation#(\S+)/.exec(text)?.[1]
    if (token !== undefined) return token
    await pause(250)
  }
  throw new Error(`the invitation for ${to} did not arrive in the outbox`)
}

/** How long the longest-lived credential worked after the Owner’s click, in ms; asked again and again, all at once, over HTTPS. */
const lifeOfOneRemoval = async ({ url }: Installation, owner: Visitor): Promise<number> => {
  const address = `${randomBytes(6).toString('hex')}@example.test`
  await owner.call(invitation.create, { email: address, role: 'member' })
  const token = await linkTokenFor(owner, address)
  const { personId } = await visitorAt(url).call(invitation.accept, { token, name: 'Mel Member', password })
  const held: Record<string, string>[] = []
  for (let device = 0; device < 3; device++) {
    const visitor = visitorAt(url)
    await visitor.call(session.signIn, { email: address, password })
    held.push({ cookie: visitor.cookie() })
    const { key } = await visitor.call(apiKey.create, { name: `key ${device}`, role: 'member' })
    held.push({ authorization: `Bearer ${key}` })
  }
  const alive = async (headers: Record<string, string>): Promise<boolean> => {
    const response = await fetch(`${url}/api/v1/organisation`, { headers })
    await response.arrayBuffer()
    if (!response.ok && response.status !== 401) throw new Error(`answered ${response.status}`)
    return response.ok
  }
  if ((await Promise.all(held.map(alive))).includes(false)) throw new Error('a credential did not work to begin with')
  const clicked = performance.now()
  const removing = owner.call(member.remove, { id: personId })
  const ends = held.map(async (headers) => {
    while (await alive(headers)) await pause(5)
    return performance.now() - clicked
  })
  await removing
  return Math.max(...(await Promise.all(ends)))
}

const measureRevocation = async (installation: Installation, owner: Visitor, { quick, say }: Scale): Promise<Measured> => {
  say('identity.revocation …')
  const limit = 1_000
  const values: number[] = []
  for (let round = 0; round < (quick ? 2 : 7); round++) values.push(await lifeOfOneRemoval(installation, owner))
  const beside = `3 sessions and 3 keys of a member, all dead; the longest of ${values.length} took ${rounded(Math.max(...values))} ms, the middle one ${rounded(median(values))}; at most ${limit} ms`
  return measured(
    'identity.revocation',
    { ours: values, peer: values.map(() => limit) },
    { goal: 1, better: 'lower', unit: 'ms', beside },
  )
}

export const measureIdentity = async (scale: Scale, wanted: (name: string) => boolean): Promise<Measured[]> => {
  scale.say('starting the system …')
  const installation = await makeInstallation()
  const authorities = getCACertificates()
  try {
    await installation.start()
    await installation.found()
    setDefaultCACertificates([...authorities, await readFile(installation.ca, 'utf8')])
    const { owner, cookie } = await signedInOwner(installation)
    return [
      ...(wanted('identity.request') ? [await measureRequest(installation, cookie, scale)] : []),
      ...(wanted('identity.revocation') ? [await measureRevocation(installation, owner, scale)] : []),
    ]
  } finally {
    setDefaultCACertificates(authorities)
    await installation.remove()
  }
}
