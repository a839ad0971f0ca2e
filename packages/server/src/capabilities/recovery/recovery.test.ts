/** A second factor that is lost: who gets a new one, and who would if a fence were missing. */
import { factor, member, obligations, OrgId, organisation, recovery, session, type RecoveryId } from '@holdfast/contract'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { shareMailbox } from '../../../test/access.ts'
import { enrolPasskey, newPasskey } from '../../../test/passkeys.ts'
import {
  addMember,
  enrol,
  newCaller,
  startPlatform,
  totpCode,
  type Caller,
  type FoundedPlatform,
  type Member,
  type Platform,
} from '../../../test/platform.ts'
import { newOrgId } from '../../kernel/identifier.ts'
import { runDue } from '../../kernel/obligation/engine.ts'
import { confirmRefusal, stillStands } from './rules.ts'

let platform: Platform
let founded: FoundedPlatform
let ann: Member
let ben: Member
beforeAll(async () => {
  platform = await startPlatform()
  founded = await platform.found()
})
afterAll(() => platform.close())
beforeEach(async () => {
  ann = await addMember(platform, founded, 'admin', 'Ann Admin')
  ben = await addMember(platform, founded, 'admin', 'Ben Admin')
})

const hours = (count: number): number => count * 3_600_000
const reason = 'My phone fell into the harbour, and the codes were in it.'

/** Each code works once; a moment ago's would not work again. */
const code = async ({ personId, totpSecret }: { personId: string; totpSecret: string | null }) => {
  await platform.arrange(founded.orgId, 'update totp_factor set last_step = 0 where person_id = $1', [personId])
  return totpCode(totpSecret ?? '', platform.clock.now())
}
/** Signed in with the password, and no further. */
const arrived = async ({ email, password }: Pick<Member, 'email' | 'password'>): Promise<Caller> => {
  const caller = newCaller()
  await platform.call(session.signIn, { email, password }, caller)
  return caller
}
const loser = async (role: 'member' | 'admin' = 'member') => {
  const person = await addMember(platform, founded, role, 'Lou Loser')
  if (role === 'member') await enrol(platform, platform.clock, person.caller)
  const caller = await arrived(person)
  return { ...person, caller, before: person.caller }
}
const asked = async (role: 'member' | 'admin' = 'member') => {
  const lou = await loser(role)
  const { id } = await platform.call(recovery.ask, { reason }, lou.caller)
  return { ...lou, id }
}
const confirm = async (id: RecoveryId, by: Member) => platform.call(recovery.confirm, { id, code: await code(by) }, by.caller)
const confirmRefused = async (id: RecoveryId, by: Member) =>
  platform.refusal(recovery.confirm, { id, code: await code(by) }, by.caller)
const confirmed = async () => {
  const lou = await asked()
  await confirm(lou.id, ann)
  await confirm(lou.id, ben)
  return lou
}
const stateOf = async (id: string) =>
  (await platform.admin.query<{ state: string }>('select state from factor_recovery where id = $1', [id])).rows[0]?.state
const mailsTo = async (personId: string): Promise<number> =>
  Number((await platform.admin.query('select count(*) as n from mail where person_id = $1', [personId])).rows[0].n)
/** The token of the link, as the mail has it: taken from where the next mail would take it. */
const stopToken = async (id: string): Promise<string> => {
  const { rows } = await platform.admin.query<{ sealed: Buffer }>(
    'select token_sealed as sealed from factor_recovery where id = $1',
    [id],
  )
  const { readIn } = await import('../../kernel/unit.ts')
  return readIn(platform.services.ground, founded.orgId, null, ({ vault }) =>
    vault.openText('org', { table: 'factor_recovery', column: 'token_sealed', row: id }, rows[0]?.sealed ?? Buffer.alloc(0)),
  )
}

test('two others confirm, a day passes, the new factor takes the place of the old ones, once', async () => {
  const lou = await asked()
  const mails = await mailsTo(lou.personId)
  expect(await confirm(lou.id, ann)).toMatchObject({ state: 'asked', readyAt: null, ownerNeeded: false })
  const second = await confirm(lou.id, ben)
  expect(second).toMatchObject({ state: 'confirmed', confirmations: [{ personId: ann.personId }, { personId: ben.personId }] })
  expect(await mailsTo(lou.personId)).toBe(mails + 2)
  expect(await platform.refusal(factor.enrolTotp, {}, lou.caller)).toBe('step_up_first')
  platform.clock.advance(hours(24))
  await runDue(platform.services, founded.orgId)
  expect(await mailsTo(lou.personId)).toBe(mails + 3) // it can be used now

  const caller = await arrived(lou)
  expect(await platform.refusal(organisation.read, {}, caller)).toBe('mfa_required') // a right to enrol is no session
  const { id, secret } = await platform.call(factor.enrolTotp, {}, caller)
  expect(await platform.refusal(organisation.read, {}, caller)).toBe('mfa_required')
  const { recoveryCodes } = await platform.call(factor.confirmTotp, { id, code: totpCode(secret, platform.clock.now()) }, caller)
  expect(recoveryCodes).toHaveLength(10)
  await platform.call(organisation.read, {}, caller)
  expect((await platform.call(factor.list, {}, caller)).rows.map((row) => row.id)).toEqual([id])
  expect(await stateOf(lou.id)).toBe('used')
  const { rows } = await platform.call(obligations.list, { subject: lou.id }, caller).catch(() => ({ rows: [] }))
  expect(rows).toEqual([])
  // Replay: the right is gone, and so is every session from before.
  expect(await platform.refusal(session.current, {}, lou.before)).toBe('unauthenticated')
  const again = await arrived(lou)
  expect(await platform.refusal(factor.enrolTotp, {}, again)).toBe('step_up_first')
})

test('a passkey may take the place as well', async () => {
  const lou = await confirmed()
  platform.clock.advance(hours(25))
  const caller = await arrived(lou)
  const { challenge } = await platform.call(factor.enrolPasskey, {}, caller)
  await platform.call(factor.confirmPasskey, { label: 'New', passkey: newPasskey().register(challenge) }, caller)
  expect((await platform.call(factor.list, {}, caller)).rows.map(({ kind }) => kind)).toEqual(['passkey'])
  expect(await stateOf(lou.id)).toBe('used')
})

describe('trespassers', () => {
  test('one Admin twice; the database would not take it either, and two rows without it would open it', async () => {
    const lou = await asked()
    await confirm(lou.id, ann)
    expect(await confirmRefused(lou.id, ann)).toBe('already_confirmed')
    const now = platform.clock.now()
    const hasty = platform.arrange(
      founded.orgId,
      `update factor_recovery set state = 'confirmed', ready_at = $2, ready_until = $3 where id = $1`,
      [lou.id, new Date(now.getTime() + hours(24)), new Date(now.getTime() + hours(96))],
    )
    await expect(hasty).rejects.toThrow('two who confirm')
    const standing = {
      mine: 'admin' as const,
      subject: 'member' as const,
      isSubject: false,
      state: 'asked' as const,
      before: [{ role: 'admin' }],
    }
    expect(confirmRefusal({ ...standing, confirmedAlready: true })).toBe('already_confirmed')
    expect(confirmRefusal({ ...standing, confirmedAlready: false })).toBeNull()
  })

  test('one Admin, or the person, by a second account with the same mailbox; with another mailbox it is another person', async () => {
    const lou = await asked()
    await confirm(lou.id, ann)
    await shareMailbox(platform, founded, ben, ann)
    expect(await confirmRefused(lou.id, ben)).toBe('already_confirmed')
    await shareMailbox(platform, founded, ben, lou)
    expect(await confirmRefused(lou.id, ben)).toBe('own_recovery')
    await shareMailbox(platform, founded, ben, { email: 'ben@example.test' })
    expect(await confirm(lou.id, ben)).toMatchObject({ state: 'confirmed' })
  })

  test('the person, as one of their own two', async () => {
    const lou = await asked('admin')
    await confirm(lou.id, ann)
    const held = { ...lou, caller: lou.before } // a session from before, still confirmed
    expect(await confirmRefused(lou.id, held)).toBe('own_recovery')
    expect(await platform.refusal(recovery.refuse, { id: lou.id, reason: 'x' }, held.caller)).toBe('own_recovery')
    const own = platform.arrange(
      founded.orgId,
      `insert into factor_recovery_confirmation (org_id, recovery_id, subject_id, person_id, role, at) values ($1, $2, $3, $3, 'admin', now())`,
      [founded.orgId, lou.id, lou.personId],
    )
    await expect(own).rejects.toThrow('check')
  })

  test('before the day is over; with the time taken away it opens', async () => {
    const lou = await confirmed()
    platform.clock.advance(hours(24) - 60_000)
    const caller = await arrived(lou)
    expect(await platform.refusal(factor.enrolTotp, {}, caller)).toBe('step_up_first')
    expect(await platform.refusal(factor.enrolPasskey, {}, caller)).toBe('step_up_first')
    const sooner = `update factor_recovery set ready_at = ready_at - interval '1 hour' where id = $1`
    await expect(platform.arrange(founded.orgId, sooner, [lou.id])).rejects.toThrow('fixed')
    await platform.admin.query('alter table factor_recovery disable trigger recovery_is_slow')
    await platform.arrange(founded.orgId, sooner, [lou.id])
    await platform.admin.query('alter table factor_recovery enable trigger recovery_is_slow')
    await platform.call(factor.enrolTotp, {}, caller)
  })

  test('after it was stopped by the link in the mail, or refused', async () => {
    const lou = await confirmed()
    const token = await stopToken(lou.id)
    expect(await platform.call(recovery.stop, { token }, newCaller())).toEqual({ id: lou.id })
    expect(await platform.refusal(recovery.stop, { token }, newCaller())).toBe('link_invalid')
    const other = await confirmed()
    await platform.call(recovery.refuse, { id: other.id, reason: 'It was not Lou.' }, ann.caller)
    platform.clock.advance(hours(25))
    for (const { email, password } of [lou, other])
      expect(await platform.refusal(factor.enrolTotp, {}, await arrived({ email, password }))).toBe('step_up_first')
    expect([await stateOf(lou.id), await stateOf(other.id)]).toEqual(['stopped', 'refused'])
    await expect(
      platform.arrange(founded.orgId, `update factor_recovery set state = 'confirmed', ended_at = null where id = $1`, [lou.id]),
    ).rejects.toThrow('once')
  })

  test('after its three days, and when nobody decided for a week', async () => {
    const [late, undecided] = [await confirmed(), await asked()]
    platform.clock.advance(hours(96) + 60_000)
    const caller = await arrived(late)
    expect(await platform.refusal(factor.enrolTotp, {}, caller)).toBe('step_up_first')
    platform.clock.advance(hours(80))
    await runDue(platform.services, founded.orgId)
    expect([await stateOf(late.id), await stateOf(undecided.id)]).toEqual(['lapsed', 'lapsed'])
  })

  test('the managers of one organisation over somebody who is in another as well, from the first step to the last', async () => {
    const elsewhere = OrgId.parse(newOrgId())
    await platform.arrange(elsewhere, `insert into org (id, slug, name) values ($1, $2, 'Elsewhere')`, [
      elsewhere,
      `else-${elsewhere.slice(0, 13)}`,
    ])
    const join = (personId: string) =>
      platform.arrange(elsewhere, `insert into membership (org_id, person_id, role) values ($1, $2, 'owner')`, [
        elsewhere,
        personId,
      ])
    const lou = await loser()
    const open = await confirmed()
    await join(lou.personId)
    await join(open.personId)
    expect(await platform.refusal(recovery.ask, { reason }, lou.caller)).toBe('not_recoverable_here')
    expect(await platform.refusal(recovery.begin, { personId: lou.personId, reason }, ann.caller)).toBe('not_recoverable_here')
    platform.clock.advance(hours(25))
    const caller = await arrived(open)
    expect(await platform.refusal(factor.enrolTotp, {}, caller)).toBe('step_up_first')
    const { rows } = await platform.admin.query<{ code: string }>(
      `select pg_get_functiondef('belongs_here_only(text)'::regprocedure) as code`,
    )
    const whole = rows[0]?.code ?? ''
    await platform.admin.query(whole.replace('count(*) = 1 and bool_and(m.org_id = current_org())', 'true'))
    await platform.call(factor.enrolTotp, {}, caller)
    await platform.admin.query(whole)
  })

  test('an Admin of another organisation sees none, and confirms none', async () => {
    const lou = await asked()
    const elsewhere = OrgId.parse(newOrgId())
    await platform.arrange(elsewhere, `insert into org (id, slug, name) values ($1, $2, 'Strangers')`, [
      elsewhere,
      `str-${elsewhere.slice(0, 13)}`,
    ])
    const stranger = await addMember(platform, { orgId: elsewhere }, 'owner', 'Stan Stranger')
    expect((await platform.call(recovery.list, {}, stranger.caller)).rows).toEqual([])
    const guess = totpCode(stranger.totpSecret ?? '', platform.clock.now())
    expect(await platform.refusal(recovery.confirm, { id: lou.id, code: guess }, stranger.caller)).toBe('recovery_not_found')
    expect(await platform.refusal(recovery.read, { id: lou.id }, stranger.caller)).toBe('recovery_not_found')
  })

  test('two Admins over an Owner: one of the two must be an Owner', async () => {
    const owner = await addMember(platform, founded, 'owner', 'Ole Owner')
    const { id } = await platform.call(recovery.ask, { reason }, await arrived(owner))
    await confirm(id, ann)
    expect(await confirmRefused(id, ben)).toBe('owner_needed')
    const olga: Member = { ...founded, caller: founded.owner }
    expect(await platform.refusal(recovery.begin, { personId: owner.personId, reason }, ann.caller)).toBe('owner_only')
    const signedIn = await arrived(olga)
    await platform.call(session.confirmFactor, { code: await code(olga) }, signedIn)
    expect(await confirm(id, { ...olga, caller: signedIn })).toMatchObject({ state: 'confirmed', ownerNeeded: true })
  })

  /** An Owner who has just confirmed who they are. */
  const ownersBrowser = async (): Promise<Caller> => {
    const olga: Member = { ...founded, caller: await arrived(founded) }
    await platform.call(session.confirmFactor, { code: await code(olga) }, olga.caller)
    return olga.caller
  }

  test('by the word of somebody who is no Admin any more; demoted past the fence, their word still opens it', async () => {
    const [lou, other] = [await confirmed(), await confirmed()]
    const mails = await mailsTo(lou.personId)
    await platform.arrange(
      founded.orgId,
      `update factor_recovery_confirmation set person_id = $1 where recovery_id = $2 and person_id = $3`,
      [founded.personId, other.id, ann.personId],
    )
    await platform.call(member.changeRole, { id: ann.personId, role: 'member' }, await ownersBrowser())
    expect([await stateOf(lou.id), await stateOf(other.id)]).toEqual(['lapsed', 'confirmed'])
    expect(await mailsTo(lou.personId)).toBe(mails + 1)
    await platform.arrange(founded.orgId, `update membership set role = 'viewer' where person_id = $1`, [ben.personId])
    platform.clock.advance(hours(25))
    expect(await platform.refusal(factor.enrolTotp, {}, await arrived(lou))).toBe('step_up_first')
    await platform.call(factor.enrolTotp, {}, await arrived(other))
  })

  test('of two Admins over somebody who has become Owner meanwhile, or over whom it was before they left', async () => {
    const [raised, removed] = [await confirmed(), await asked()]
    const olga = await ownersBrowser()
    await platform.call(member.remove, { id: removed.personId }, olga)
    await platform.call(member.changeRole, { id: raised.personId, role: 'owner' }, olga)
    expect([await stateOf(raised.id), await stateOf(removed.id)]).toEqual(['lapsed', 'lapsed'])
    expect(stillStands({ state: 'confirmed', subject: 'owner', by: ['admin', 'owner'] })).toBe(true)
    expect(stillStands({ state: 'asked', subject: 'owner', by: ['admin'] })).toBe(true)
  })

  test('a session without a code for this act, and a member', async () => {
    const lou = await asked()
    expect(await platform.refusal(recovery.confirm, { id: lou.id }, ann.caller)).toBe('code_needed')
    const mel = await addMember(platform, founded, 'member')
    expect(await platform.refusal(recovery.confirm, { id: lou.id }, mel.caller)).toBe('forbidden')
    expect(await platform.refusal(recovery.ask, { reason }, mel.caller)).toBe('no_factor_lost')
    expect(await platform.refusal(recovery.ask, { reason }, lou.caller)).toBe('already_asked')
    await enrolPasskey(platform, mel.caller)
  })
})
