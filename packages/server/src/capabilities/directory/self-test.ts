import { request } from 'node:https'
import { createApiKey } from '@holdfast/crypto'
import { directory, DirectoryCredentialId, DirectoryTestId, type DirectoryTest, type OrgId } from '@holdfast/contract'
import type { z } from 'zod'
import { handle } from '../../kernel/handle.ts'
import type { Endpoint } from '../../kernel/http/edge.promises.ts'
import { newIdOf } from '../../kernel/identifier.ts'
import type { Services } from '../../kernel/services.ts'
import { changeAs } from '../../kernel/unit.ts'
import { lockDirectory } from './configuring.ts'
import { coreGroup, coreUser, patchMessage } from './scim/schema.ts'
import './table.ts'

export type Step = z.infer<typeof DirectoryTest>['steps'][number]

const minutes = (count: number): number => count * 60_000
const keptTests = 5

interface Answer {
  status: number
  body: Record<string, unknown>
}

/** As a directory would: over TLS, to our own listener. */
export const askOver =
  ({ host, port, ca }: Endpoint, token: string | null) =>
  (method: string, path: string, body?: unknown): Promise<Answer> =>
    new Promise((resolve, reject) => {
      const payload = body === undefined ? undefined : JSON.stringify(body)
      const headers = {
        ...(token !== null && { authorization: `Bearer ${token}` }),
        'user-agent': 'Holdfast self-test',
        ...(payload !== undefined && { 'content-type': 'application/scim+json', 'content-length': Buffer.byteLength(payload) }),
      }
      const to = {
        host,
        port,
        method,
        path: `/scim/v2${path}`,
        headers,
        servername: 'localhost',
        agent: false,
        timeout: 10_000,
      } as const
      const sent = request({ ...to, ...(ca !== null && { ca }) }, (response) => {
        let text = ''
        response.setEncoding('utf8').on('data', (chunk: string) => (text += chunk))
        response.once('error', reject)
        response.once('end', () => {
          try {
            resolve({ status: response.statusCode ?? 0, body: text === '' ? {} : (JSON.parse(text) as Record<string, unknown>) })
          } catch {
            reject(new Error(`answered ${response.statusCode} with something else than JSON`))
          }
        })
      })
      sent.once('error', reject).once('timeout', () => sent.destroy(new Error('no answer within 10 s')))
      sent.end(payload)
    })

export type Ask = ReturnType<typeof askOver>
type Expect = (answer: Answer) => string | null

const status =
  (wanted: number): Expect =>
  (answer) =>
    answer.status === wanted ? null : `expected ${wanted}`
const holds =
  (wanted: number, what: string, check: (body: Record<string, unknown>) => boolean): Expect =>
  (answer) =>
    status(wanted)(answer) ?? (check(answer.body) ? null : what)

/** The round: each step stands on those before it, and the first that fails ends it. */
export const roundOf = async (ask: Ask, id: string, note: (step: Step) => void): Promise<void> => {
  let failed = false
  const step = async (name: string, asked: () => Promise<Answer>, expect: Expect): Promise<Record<string, unknown>> => {
    if (failed) return {}
    const began = performance.now()
    const took = (): number => Math.round(performance.now() - began)
    try {
      const answer = await asked()
      const wrong = expect(answer)
      failed = wrong !== null
      note({ name, passed: !failed, status: answer.status, milliseconds: took(), detail: wrong ?? 'As it should be.' })
      return answer.body
    } catch (error) {
      failed = true
      note({
        name,
        passed: false,
        status: null,
        milliseconds: took(),
        detail: error instanceof Error ? error.message : 'no answer',
      })
      return {}
    }
  }
  const patch = (...Operations: object[]) => ({ schemas: [patchMessage], Operations })
  const userName = `Self-Test-${id}@directory.invalid`
  const found = `/Users?filter=${encodeURIComponent(`userName eq "${userName.toUpperCase()}"`)}`
  const nobody = holds(200, 'somebody was found', ({ totalResults }) => totalResults === 0)
  const user = { schemas: [coreUser], userName, name: { givenName: 'Self', familyName: 'Test' }, active: true }
  await step('Look for a user who is not there', () => ask('GET', found), nobody)
  const { id: userId } = await step('Make the user', () => ask('POST', '/Users', user), status(201))
  await step('Make them again: refused', () => ask('POST', '/Users', user), status(409))
  await step(
    'Find them by user name, in another case',
    () => ask('GET', found),
    holds(200, 'the user was not found', ({ totalResults }) => totalResults === 1),
  )
  const rename = patch({ op: 'Replace', path: 'name.familyName', value: 'Tested' })
  await step('Change a name', () => ask('PATCH', `/Users/${String(userId)}`, rename), status(200))
  const group = { schemas: [coreGroup], displayName: `Self-test ${id}`, members: [{ value: userId }] }
  const { id: groupId } = await step('Make a group with them in it', () => ask('POST', '/Groups', group), status(201))
  const leave = patch({ op: 'Remove', path: 'members', value: [{ value: userId }] })
  await step('Take them out of the group', () => ask('PATCH', `/Groups/${String(groupId)}`, leave), status(200))
  await step('Remove the group', () => ask('DELETE', `/Groups/${String(groupId)}`), status(204))
  const off = patch({ op: 'Replace', path: 'active', value: 'False' })
  await step(
    'Switch the user off',
    () => ask('PATCH', `/Users/${String(userId)}`, off),
    holds(200, 'still active', ({ active }) => active === false),
  )
  await step('Remove the user', () => ask('DELETE', `/Users/${String(userId)}`), status(204))
  await step('Look for them again: gone', () => ask('GET', `/Users/${String(userId)}`), status(404))
}

/** Ends the test: its steps are kept, and whatever it made and did not remove goes. */
const finish = ({ ground, clock }: Services, orgId: OrgId, id: string, credentialId: string, steps: readonly Step[]) =>
  changeAs(ground, 'directory.test', orgId, async ({ tx }) => {
    const now = clock.now()
    await tx
      .updateTable('directoryTest')
      .set({ endedAt: now, steps: JSON.stringify(steps) })
      .where('id', '=', id)
      .execute()
    await tx.updateTable('directoryCredential').set({ revokedAt: now }).where('id', '=', credentialId).execute()
    await tx.deleteFrom('directoryGroup').where('marked', '=', true).execute()
    await tx.deleteFrom('directoryUser').where('marked', '=', true).execute()
    const kept = await tx.selectFrom('directoryTest').select('id').orderBy('id', 'desc').limit(keptTests).execute()
    const oldest = kept.at(-1)?.id
    if (oldest !== undefined) await tx.deleteFrom('directoryTest').where('id', '<', oldest).execute()
    return { value: null, action: 'directory.test_ended', targetId: id }
  })

const runTest = async (services: Services, orgId: OrgId, id: string, credential: { id: string; key: string }): Promise<void> => {
  const steps: Step[] = []
  const endpoint = services.endpoints.find(({ name }) => name === 'https')
  if (endpoint) await roundOf(askOver(endpoint, credential.key), id, (step) => void steps.push(step))
  else
    steps.push({
      name: 'Reach our own HTTPS listener',
      passed: false,
      status: null,
      milliseconds: 0,
      detail: 'This node has none.',
    })
  await finish(services, orgId, id, credential.id, steps)
}

/** The round begins when this is durable, since it comes in from outside like anybody's. */
export const startTest = handle(directory.startTest, async (_, { tx, person, orgId, now, services, fail, afterCommit }) => {
  const { id: directoryId, disabledAt } = await lockDirectory(tx, fail)
  if (disabledAt !== null) throw fail('directory_disabled', 'Enable the connection first.')
  const since = new Date(now.getTime() - minutes(3)) // one that ended with its process is not waited for
  const running = tx.selectFrom('directoryTest').select('id').where('endedAt', 'is', null)
  if (await running.where('startedAt', '>', since).executeTakeFirst())
    throw fail('test_running', 'A test is running. Wait for it.')
  const id = newIdOf(DirectoryTestId, 'dt')
  const credentialId = newIdOf(DirectoryCredentialId, 'dc')
  const { key, secretHash } = createApiKey(credentialId)
  await tx
    .insertInto('directoryCredential')
    .values({
      ...{ id: credentialId, directoryId, kind: 'test', clientId: null, issuedBy: null, secretHash, createdAt: now },
      ...{ expiresAt: new Date(now.getTime() + minutes(5)), lastUsedAt: null, revokedAt: null },
    })
    .execute()
  await tx.insertInto('directoryTest').values({ id, askedBy: person(), startedAt: now, endedAt: null }).execute()
  afterCommit(() => services.background.run(() => runTest(services, orgId, id, { id: credentialId, key })))
  return { id }
})

export const test = handle(directory.test, async (_, { tx }) => {
  const row = await tx
    .selectFrom('directoryTest')
    .select(['id', 'startedAt', 'endedAt', 'steps'])
    .orderBy('id', 'desc')
    .limit(1)
    .executeTakeFirst()
  if (!row) return { test: null }
  return {
    test: {
      id: DirectoryTestId.parse(row.id),
      startedAt: row.startedAt.toISOString(),
      endedAt: row.endedAt?.toISOString() ?? null,
      steps: row.steps as Step[],
    },
  }
})
