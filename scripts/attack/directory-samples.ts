/** Samples of the directory connection, and requests as a directory sends them: SCIM is no operation of the contract, and is attacked all the same. */
import { randomBytes } from 'node:crypto'
import { directory, organisation } from '@holdfast/contract'
import { createApiKey } from '@holdfast/crypto'
import { customerOwner, type Ground, type Headers } from './ground.ts'
import { each, once, unused, type Make } from './sample.ts'

const idOf = (prefix: string): string =>
  `${prefix}_${[...randomBytes(26)].map((byte) => '0123456789abcdefghjkmnpqrstvwxyz'[byte & 31]).join('')}`

interface Connected {
  orgId: string
  directoryId: string
}

/** The demo's connection, planted where it has none; enabled. */
const connected = async ({ database, call, keys }: Ground, of?: string): Promise<Connected> => {
  const orgId = of ?? (await call(organisation.read, {}, keys.owner)).id
  const owner = `(select person_id from membership where org_id = $1 and role = 'owner' limit 1)`
  await database.query(
    `insert into directory (org_id, id, name, default_role, configured_by, created_at) values ($1, $2, 'Attacked', 'member', ${owner}, now())
    on conflict (org_id) do update set disabled_at = null`,
    [orgId, idOf('di')],
  )
  const { rows } = await database.query<{ id: string }>('select id from directory where org_id = $1', [orgId])
  return { orgId, directoryId: rows[0]?.id ?? '' }
}

/** Rules of the database do not hold for what is arranged here, foreign keys included. */
const forget = ({ database }: Ground): Promise<unknown> => database.query('delete from directory')

const credential = async (ground: Ground, kind: 'bearer' | 'client'): Promise<{ id: string; key: string }> => {
  const { orgId, directoryId } = await connected(ground)
  const id = idOf('dc')
  const { key, secretHash } = createApiKey(id)
  await ground.database.query(
    `insert into directory_credential (org_id, id, directory_id, kind, secret_hash, created_at, expires_at)
    values ($1, $2, $3, $4, $5, now(), now() + interval '1 day')`,
    [orgId, id, directoryId, kind, secretHash],
  )
  return { id, key }
}

const group = async (ground: Ground): Promise<string> => {
  const { orgId, directoryId } = await connected(ground)
  const id = idOf('dg')
  await ground.database.query(
    `insert into directory_group (org_id, id, directory_id, display_name, created_at, updated_at) values ($1, $2, $3, $2, now(), now())`,
    [orgId, id, directoryId],
  )
  return id
}

const mapping = async (ground: Ground) => ({
  defaultRole: 'member' as const,
  roles: [{ groupId: await group(ground), role: 'reviewer' as const }],
})

export const directorySamples: Record<string, Make> = {
  'directory.create': (ground) => each(async () => (await forget(ground), { name: 'Attacked' }), { defaultRole: 'member' }),
  'directory.issueCredential': async (ground) => {
    const owner = await customerOwner(ground)
    await connected(ground, owner.orgId)
    const few = async () => {
      await ground.database.query('delete from directory_credential where org_id = $1', [owner.orgId])
      return { kind: 'bearer' }
    }
    return { ...(await each(few, { days: 1, overlapHours: 1 })), as: owner.browser() }
  },
  'directory.revokeCredential': (ground) => each(async () => ({ id: (await credential(ground, 'bearer')).id })),
  'directory.disable': (ground) => each(async () => (await connected(ground), { reason: 'Attacked' })),
  'directory.people': async () => once({ state: 'member' }),
  'directory.previewRoles': async (ground) => once(await mapping(ground)),
  'directory.applyRoles': async (ground) => {
    const wanted = await mapping(ground)
    return each(async () => ({ hash: (await ground.call(directory.previewRoles, wanted, ground.keys.owner)).hash }), wanted)
  },
  'directory.unmapGroup': (ground) =>
    each(async () => {
      const id = await group(ground)
      await ground.database.query(`update directory_group set role = 'reviewer' where id = $1`, [id])
      return { id }
    }),
  'directory.log': async () => once({ refused: 'true' }),
}

export interface ScimRequest {
  name: string
  method: string
  /** With sqlmap's mark behind every value. */
  path: string
  body: string | null
  headers: Headers
  /** What is answered where nothing is wrong with it. */
  status: number
}

const mark = '*'
const user = (name: string): object => ({
  userName: `${name}${mark}`,
  externalId: `x-${name}${mark}`,
  displayName: `Attacked${mark}`,
  name: { givenName: `Attacked${mark}`, familyName: `Attacked${mark}` },
  emails: [{ value: `${name}@attack.example${mark}`, type: `work${mark}` }],
  active: true,
})
const filter = (text: string): string => `filter=${encodeURIComponent(text)}`.replaceAll('MARK', mark)

/** Every route that a directory may call, with every value marked: addresses, queries, filters, paths of PATCH, bodies. */
export const scimRequests = async (ground: Ground): Promise<ScimRequest[]> => {
  const { key } = await credential(ground, 'bearer')
  const client = await credential(ground, 'client')
  const headers = { authorization: `Bearer ${key}`, 'content-type': 'application/scim+json' }
  const ask = async (path: string, body: unknown): Promise<string> => {
    const answer = await ground.ask('POST', `/scim/v2${path}`, { headers, body })
    if (answer.status !== 201) throw new Error(`${path}: ${answer.status} ${answer.text}`)
    return (JSON.parse(answer.text) as { id: string }).id
  }
  const [userId, groupId] = [
    await ask('/Users', { userName: unused(), active: true }),
    await ask('/Groups', { displayName: `Attacked ${unused()}` }),
  ]
  const changes = (path: string, value: unknown): string =>
    JSON.stringify({ Operations: [{ op: 'replace', path: `${path}${mark}`, value }] })
  const page = `startIndex=1${mark}&count=5${mark}&attributes=userName${mark}`
  const request = (method: string, path: string, body: string | null, status: number): ScimRequest => ({
    ...{ name: `scim ${method} ${path.split('?')[0]?.replaceAll(/\/d[ug]_\w+\*?/g, '/:id')}`, method, body, headers, status },
    path: `/scim/v2${path}`,
  })
  return [
    request('GET', `/Users?${filter('userName eq "aMARK" and externalId eq "bMARK" or active eq true')}&${page}`, null, 200),
    request('GET', `/Users?${filter('meta.created gt "2026-01-01T00:00:00ZMARK" or idMARK eq "x"')}`, null, 200),
    request('GET', `/Users/${userId}${mark}?excludedAttributes=name${mark}`, null, 200),
    request('POST', '/Users', JSON.stringify(user(unused())), 201),
    request('PUT', `/Users/${userId}${mark}`, JSON.stringify(user(unused())), 200),
    request('PATCH', `/Users/${userId}${mark}`, changes('emails[type eq "work"].value', `a@attack.example${mark}`), 200),
    request('GET', `/Groups?${filter('displayName co "aMARK" or members.value eq "bMARK"')}&${page}`, null, 200),
    request('POST', '/Groups', JSON.stringify({ displayName: `Attacked ${unused()}${mark}`, externalId: `x${mark}` }), 201),
    request('PUT', `/Groups/${groupId}${mark}`, JSON.stringify({ displayName: `Attacked ${unused()}${mark}` }), 200),
    request('PATCH', `/Groups/${groupId}${mark}`, changes('members', [{ value: `${userId}${mark}` }]), 200),
    {
      ...request('POST', '/oauth/token', null, 401),
      body: `grant_type=client_credentials&client_id=${client.id}${mark}&client_secret=${'A'.repeat(43)}${mark}`,
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
    },
  ]
}
