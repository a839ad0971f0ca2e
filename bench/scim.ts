/** Provisioning over HTTPS: users created a second, and whether finding one by user name costs more among 100,000 than among 100. */
import { randomUUID } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import autocannon from 'autocannon'
import pg from 'pg'
import { createApiKey } from '@holdfast/crypto'
import { newId, newOrgId } from '../packages/server/src/kernel/identifier.ts'
import { createAsk } from '../packages/server/test/http/started.ts'
import { makeInstallation, type Installation } from './installation.ts'
import { measured, median, rounded, type Measured, type Scale } from './measure.ts'
import { superuserAt } from './superuser.ts'

export const scimMeasures = ['identity.scim.create', 'identity.scim.lookup']

const domain = 'people.bench.example'
const few = 100
const many = 100_000
const connections = 16

interface Connected {
  orgId: string
  token: string
}

/** A connection with a proved domain, put into the database: a person with a second factor would make them in the console. */
const connect = async (client: pg.Client, orgId: string, proved: string): Promise<Connected> => {
  const [directoryId, credentialId] = [newId('di'), newId('dc')]
  const { key, secretHash } = createApiKey(credentialId)
  const { rows } = await client.query<{ id: string }>('select id from person limit 1')
  await client.query(
    `insert into directory (org_id, id, name, default_role, configured_by, created_at) values ($1, $2, 'Bench', 'member', $3, now())`,
    [orgId, directoryId, rows[0]?.id],
  )
  await client.query(
    `insert into directory_credential (org_id, id, directory_id, kind, secret_hash, created_at, expires_at)
      values ($1, $2, $3, 'bearer', $4, now(), now() + interval '1 day')`,
    [orgId, credentialId, directoryId, secretHash],
  )
  await client.query(`insert into sso_domain (org_id, domain, token, proved_at) values ($1, $2, 'bench', now())`, [orgId, proved])
  return { orgId, token: key }
}

/** Users that nobody looks for: what they hold need not open. */
const fill = async (client: pg.Client, orgId: string, count: number): Promise<void> => {
  await client.query(
    `insert into directory_user (org_id, id, directory_id, user_name_index, email_index, active, resource_sealed, created_at, updated_at)
      select d.org_id, 'du_z' || lpad(n::text, 25, '0'), d.id, sha256(('name ' || n)::bytea), sha256(('mail ' || n)::bytea), true,
        decode(repeat('00', 400), 'hex'), now(), now()
      from directory d, generate_series(1, $2::int) n where d.org_id = $1`,
    [orgId, count],
  )
  await client.query('vacuum analyze directory_user')
}

const headersOf = (token: string) => ({ authorization: `Bearer ${token}`, 'content-type': 'application/scim+json' })
const userOf = (userName: string): string =>
  JSON.stringify({
    schemas: ['urn:ietf:params:scim:schemas:core:2.0:User'],
    ...{ userName, name: { givenName: 'Ada', familyName: 'Byron' }, emails: [{ value: userName, type: 'work', primary: true }] },
    active: true,
  })

const expect2xx = (what: string, result: autocannon.Result): void => {
  if (result.non2xx > 0 || result.errors > 0) throw new Error(`${what}: ${result.non2xx} refused, ${result.errors} failed`)
}

const create = async (url: string, ca: string, token: string, at: string, how: { duration: number } | { amount: number }) => {
  const result = await autocannon({
    ...{ url, connections, tlsOptions: { ca }, ...how },
    requests: [
      {
        ...{ method: 'POST', path: '/scim/v2/Users', headers: headersOf(token) },
        setupRequest: (request) => ({ ...request, body: userOf(`${randomUUID()}@${at}`) }),
      },
    ],
  })
  expect2xx('create', result)
  return result.requests.total / result.duration
}

const lookupPath = (userName: string): string => `/scim/v2/Users?filter=${encodeURIComponent(`userName eq "${userName}"`)}`

/** Milliseconds that one look-up takes, one after the other on one connection. */
const lookUp = async (url: string, ca: string, token: string, names: readonly string[], seconds: number): Promise<number> => {
  const requests = names.map((name) => ({ method: 'GET' as const, path: lookupPath(name), headers: headersOf(token) }))
  const result = await autocannon({ url, connections: 1, duration: seconds, tlsOptions: { ca }, requests })
  expect2xx('look-up', result)
  return (result.duration * 1000) / result.requests.total
}

const namesOf = async (ask: (path: string) => Promise<string>): Promise<string[]> => {
  const { Resources } = JSON.parse(await ask('/scim/v2/Users?count=100&attributes=userName')) as {
    Resources: { userName: string }[]
  }
  return Resources.map(({ userName }) => userName)
}

const measure = async (installation: Installation, { quick, say }: Scale): Promise<Measured[]> => {
  const { orgId } = await installation.found()
  const ca = await readFile(installation.ca, 'utf8')
  const client = new pg.Client(await superuserAt(installation.home))
  await client.connect()
  try {
    await client.query('set session_replication_role = replica') // arranging is not what is measured
    const large = newOrgId()
    await client.query(`insert into org (id, slug, name, plan) values ($1, 'bench-large', 'Large Ltd', 'enterprise')`, [large])
    const [small, big] = [await connect(client, orgId, domain), await connect(client, large, `large.${domain}`)]
    const { url } = installation
    say('identity.scim.lookup …')
    await create(url, ca, small.token, domain, { amount: few })
    await create(url, ca, big.token, `large.${domain}`, { amount: few })
    await fill(client, large, many - few)
    const plain = createAsk(url, ca)
    const ask =
      ({ token }: Connected) =>
      async (path: string): Promise<string> =>
        (await plain('GET', path, { headers: headersOf(token) })).text
    const [names, namesAmongMany] = [await namesOf(ask(small)), await namesOf(ask(big))]
    const [rounds, seconds] = quick ? [2, 2] : [5, 4]
    const times: { few: number[]; many: number[] } = { few: [], many: [] }
    await lookUp(url, ca, small.token, names, 2)
    await lookUp(url, ca, big.token, namesAmongMany, 2)
    for (let round = 0; round < rounds; round++) {
      times.few.push(await lookUp(url, ca, small.token, names, seconds))
      times.many.push(await lookUp(url, ca, big.token, namesAmongMany, seconds))
    }
    say('identity.scim.create …')
    const rates: number[] = []
    for (let round = 0; round < rounds; round++) rates.push(await create(url, ca, small.token, domain, { duration: seconds }))
    return [
      measured(
        'identity.scim.create',
        { ours: rates, peer: rates.map(() => 200) },
        {
          goal: 1,
          better: 'higher',
          unit: 'users/s',
          beside: `each with an account, a membership, a line of the log and an entry; ${connections} connections; at least 200/s`,
        },
      ),
      measured(
        'identity.scim.lookup',
        { ours: times.many, peer: times.few },
        {
          goal: 1.2,
          better: 'lower',
          unit: 'ms',
          beside: `one after the other: ${rounded(median(times.many))} ms among ${many}, ${rounded(median(times.few))} ms among ${few}`,
        },
      ),
    ]
  } finally {
    await client.end()
  }
}

export const measureScim = async (scale: Scale): Promise<Measured[]> => {
  scale.say('starting the system …')
  const installation = await makeInstallation()
  try {
    await installation.start()
    return await measure(installation, scale)
  } finally {
    await installation.remove()
  }
}
