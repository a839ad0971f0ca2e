/** Who must not get in (C5): each fence with somebody who tries it; where it can be taken away, what happens then. */
import {
  allOperations,
  apiKey,
  grant,
  host,
  member,
  policy,
  session,
  SessionId,
  staff,
  staffAccess,
  type StaffGrantId,
} from '@holdfast/contract'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { newCaller, totpCode } from '../../../test/platform.ts'
import { setStaffStage, type Person, type StaffStage } from '../../../test/staff.ts'
import { newId, newIdOf } from '../../kernel/identifier.ts'
import { permit } from '../../kernel/permit.ts'
import type { StaffPrincipal } from '../../kernel/principal.ts'
import { Problem } from '../../kernel/problem.ts'

let stage: StaffStage
beforeAll(async () => {
  stage = await setStaffStage()
}, 60_000)
afterAll(() => stage?.platform.close())

const nothing = 'sg_00000000000000000000000000' as StaffGrantId

/** Enters the database as the application would, by this grant, and counts the policies and members it then sees. */
const enterRaw = async (grantId: string, person: Person, orgId: string, noted: object | null = {}): Promise<number> => {
  const client = await stage.platform.pool.connect()
  const note = noted && { id: newId('al'), at: new Date(), operation: 'x.raw', permission: 'x', origin: '', ...noted }
  try {
    await client.query('begin')
    await client.query('select enter_as_staff($1, $2, $3, $4)', [orgId, person.personId, grantId, note && JSON.stringify(note)])
    const { rows } = await client.query<{ count: string }>('select count(*) from membership')
    return Number(rows[0]?.count)
  } finally {
    await client.query('rollback')
    client.release()
  }
}

/** Runs `work` with a function of the database changed as said, then puts it back. */
const without = async (name: string, part: string, work: () => Promise<unknown>, instead = ''): Promise<void> => {
  const { admin } = stage.platform
  const { rows } = await admin.query<{ code: string }>('select pg_get_functiondef($1::regprocedure) as code', [name])
  const whole = rows[0]?.code ?? ''
  expect(whole).toContain(part)
  await admin.query(whole.replace(part, instead))
  try {
    await work()
  } finally {
    await admin.query(whole)
  }
}
const live = 'staff_grant_live(uuid, text, text)'

const enterCode = async (id: StaffGrantId, who: Person) => ({ id, code: await stage.code(who) })

describe('getting in', () => {
  test('without a grant: no switching, no entering, no session of the database’s', async () => {
    const { platform, sam, customerOrg } = stage
    expect(await platform.refusal(session.switchOrganisation, { orgId: customerOrg }, sam.caller)).toBe('organisation_not_found')
    expect(await platform.refusal(staff.enter, await enterCode(nothing, sam), sam.caller)).toBe('staff_access_not_found')
    await expect(enterRaw(nothing, sam, customerOrg)).rejects.toMatchObject({ code: 'HF005' })
    await expect(enterRaw('', sam, customerOrg)).rejects.toMatchObject({ code: 'HF005' })
  })

  test('with one that was denied, taken back, lapsed, or is only asked for', async () => {
    const { platform, sam, carla, customerOrg } = stage
    const refused = async (id: StaffGrantId) => {
      expect(await platform.refusal(staff.enter, await enterCode(id, sam), sam.caller)).toBe('staff_access_not_live')
      await expect(enterRaw(id, sam, customerOrg)).rejects.toMatchObject({ code: 'HF005' })
    }
    const asked = await stage.ask()
    await refused(asked.id)
    expect(await platform.refusal(staff.request, { orgId: customerOrg, reason: 'x', seconds: 600, code: await stage.code(sam) }, sam.caller)).toBe('already_requested') // prettier-ignore
    await platform.call(staffAccess.deny, { id: asked.id }, carla.caller)
    await refused(asked.id)
    expect(await platform.refusal(staffAccess.approve, await stage.answer(asked), carla.caller)).toBe('not_requested')
    const taken = await stage.ask()
    await platform.call(staff.giveBack, { id: taken.id }, sam.caller)
    await refused(taken.id)
    expect(await platform.refusal(staffAccess.approve, await stage.answer(taken), carla.caller)).toBe('not_requested')
  })

  test('with one that ran out: nothing needs to notice; without that line of the database they would be in', async () => {
    const { platform, sam, customerOrg } = stage
    const { grant: given, caller } = await stage.inside()
    const past = `update staff_grant set starts_at = now() - interval '20 minutes', ends_at = now() - interval '1 second' where id = $1`
    await platform.admin.query('alter table staff_grant disable trigger request_is_fixed')
    try {
      await platform.arrange(customerOrg, past, [given.id])
    } finally {
      await platform.admin.query('alter table staff_grant enable trigger request_is_fixed')
    }
    expect(await platform.refusal(policy.list, {}, caller)).toBe('staff_access_ended')
    await expect(enterRaw(given.id, sam, customerOrg)).rejects.toMatchObject({ code: 'HF005' })
    await without(live, 'and g.ends_at > statement_timestamp()', async () => {
      expect(await enterRaw(given.id, sam, customerOrg)).toBe(3)
      // The process looks at its own clock as well.
      expect(await platform.refusal(policy.list, {}, caller)).toBe('staff_access_ended')
    })
  })

  test('for another organisation, or somebody else’s', async () => {
    const { platform, sam, stella, customerOrg, otherOrg } = stage
    const { grant: given } = await stage.inside()
    await expect(enterRaw(given.id, sam, otherOrg)).rejects.toMatchObject({ code: 'HF005' })
    await expect(enterRaw(given.id, stella, customerOrg)).rejects.toMatchObject({ code: 'HF005' })
    expect(await platform.refusal(staff.enter, await enterCode(given.id, stella), stella.caller)).toBe('staff_access_not_found')
    expect(await platform.refusal(staff.giveBack, { id: given.id }, stella.caller)).toBe('staff_access_not_found')
    await without(live, 'and g.person_id = person', async () => {
      expect(await enterRaw(given.id, stella, customerOrg)).toBe(3)
    })
    // A session cannot be made of it either, nor an old one turned into one.
    const insert = `insert into session (id, person_id, org_id, expires_at, idle_expires_at, staff_grant_id)
      values ('se_planted', $1, $2, now() + interval '1 hour', now() + interval '1 hour', $3)`
    await expect(platform.arrange(customerOrg, insert, [stella.personId, customerOrg, given.id])).rejects.toThrow(
      /no staff access/,
    )
    await expect(platform.arrange(otherOrg, insert, [sam.personId, otherOrg, given.id])).rejects.toThrow(/no staff access/)
    const turn = 'update session set org_id = $2, staff_grant_id = $3 where person_id = $1 and revoked_at is null'
    await expect(platform.arrange(customerOrg, turn, [sam.personId, customerOrg, given.id])).rejects.toThrow(
      /keeps its staff access/,
    )
  })

  test('by an API key, by an agent, by a customer’s own people', async () => {
    const { platform, founded, sam, carla } = stage
    const { grant: given } = await stage.inside()
    const { key } = await platform.call(apiKey.create, { name: 'k', role: 'member' }, await stage.signedIn(sam))
    const byKey = newCaller({ apiKey: key })
    expect(await platform.refusal(staff.enter, await enterCode(given.id, sam), byKey)).toBe('session_required')
    expect((await platform.call(staffAccess.list, {}, byKey)).rows).toEqual([]) // of the operator's own organisation
    const input = { orgId: stage.customerOrg, reason: 'x', seconds: 600, code: '000000' }
    expect(await platform.refusal(staff.request, input, byKey)).toBe('session_required')
    expect(await platform.refusal(staff.request, input, carla.caller)).toBe('forbidden')
    expect(await platform.refusal(staff.enter, await enterCode(given.id, carla), carla.caller)).toBe('forbidden')
    const agent = { kind: 'agent', agentId: newId('ag'), hostId: newId('ho'), orgId: founded.orgId } as never
    for (const operation of [staff.request, staff.enter, staff.leave, staffAccess.approve, staffAccess.list])
      expect(() => permit(operation, agent, new Date())).toThrow(Problem)
  })

  test('with a code that is stale, used, or somebody else’s', async () => {
    const { platform, sam, stella, customerOrg } = stage
    const ask = (code: string) => ({ orgId: customerOrg, reason: 'x', seconds: 600, code })
    const stale = totpCode(sam.totpSecret, platform.clock.now(), -10)
    expect(await platform.refusal(staff.request, ask(stale), sam.caller)).toBe('code_refused')
    expect(await platform.refusal(staff.request, ask(await stage.code(stella)), sam.caller)).toBe('code_refused')
    const code = await stage.code(sam)
    const asked = await platform.call(staff.request, ask(code), sam.caller)
    await stage.approve(asked)
    expect(await platform.refusal(staff.enter, { id: asked.id, code }, sam.caller)).toBe('code_refused')
  })
})

describe('agreeing', () => {
  test('not the operator’s own people, though they belong to the customer’s too; the database holds to it as well', async () => {
    const { platform, sam, stella, customerOrg, founded } = stage
    const join = `insert into membership (org_id, person_id, role) values ($1, $2, 'owner')`
    const leave = 'delete from membership where org_id = $1 and person_id = $2'
    const asked = await stage.ask()
    for (const who of [sam, stella]) {
      await platform.arrange(customerOrg, join, [customerOrg, who.personId])
      const caller = await stage.signedIn(who)
      const { organisation } = await platform.call(session.current, {}, caller)
      if (organisation.id !== customerOrg) await platform.call(session.switchOrganisation, { orgId: customerOrg }, caller)
      expect(await platform.refusal(staffAccess.approve, await stage.answer(asked, who), caller)).toBe('own_request')
    }
    const agree = `update staff_grant set state = 'approved', approved_by = $2, starts_at = now(), ends_at = now() + interval '10 minutes' where id = $1`
    await expect(platform.arrange(customerOrg, agree, [asked.id, sam.personId])).rejects.toThrow(/check constraint/)
    await platform.arrange(customerOrg, agree, [asked.id, stella.personId])
    await expect(enterRaw(asked.id, sam, customerOrg)).rejects.toMatchObject({ code: 'HF005' })
    await without(live, 'own.org_id = home.id', async () => {
      expect(await enterRaw(asked.id, sam, customerOrg)).toBe(5)
    }, 'false') // prettier-ignore
    for (const who of [sam, stella]) await platform.arrange(customerOrg, leave, [customerOrg, who.personId])
    // One who belongs to both has their own rights there, and no more by being staff.
    expect(founded.orgId).not.toBe(customerOrg)
  })

  test('nor do they allow it in advance; the database holds to it, for what one allowed before they came as well', async () => {
    const { platform, stella, sam, customerOrg } = stage
    const join = `insert into membership (org_id, person_id, role) values ($1, $2, 'owner')`
    await platform.arrange(customerOrg, join, [customerOrg, stella.personId])
    const caller = await stage.signedIn(stella)
    const { organisation } = await platform.call(session.current, {}, caller)
    if (organisation.id !== customerOrg) await platform.call(session.switchOrganisation, { orgId: customerOrg }, caller)
    const allow = { role: 'viewer' as const, maxSeconds: 3600, ticketRequired: false }
    expect(await platform.refusal(staffAccess.allowAhead, allow, caller)).toBe('own_request')

    await platform.call(staffAccess.allowAhead, allow, await stage.signedIn(stage.carla))
    await platform.arrange(customerOrg, 'update staff_policy set set_by = $1 where withdrawn_at is null', [stella.personId])
    const given = await stage.ask()
    await expect(enterRaw(given.id, sam, customerOrg)).rejects.toMatchObject({ code: 'HF005' })
    await without(live, 'theirs.org_id = home.id', async () => {
      expect(await enterRaw(given.id, sam, customerOrg)).toBe(4)
    }, 'false') // prettier-ignore
    await platform.call(staffAccess.withdraw, {}, stage.carla.caller)
    await platform.arrange(customerOrg, 'delete from membership where org_id = $1 and person_id = $2', [
      customerOrg,
      stella.personId,
    ])
  })

  test('not what was not read, not twice, not by whoever may not', async () => {
    const { platform, carla, viewer, otto, sam } = stage
    const asked = await stage.ask()
    const answer = await stage.answer(asked)
    const changed = { ...answer, requestHash: 'f'.repeat(64) }
    expect(await platform.refusal(staffAccess.approve, changed, carla.caller)).toBe('request_changed')
    expect(await platform.refusal(staffAccess.approve, await stage.answer(asked, viewer), viewer.caller)).toBe('forbidden')
    expect(await platform.refusal(staffAccess.approve, await stage.answer(asked, otto), otto.caller)).toBe(
      'staff_access_not_found',
    )
    const staleCode = totpCode(carla.totpSecret, platform.clock.now(), -10)
    expect(await platform.refusal(staffAccess.approve, { ...answer, code: staleCode }, carla.caller)).toBe('code_refused')
    const approved = await stage.approve(asked)
    expect(await platform.refusal(staffAccess.approve, await stage.answer(asked), carla.caller)).toBe('not_requested')
    await platform.call(staffAccess.end, { id: approved.id }, carla.caller)
    expect(await platform.refusal(staffAccess.approve, await stage.answer(asked), carla.caller)).toBe('not_requested')
    expect(await platform.refusal(staff.enter, await enterCode(asked.id, sam), sam.caller)).toBe('staff_access_not_live')
  })

  test('edited after it was asked for: the database refuses; without that the hash is another', async () => {
    const { platform, customerOrg, carla } = stage
    const asked = await stage.ask()
    for (const change of [
      `role = 'reviewer'`,
      'write = true',
      'seconds = 28800',
      `ticket = 'X'`,
      `request_hash = repeat('0', 64)`,
    ])
      await expect(platform.arrange(customerOrg, `update staff_grant set ${change} where id = $1`, [asked.id])).rejects.toThrow(
        /cannot be changed/,
      )
    await platform.admin.query('alter table staff_grant disable trigger request_is_fixed')
    try {
      await platform.arrange(customerOrg, 'update staff_grant set write = true where id = $1', [asked.id])
    } finally {
      await platform.admin.query('alter table staff_grant enable trigger request_is_fixed')
    }
    expect(await platform.refusal(staffAccess.approve, await stage.answer(asked), carla.caller)).toBe('request_changed')
    await platform.call(staffAccess.deny, { id: asked.id }, carla.caller)
    const { grant: given } = await stage.inside()
    const longer = `update staff_grant set ends_at = ends_at + interval '1 minute' where id = $1`
    await expect(platform.arrange(customerOrg, longer, [given.id])).rejects.toThrow(/cannot be changed/)
  })

  test('an approver who is none any more: what they gave is over', async () => {
    const { platform, customerOrg, carlo, sam } = stage
    const { grant: given, caller } = await stage.inside({}, carlo)
    const become = (role: string) =>
      platform.arrange(customerOrg, 'update membership set role = $2 where person_id = $1', [carlo.personId, role])
    await become('member')
    expect(await platform.refusal(policy.list, {}, caller)).toBe('staff_access_ended')
    await expect(enterRaw(given.id, sam, customerOrg)).rejects.toMatchObject({ code: 'HF005' })
    const manages = `and m.role in ('owner', 'admin')`
    await without(live, manages, async () => expect(await enterRaw(given.id, sam, customerOrg)).toBe(3))
    await become('admin')
  })

  test('a standing policy withdrawn while somebody is in; one that was only marked so, too', async () => {
    const { platform, carla, sam, customerOrg } = stage
    const allow = { role: 'viewer' as const, maxSeconds: 3600, ticketRequired: false }
    await platform.call(staffAccess.allowAhead, allow, await stage.signedIn(carla))
    const first = await stage.ask()
    const caller = await stage.enter(first.id)
    await platform.call(policy.list, {}, caller)
    expect(await platform.call(staffAccess.withdraw, {}, carla.caller)).toMatchObject({ ended: expect.any(Number) })
    expect(await platform.refusal(policy.list, {}, caller)).toBe('staff_access_ended')
    await platform.call(staffAccess.allowAhead, allow, await stage.signedIn(carla))
    const second = await stage.ask()
    const again = await stage.enter(second.id)
    await platform.arrange(customerOrg, 'update staff_policy set withdrawn_at = now() where withdrawn_at is null')
    expect(await platform.refusal(policy.list, {}, again)).toBe('staff_access_ended')
    await without(live, 'and s.withdrawn_at is null', async () => {
      expect(await enterRaw(second.id, sam, customerOrg)).toBe(3)
    })
  })
})

describe('once inside', () => {
  const principal = (changes: Partial<StaffPrincipal> = {}): StaffPrincipal => ({
    ...{ kind: 'staff', personId: stage.sam.personId, orgId: stage.customerOrg, sessionId: newIdOf(SessionId, 'se') },
    ...{
      grantId: nothing,
      operator: false,
      plan: 'enterprise',
      role: 'reviewer',
      write: false,
      endsAt: new Date(Date.now() + 60_000),
    },
    ...changes,
  })
  const openTo = (who: StaffPrincipal) =>
    allOperations.filter((operation) => {
      try {
        permit(operation, who, new Date())
        return operation.permission !== 'public'
      } catch {
        return false
      }
    })

  test('nothing but reads, of all operations there are; never an export, one’s own, keys, or the operator’s', () => {
    const open = openTo(principal())
    expect(open.length).toBeGreaterThan(15)
    expect(open.filter(({ kind }) => kind !== 'query')).toEqual([])
    expect(open.filter(({ permission }) => /^(self|agent|operator:|key:|encryption:)/.test(permission)).map(({ name }) => name)).toEqual(['session.current']) // prettier-ignore
    expect(openTo(principal({ role: 'viewer' })).length).toBeLessThan(open.length)
    const changing = openTo(principal({ write: true })).filter(({ kind }) => kind === 'command')
    expect([...new Set(changing.map(({ permission }) => permission))].sort()).toEqual(['obligation:manage', 'policy:write'])
    expect(openTo(principal({ endsAt: null }))).toEqual([])
  })

  test('a change with a grant for reading: refused, and by the database when nobody else does', async () => {
    const { platform, sam, customerOrg } = stage
    const { grant: given, caller } = await stage.inside({ role: 'reviewer' })
    for (const [operation, input] of [
      [policy.create, { title: 'x', content: 'x' }],
      [member.remove, { id: sam.personId }],
      [host.retire, { id: newId('ho'), reason: 'x' }],
      [grant.approve, { id: newId('gr'), requestHash: 'f'.repeat(64), code: '000000' }],
      [session.signOut, {}],
      [staffAccess.allowAhead, { role: 'viewer', maxSeconds: 3600, ticketRequired: false }],
    ] as const)
      expect(await platform.refusal(operation as never, input as never, caller)).toBe('forbidden')
    await expect(enterRaw(given.id, sam, customerOrg, null)).rejects.toThrow(/for reading/)
    const client = await platform.pool.connect()
    const note = JSON.stringify({ id: newId('al'), at: new Date(), operation: 'x.raw', permission: 'x', origin: '' })
    const write = async () => {
      await client.query('begin')
      try {
        await client.query('select enter_as_staff($1, $2, $3, $4)', [customerOrg, sam.personId, given.id, note])
        await client.query(`update org set name = 'Theirs' where id = $1`, [customerOrg])
      } finally {
        await client.query('rollback')
      }
    }
    await expect(write()).rejects.toThrow(/read-only transaction/)
    await without('enter_as_staff(uuid, text, text, json)', `set_config('transaction_read_only', 'on', true)`, async () => {
      await write()
    }, `''`) // prettier-ignore
    client.release()
  })

  test('a log that cannot be written: nothing is read', async () => {
    const { platform } = stage
    const { caller } = await stage.inside()
    await platform.call(policy.list, {}, caller)
    await platform.admin.query('revoke insert on access_log from holdfast_app')
    try {
      await expect(platform.call(policy.list, {}, caller)).rejects.toThrow(/permission denied for table access_log/)
      await expect(platform.call(session.current, {}, caller)).rejects.toThrow(/permission denied for table access_log/)
    } finally {
      await platform.admin.query('grant insert on access_log to holdfast_app')
    }
    await platform.call(policy.list, {}, caller)
  })

  test('a ledger that cannot be written: nobody asks, agrees or enters', async () => {
    const { platform, sam, carla, customerOrg } = stage
    const asked = await stage.ask()
    const broken = async (work: () => Promise<unknown>) => {
      await platform.admin.query('revoke execute on function ledger_append(jsonb) from holdfast_app')
      try {
        await expect(work()).rejects.toThrow(/permission denied for function ledger_append/)
      } finally {
        await platform.admin.query('grant execute on function ledger_append(jsonb) to holdfast_app')
      }
    }
    const answer = await stage.answer(asked)
    await broken(() => platform.call(staffAccess.approve, answer, carla.caller))
    expect((await platform.call(staff.list, {}, sam.caller)).rows[0]).toMatchObject({ id: asked.id, state: 'requested' })
    await stage.approve(asked)
    const [caller, input] = [await stage.signedIn(sam), await enterCode(asked.id, sam)]
    await broken(() => platform.call(staff.enter, input, caller))
    const { rows } = await platform.admin.query('select from session where org_id = $1 and staff_grant_id = $2', [
      customerOrg,
      asked.id,
    ])
    expect(rows).toEqual([])
    await platform.call(staff.enter, input, caller)
  })

  test('a grant that ends in the middle of a transaction: the next statement sees nothing', async () => {
    const { platform, sam, carla, customerOrg } = stage
    const { grant: given } = await stage.inside()
    const client = await platform.pool.connect()
    const note = JSON.stringify({ id: newId('al'), at: new Date(), operation: 'x.raw', permission: 'x', origin: '' })
    const seen = async () => Number((await client.query<{ n: string }>('select count(*) as n from membership')).rows[0]?.n)
    await client.query('begin')
    await client.query('select enter_as_staff($1, $2, $3, $4)', [customerOrg, sam.personId, given.id, note])
    expect(await seen()).toBe(3)
    await platform.call(staffAccess.end, { id: given.id }, carla.caller)
    expect(await seen()).toBe(0)
    await client.query('rollback')
    client.release()
  })

  test('one of the staff who leaves the operator: what they were given is over', async () => {
    const { platform, founded, customerOrg, make } = stage
    const tess = await make(founded.orgId, 'member', 'Tess Temp')
    const given = await stage.approve(await stage.ask({}, tess))
    const caller = await stage.enter(given.id, tess)
    await platform.call(policy.list, {}, caller)
    await platform.arrange(founded.orgId, 'delete from membership where person_id = $1', [tess.personId])
    expect(await platform.refusal(policy.list, {}, caller)).toBe('staff_access_ended')
    await expect(enterRaw(given.id, tess, customerOrg)).rejects.toMatchObject({ code: 'HF005' })
  })
})
