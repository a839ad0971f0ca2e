/** A session that is in another organisation while its person's sessions here are ended (C4). */
import { member, session, sso, staff, type OrgId } from '@holdfast/contract'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { enrolPasskey } from '../../../test/passkeys.ts'
import { addMember } from '../../../test/platform.ts'
import { signOnAs, signOnFor } from '../../../test/sign-on.ts'
import { setStaffStage, type StaffStage } from '../../../test/staff.ts'
import { makeOrganisation } from '../../../test/world.ts'

let stage: StaffStage
let elsewhere: OrgId
beforeAll(async () => {
  stage = await setStaffStage()
  elsewhere = await makeOrganisation(stage.platform, 'Elsewhere Ltd')
}, 30_000)
afterAll(() => stage?.platform.close())

const forget = (personId: string) =>
  stage.platform.arrange(stage.founded.orgId, 'update membership set sessions_ended_at = null where person_id = $1', [personId])

test('does not come back by a switch; a sign-in after it does, and so would the old one, were it not noted', async () => {
  const { platform, founded } = stage
  const { caller, personId, email, password } = await addMember(platform, founded, 'member')
  await platform.arrange(elsewhere, `insert into membership (org_id, person_id, role) values ($1, $2, 'member')`, [
    elsewhere,
    personId,
  ])
  await platform.call(session.switchOrganisation, { orgId: elsewhere }, caller)
  expect((await platform.call(member.endSessions, { id: personId }, founded.owner)).ended).toBe(0)
  await platform.call(session.current, {}, caller) // what is done there is that organisation’s
  const back = { orgId: founded.orgId }
  expect(await platform.refusal(session.switchOrganisation, back, caller)).toBe('sign_in_again')

  platform.clock.advance(1_000)
  const anew = { ...caller, access: null, refresh: null }
  await platform.call(session.signIn, { email, password }, anew)
  await platform.call(session.switchOrganisation, back, anew)
  await forget(personId)
  await platform.call(session.switchOrganisation, back, caller)
})

test('of staff in a customer’s organisation does not come home', async () => {
  const { platform, founded, sam } = stage
  const { caller } = await stage.inside()
  await platform.call(member.endSessions, { id: sam.personId }, founded.owner)
  expect(await platform.refusal(staff.leave, {}, caller)).toBe('unauthenticated')
  await forget(sam.personId)
  await platform.call(staff.leave, {}, caller)
})

describe('of staff in a customer’s organisation, with single sign-on at home', () => {
  beforeEach(async () => {
    stage.sam.caller = await stage.signedIn(stage.sam)
  })

  test('does not come home by password once it is insisted on; lifted, it does', async () => {
    const { platform, founded } = stage
    const signOn = await signOnFor(platform, founded.owner, {}, 'example.test')
    const gloria = await addMember(platform, founded, 'owner', 'Gloria Glass')
    await enrolPasskey(platform, gloria.caller)
    await signOnAs(platform, signOn, { sub: 'gloria', email: gloria.email, email_verified: true })
    const { caller } = await stage.inside()
    await platform.call(sso.enforce, { breakGlass: gloria.personId }, founded.owner)
    expect(await platform.refusal(staff.leave, {}, caller)).toBe('unauthenticated')
    await platform.call(sso.lift, {}, founded.owner)
    await platform.call(staff.leave, {}, caller)
    await platform.call(session.current, {}, caller)
  })

  test('does not come home by a connection that was switched off meanwhile; switched on again, it does', async () => {
    const { platform, founded } = stage
    const { connectionId: id } = await signOnFor(platform, founded.owner)
    const { caller } = await stage.inside()
    await platform.arrange(
      stage.customerOrg,
      'update session set sso_connection_id = $1 where org_id = $2 and staff_grant_id is not null and revoked_at is null',
      [id, stage.customerOrg],
    )
    await platform.call(sso.deactivate, { id }, founded.owner)
    expect(await platform.refusal(staff.leave, {}, caller)).toBe('unauthenticated')
    await platform.arrange(founded.orgId, `update sso_connection set state = 'active' where id = $1`, [id])
    await platform.call(staff.leave, {}, caller)
    await platform.call(session.current, {}, caller)
  })
})
