import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest'
import { account, session } from '@holdfast/contract'
import { mailsTo as mailsOf } from '../../../test/mails.ts'
import {
  addMember,
  enrol,
  newCaller,
  startPlatform,
  type Caller,
  type FoundedPlatform,
  type Member,
  type Platform,
} from '../../../test/platform.ts'
import { questionsIn, timesTheWork } from '../../../test/work.ts'

let platform: Platform
let founded: FoundedPlatform
let member: Member
beforeAll(async () => {
  platform = await startPlatform()
  founded = await platform.found()
})
beforeEach(async () => {
  member = await addMember(platform, founded, 'member')
})
afterAll(() => platform.close())

const next = 'five umbrellas in the attic'
const from = (address: string): Caller => newCaller({ origin: { address, agent: 'curl/8' } })

const mailsTo = ({ personId }: Member): Promise<string[]> => mailsOf(platform, founded.orgId, personId)
const linkOf = async (whose: Member): Promise<string> => {
  await platform.call(account.requestReset, { email: whose.email }, newCaller())
  return /\/reset\/new#(\S+)/.exec((await mailsTo(whose)).at(-1) ?? '')?.[1] ?? ''
}

test('a new name', async () => {
  await platform.call(account.rename, { name: 'Mel Mooney' }, member.caller)
  expect((await platform.call(session.current, {}, member.caller)).person.name).toBe('Mel Mooney')
})

describe('a changed password', () => {
  test('needs the current one, refuses common ones, ends the other sessions', async () => {
    const { caller, email, password } = member
    const other = newCaller()
    await platform.call(session.signIn, { email, password }, other)
    expect(await platform.refusal(account.changePassword, { current: 'no no no no', next }, caller)).toBe('password_refused')
    expect(await platform.refusal(account.changePassword, { current: password, next: 'Password1234!' }, caller)).toBe(
      'password_too_common',
    )
    const before = newCaller({ ...caller })
    expect(await platform.call(account.changePassword, { current: password, next }, caller)).toMatchObject({ sessionsEnded: 1 })
    expect(await platform.refusal(session.current, {}, other)).toBe('unauthenticated')
    expect(await platform.refusal(session.current, {}, before)).toBe('unauthenticated')
    expect(await platform.call(session.current, {}, caller)).toMatchObject({ next: 'done' })
    expect(await platform.refusal(session.signIn, { email, password }, newCaller())).toBe('sign_in_refused')
  })
})

test('while a password is checked, no connection to the database waits', async () => {
  const { caller, password } = member
  const { passwords } = platform.services
  const busy: number[] = []
  const verify = vi.spyOn(passwords, 'verify').mockImplementation(async () => {
    busy.push(platform.pool.totalCount - platform.pool.idleCount)
    return false
  })
  try {
    expect(await platform.refusal(account.changePassword, { current: password, next }, caller)).toBe('password_refused')
  } finally {
    verify.mockRestore()
  }
  expect(busy).toEqual([0])
})

describe('a reset', () => {
  test('by link: once, within 30 minutes, ends every session', async () => {
    const { caller, email } = member
    const [early, token] = [await linkOf(member), await linkOf(member)]
    await platform.call(account.resetPassword, { token, password: next }, newCaller())
    expect(await platform.refusal(session.current, {}, caller)).toBe('unauthenticated')
    expect(await platform.refusal(account.resetPassword, { token, password: next }, newCaller())).toBe('link_invalid')
    expect(await platform.refusal(account.resetPassword, { token: early, password: next }, newCaller())).toBe('link_invalid')
    expect(await platform.call(session.signIn, { email, password: next }, newCaller())).toMatchObject({ next: 'done' })
    const { rows } = await platform.admin.query('select body from ledger')
    for (const { body } of rows) expect(body).not.toContain(token)
  })

  test('two at once with one link: one succeeds', async () => {
    const token = await linkOf(member)
    const answers = await Promise.allSettled(
      [1, 2].map((n) => platform.call(account.resetPassword, { token, password: `${next} ${n}` }, newCaller())),
    )
    expect(answers.map(({ status }) => status).toSorted()).toEqual(['fulfilled', 'rejected'])
  })

  test('does not skip the second factor', async () => {
    await enrol(platform, platform.clock, member.caller)
    const token = await linkOf(member)
    await platform.call(account.resetPassword, { token, password: next }, newCaller())
    const caller = newCaller()
    expect(await platform.call(session.signIn, { email: member.email, password: next }, caller)).toMatchObject({
      next: 'confirm_factor',
    })
    expect(await platform.refusal(account.rename, { name: 'Thief' }, caller)).toBe('mfa_required')
  })

  test('expired, unknown or cut links are refused alike; a common password leaves the link usable', async () => {
    const token = await linkOf(member)
    expect(await platform.refusal(account.resetPassword, { token: `${token.slice(0, -1)}_`, password: next }, newCaller())).toBe(
      'link_invalid',
    )
    expect(await platform.refusal(account.resetPassword, { token, password: 'Passwort2026!' }, newCaller())).toBe(
      'password_too_common',
    )
    await platform.arrange(
      founded.orgId,
      `update password_reset set expires_at = now() - interval '1 second' where person_id = $1`,
      [member.personId],
    )
    expect(await platform.refusal(account.resetPassword, { token, password: next }, newCaller())).toBe('link_invalid')
  })

  test('asked for: the same answer, entry and work for known and unknown addresses; three open links at most', async () => {
    const asking = (email: string) => async () =>
      expect(await platform.call(account.requestReset, { email }, newCaller())).toEqual({ sent: true })
    const [known, unknown] = [asking(member.email), asking('nobody@example.test')]
    // Whether there is such a person is looked up after the answer, which is not counted.
    expect(await timesTheWork(known, unknown, { pairs: 9, between: platform.settle })).toBeLessThan(2)
    await platform.settle()
    // Were the answer to wait for the link, the database would be turned to more often for who is there.
    const waiting = (work: () => Promise<unknown>) => async () => void (await work(), await platform.services.background.idle())
    const { pool, aside } = platform.options
    const asked = (work: () => Promise<unknown>) => questionsIn([pool, aside], work)
    expect(await asked(waiting(known))).toBeGreaterThan(await asked(waiting(unknown)))
    const { rows } = await platform.admin.query('select count(*)::int as n from password_reset where person_id = $1', [
      member.personId,
    ])
    expect(rows[0].n).toBe(3)
    const entries = await platform.admin.query(
      `select body::jsonb->'target'->>'id' as id from ledger where body::jsonb->>'action' = 'account.reset_requested'`,
    )
    expect(new Set(entries.rows.map(({ id }) => id as string))).toEqual(new Set(['account']))
  })
})

describe('guessing passwords', () => {
  test('is slowed for known and unknown addresses alike', async () => {
    for (const [index, email] of [member.email, 'nobody@example.test'].entries()) {
      const codes: string[] = []
      for (let n = 0; n < 8; n++)
        codes.push(await platform.refusal(session.signIn, { email, password: `a guess ${n}` }, from(`198.51.100.${index}`)))
      expect(codes).toEqual([...Array<string>(5).fill('sign_in_refused'), ...Array<string>(3).fill('rate_limited')])
    }
  })

  test('from elsewhere does not lock the owner of the account out at home', async () => {
    const { email, password } = member
    for (let n = 0; n < 25; n++)
      await platform.refusal(session.signIn, { email, password: `a guess ${n}` }, from(`203.0.113.${n}`))
    expect(await platform.refusal(session.signIn, { email, password }, from('203.0.113.200'))).toBe('rate_limited')
    expect(await platform.call(session.signIn, { email, password }, newCaller())).toMatchObject({ next: 'done' })
  })

  test('is forgotten after a month', async () => {
    await platform.admin.query(`insert into guess (name, last_at) values ('\\x01', now() - interval '32 days')`)
    const forget = platform.composition.schedules.find(({ name }) => name === 'session.forget-guesses')
    await forget?.run({ services: platform.services, orgId: founded.orgId, personId: null, log: () => undefined })
    const { rows } = await platform.admin.query(`select count(*)::int as n from guess where name = '\\x01'`)
    expect(rows[0].n).toBe(0)
  })

  test('is noted in the access log of the person’s organisation', async () => {
    await platform.refusal(session.signIn, { email: member.email, password: 'a guess' }, from('198.51.100.77'))
    await platform.settle()
    const { rows } = await platform.admin.query('select actor, outcome from access_log where target = $1', [member.personId])
    expect(rows).toEqual([{ actor: 'anonymous', outcome: 'refused:sign_in_refused' }])
  })
})

test('a sign-in by a new device is told by mail, a known one is not', async () => {
  const { email, password } = member
  await platform.call(session.signIn, { email, password }, newCaller())
  expect(await mailsTo(member)).toEqual([])
  await platform.call(
    session.signIn,
    { email, password },
    newCaller({ origin: { address: '203.0.113.5', agent: 'Mozilla/5.0 (Windows NT 10.0) Chrome/149.0' } }),
  )
  const [mail] = await mailsTo(member)
  expect(mail).toContain('Chrome on Windows, address 203.0.113.5')
  expect(platform.errors).toEqual([])
})
