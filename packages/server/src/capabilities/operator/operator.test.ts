import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { encryption, invitation, member, operator, organisation, session, type RotatableSecret } from '@holdfast/contract'
import type { z } from 'zod'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { addMember, callersOf, newCaller, startPlatform, type FoundedPlatform, type Platform } from '../../../test/platform.ts'
import { compose, type Composition } from '../../compose.ts'
import { MailNotTaken, MailRefused, type Mailer, type OutgoingMail } from '../../kernel/mailer.ts'
import { createInstallation } from '../../platform/installation.ts'
import { promises } from './promises.ts'
import { saveSecrets } from '../../platform/secrets-file.ts'

let platform: Platform
let founded: FoundedPlatform
let home: string
/** The same platform with secrets outside the database. */
let composition: Composition
beforeAll(async () => {
  platform = await startPlatform()
  founded = await platform.found()
  home = await mkdtemp(join(tmpdir(), 'holdfast-operator-'))
  const secretsFile = join(home, 'secrets.json')
  await saveSecrets(secretsFile, { 'database-app': 'a', 'database-jobs': 'b' }, platform.keyServer.client)
  const installation = createInstallation({
    secretsFile,
    keyServer: platform.keyServer.client,
    pools: { app: platform.pool, jobs: platform.jobsPool },
  })
  composition = compose({ ...platform.options, installation })
})
afterAll(async () => {
  await composition.close()
  await platform.close()
  await rm(home, { recursive: true, force: true })
})

const runJob = async (
  name: string,
  payload: Record<string, unknown> = {},
  { of = composition, orgId = founded.orgId } = {},
): Promise<void> => {
  const found = of.jobs.find((job) => job.name === name)
  if (!found) throw new Error(`no job ${name}`)
  await found.run(found.payload.parse(payload) as never, { services: of.path.services, orgId, personId: null, log: () => {} })
}
const mailer = (send: Mailer['send']): Composition => compose({ ...platform.options, mailer: { send } })
const lastMail = async (orgId: string = founded.orgId) => {
  const { rows } = await platform.admin.query<{
    id: string
    state: string
    text_sealed: Buffer | null
    failure: string | null
    entries: string
  }>(`select id, state, text_sealed, failure from mail where org_id = $1 order by id desc limit 1`, [orgId])
  const [row] = rows
  if (!row) throw new Error('no mail')
  return row
}
const invited = async (email: string) => {
  await platform.call(invitation.create, { email, role: 'viewer' }, founded.owner)
  return lastMail()
}

test('a mail is sent once, and its text goes', async () => {
  const { id } = await invited('sent@example.test')
  const sent: OutgoingMail[] = []
  const of = mailer(async (mail) => void sent.push(mail))
  await runJob('mail.send', { id }, { of })
  await runJob('mail.send', { id }, { of })
  expect(sent).toHaveLength(1)
  expect(sent[0]).toMatchObject({ id, to: 'sent@example.test', subject: 'Invitation to Example Ltd' })
  expect(await lastMail()).toMatchObject({ state: 'sent', text_sealed: null })
})

test('what may pass is tried again for an hour; what is refused has failed, without personal data', async () => {
  const { id } = await invited('later@example.test')
  const busy = mailer(() => Promise.reject(new MailNotTaken('451')))
  await expect(runJob('mail.send', { id }, { of: busy })).rejects.toThrow('451')
  expect(await lastMail()).toMatchObject({ state: 'queued' })
  platform.clock.advance(3_700_000)
  await runJob('mail.send', { id }, { of: busy })
  platform.clock.advance(-3_700_000)
  expect(await lastMail()).toMatchObject({
    state: 'failed',
    text_sealed: null,
    failure: 'The mail server did not take it for an hour (451).',
  })
  const refused = await invited('refused@example.test')
  await runJob('mail.send', { id: refused.id }, { of: mailer(() => Promise.reject(new MailRefused(550))) })
  expect(await lastMail()).toMatchObject({ state: 'failed', failure: 'The mail server refused it (550).' })
})

test('without a mail server the operator hands mail over, that of other organisations too; read behind a step-up', async () => {
  const { id } = await platform.call(
    organisation.create,
    { name: 'Elsewhere Ltd', ownerEmail: 'boss@example.test' },
    founded.owner,
  )
  const theirs = await lastMail(id)
  const before = await platform.admin.query('select count(*)::int as n from ledger')
  await runJob('mail.send', { id: theirs.id }, { orgId: id as never })
  await runJob('mail.send', { id: theirs.id }, { orgId: id as never })
  const after = await platform.admin.query('select count(*)::int as n from ledger')
  expect(after.rows[0].n - before.rows[0].n).toBe(2) // one entry in each organisation
  expect(await lastMail(id)).toMatchObject({ state: 'held', text_sealed: null })
  const { rows } = await platform.call(operator.outbox, {}, founded.owner)
  expect(rows.find((row) => row.id === theirs.id)).toMatchObject({ to: 'boss@example.test', state: 'held' })
  const read = await platform.call(operator.mail, { id: theirs.id as never }, founded.owner)
  const token = /#(\S+)/.exec(read.text)?.[1] ?? ''
  expect((await platform.call(invitation.preview, { token }, newCaller())).organisation).toBe('Elsewhere Ltd')
  await platform.call(invitation.accept, { token, name: 'Boss', password: 'a rather long one for bosses' }, newCaller())
  const boss = newCaller()
  await platform.call(session.signIn, { email: 'boss@example.test', password: 'a rather long one for bosses' }, boss)
  expect(await platform.refusal(operator.outbox, {}, boss)).toBe('mfa_required')
  expect((await platform.call(operator.organisations, {}, founded.owner)).rows.map(({ name }) => name)).toEqual([
    'Elsewhere Ltd',
    'Example Ltd',
  ])
})

test('the operator’s pages are the operator’s: other managers and other roles are refused', async () => {
  const reviewer = await addMember(platform, founded, 'reviewer')
  for (const operation of [operator.outbox, operator.keys, operator.health, operator.organisations]) {
    expect(await platform.refusal(operation, {}, reviewer.caller)).toBe('forbidden')
  }
  expect(await platform.refusal(operator.mail, { id: 'ma_00000000000000000000000000' as never }, founded.owner)).toBe(
    'mail_not_found',
  )
})

test('tells how the installation is, and every secret with its age', async () => {
  const { call } = callersOf(composition)
  const health = await call(operator.health, {}, founded.owner)
  expect(health.parts.filter(({ ok }) => !ok)).toEqual([])
  expect(health.requests).toMatchObject({ shed: 0, limited: 0 })
  const { rows } = await call(operator.keys, {}, founded.owner)
  expect(new Set(rows.map(({ kind }) => kind))).toEqual(
    new Set(['master_key', 'checkpoint_key', 'token_signing_key', 'refresh_key', 'data_key', 'database_password']),
  )
  expect(rows.filter(({ due }) => due)).toEqual([])
  const [kept] = promises
  const context = { services: composition.path.services, orgId: founded.orgId, personId: null, log: () => {} }
  expect(await kept?.check(context)).toMatchObject({ kept: true })
  platform.clock.advance(91 * 86_400_000)
  const late = await kept?.check(context)
  platform.clock.advance(-91 * 86_400_000)
  expect(late?.kept).toBe(false)
  expect(late?.proof).toContain('Refresh-token key (version 1)')
})

/** Everything a caller does all day, over and over, until told to stop; returns how many calls there were. None may fail. */
const underLoad = async (work: () => Promise<void>): Promise<number> => {
  const { call } = callersOf(composition)
  let stop = false
  let calls = 0
  const callers = [founded.owner, (await addMember(platform, founded, 'reviewer')).caller]
  const load = callers.map(async (caller) => {
    while (!stop) {
      await call(session.current, {}, caller)
      await call(member.list, {}, caller)
      await call(session.refresh, {}, caller)
      await call(encryption.keys, {}, founded.owner)
      calls += 4
    }
  })
  const all = Promise.all(load)
  await Promise.race([work(), all]).finally(() => (stop = true))
  await all
  return calls
}

test('rotates each secret while requests run, and loses none', async () => {
  const { call, refusal } = callersOf(composition)
  const secrets: z.infer<typeof RotatableSecret>[] = ['master', 'token-signing', 'refresh', 'checkpoint-signing']
  const calls = await underLoad(async () => {
    for (const secret of secrets) {
      const { version } = await call(operator.rotate, { secret }, founded.owner)
      expect(version).toBeGreaterThan(1)
    }
    await runJob('operator.rewrap')
    await runJob('operator.retire')
    composition.path.services.ground.keyCache.forget() // as after five minutes: every key must come from the key server anew
    await call(member.list, {}, founded.owner)
  })
  expect(calls).toBeGreaterThan(8)
  expect((await platform.jobsPool.query('select * from list_stale_data_keys(2, 10)')).rows).toEqual([])
  const { rings } = await platform.keyServer.client.keys()
  expect(rings.find(({ name }) => name === 'tenant')?.versions.map(({ state }) => state)).toEqual(['retired', 'active'])
  const outcomes = await Promise.allSettled(
    [1, 2, 3].map(() => call(operator.rotate, { secret: 'token-signing' }, founded.owner)),
  )
  expect(outcomes.some(({ status }) => status === 'fulfilled')).toBe(true)
  const viewer = await addMember(platform, founded, 'viewer')
  expect(await refusal(operator.rotate, { secret: 'master' }, viewer.caller)).toBe('forbidden')
})

test('a new data key seals what comes, and what is stored follows', async () => {
  const { call } = callersOf(composition)
  await platform.call(invitation.create, { email: 'reseal@example.test', role: 'viewer' }, founded.owner)
  const { version } = await call(encryption.rotateDataKey, {}, founded.owner)
  expect(version).toBe(2)
  const oldKey = (
    await platform.admin.query<{ key_id: Buffer }>(`select key_id from data_key where scope = $1 and state = 'retired'`, [
      `org:${founded.orgId}`,
    ])
  ).rows[0]
  const sealedByOld = async () => {
    const { rows } = await platform.admin.query<{ n: number }>(
      'select (select count(*) from invitation where substring(email_sealed from 5 for 16) = $1)::int + (select count(*) from mail where org_id = $2 and substring(to_sealed from 5 for 16) = $1)::int as n',
      [oldKey?.key_id, founded.orgId],
    )
    return rows[0]?.n
  }
  expect(await sealedByOld()).toBeGreaterThan(3)
  await runJob('encryption.reseal')
  expect(await sealedByOld()).toBe(0)
  expect((await call(invitation.list, {}, founded.owner)).rows.map(({ email }) => email)).toContain('reseal@example.test')
  const { rows } = await platform.admin.query(
    `select 1 from ledger where org_id = $1 and body::jsonb ->> 'action' = 'encryption.data_resealed'`,
    [founded.orgId],
  )
  expect(rows.length).toBeGreaterThan(1)
  const both = await Promise.all([
    call(encryption.rotateDataKey, {}, founded.owner),
    call(encryption.rotateDataKey, {}, founded.owner),
  ])
  expect(both.map((row) => row.version).toSorted((a, b) => a - b)).toEqual([3, 4])
  expect((await call(encryption.keys, {}, founded.owner)).rows.map((row) => row.version)).toEqual([4, 3, 2, 1])
})
