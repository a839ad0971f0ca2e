/** The operator and a customer, for tests of staff access: who asks, who may agree, and how far it reaches. */
import { randomBytes } from 'node:crypto'
import { session, staff, staffAccess, type InputOf, type OrgId, type Role } from '@holdfast/contract'
import { newId, newOrgId } from '../src/kernel/identifier.ts'
import { openUnit, record } from '../src/kernel/unit.ts'
import { addMember, enrol, newCaller, startPlatform, totpCode, type Caller, type Member, type Platform } from './platform.ts'

export interface Person extends Member {
  totpSecret: string
}
export type StaffStage = Awaited<ReturnType<typeof setStaffStage>>

const customerOf = async ({ services }: Platform, name: string): Promise<OrgId> => {
  const orgId = newOrgId()
  const unit = openUnit(services.ground, orgId, null, true)
  const slug = `org-${randomBytes(4).toString('hex')}`
  await unit.tx.insertInto('org').values({ id: orgId, slug, name }).execute()
  const actor = { type: 'system', id: 'test', via: 'test' }
  const what = { action: 'organisation.arranged', targetId: orgId, requestId: newId('rq') }
  await record(services.ground, unit, { ...what, actor, origin: null, reason: null })
  return orgId
}

export const setStaffStage = async () => {
  const platform = await startPlatform()
  const founded = await platform.found()
  const make = async (orgId: OrgId, role: Role, name: string): Promise<Person> => {
    const member = await addMember(platform, { orgId }, role, name)
    const totpSecret = member.totpSecret ?? (await enrol(platform, platform.clock, member.caller)).totpSecret
    return { ...member, totpSecret }
  }
  const [customerOrg, otherOrg] = [await customerOf(platform, 'Customer Ltd'), await customerOf(platform, 'Other Ltd')]
  const people = {
    sam: await make(founded.orgId, 'member', 'Sam Staff'),
    stella: await make(founded.orgId, 'member', 'Stella Staff'),
    carla: await make(customerOrg, 'owner', 'Carla Customer'),
    carlo: await make(customerOrg, 'admin', 'Carlo Customer'),
    viewer: await make(customerOrg, 'viewer', 'Vera Viewer'),
    otto: await make(otherOrg, 'owner', 'Otto Other'),
  }
  /** A code of now, however many were used: time stands still for it. */
  const code = async ({ personId, totpSecret }: Pick<Person, 'personId' | 'totpSecret'>, steps = 0): Promise<string> => {
    await platform.arrange(founded.orgId, 'update totp_factor set last_step = 0 where person_id = $1', [personId])
    return totpCode(totpSecret, platform.clock.now(), steps)
  }
  const ask = async (input: Partial<InputOf<typeof staff.request>> = {}, who: Person = people.sam) =>
    platform.call(
      staff.request,
      { orgId: customerOrg, reason: 'Ticket 42: a policy cannot be read', seconds: 1800, code: await code(who), ...input },
      who.caller,
    )
  const answer = async ({ id, requestHash }: { id: string; requestHash: string }, who: Person = people.carla) => ({
    ...{ id: id as never, requestHash },
    code: await code(who),
  })
  const approve = async (request: { id: string; requestHash: string }, who: Person = people.carla) =>
    platform.call(staffAccess.approve, await answer(request, who), who.caller)
  /** A browser of their own, so that what happens to one session leaves the others as they are. */
  const signedIn = async (who: Person): Promise<Caller> => {
    const caller = newCaller()
    await platform.call(session.signIn, { email: who.email, password: who.password }, caller)
    await platform.call(session.confirmFactor, { code: await code(who) }, caller)
    return caller
  }
  const enter = async (id: string, who: Person = people.sam): Promise<Caller> => {
    const caller = await signedIn(who)
    await platform.call(staff.enter, { id: id as never, code: await code(who) }, caller)
    return caller
  }
  /** Somebody of the staff in the customer's organisation, by a grant of its own. */
  const inside = async (input: Partial<InputOf<typeof staff.request>> = {}, by: Person = people.carla) => {
    const grant = await approve(await ask(input), by)
    return { grant, caller: await enter(grant.id) }
  }
  return { platform, founded, customerOrg, otherOrg, ...people, make, code, ask, answer, approve, signedIn, enter, inside }
}
