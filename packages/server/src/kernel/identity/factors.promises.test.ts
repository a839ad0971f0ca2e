import { beforeEach, afterEach, expect, test } from 'vitest'
import { enrolPasskey } from '../../../test/passkeys.ts'
import { addMember, newCaller, startPlatform, type FoundedPlatform, type Platform } from '../../../test/platform.ts'
import { session } from '@holdfast/contract'
import { managersHaveFactors } from './factors.promises.ts'

let platform: Platform
let founded: FoundedPlatform
beforeEach(async () => {
  platform = await startPlatform()
  founded = await platform.found()
})
afterEach(() => platform.close())

const check = (orgId = founded.orgId) =>
  managersHaveFactors.check({ services: platform.services, orgId } as Parameters<typeof managersHaveFactors.check>[0])

test('C2 is kept while those without a factor can only enrol one, and the proof counts the whole population', async () => {
  const admin = await addMember(platform, founded, 'admin')
  await enrolPasskey(platform, admin.caller)
  const late = await addMember(platform, founded, 'member')
  await platform.arrange(founded.orgId, `update membership set role = 'admin' where person_id = $1`, [late.personId])
  await platform.call(session.signIn, { email: late.email, password: late.password }, newCaller())
  const { kept, proof } = await check()
  expect({ kept, proof }).toMatchObject({ kept: true })
  expect(proof).toContain('2 of 3 Owners and Admins have a factor (1 a passkey, 2 an authenticator app)')
})

test('C2 is not kept when the factor behind a confirmed session is gone', async () => {
  const admin = await addMember(platform, founded, 'admin')
  await platform.arrange(founded.orgId, 'delete from totp_factor where person_id = $1', [admin.personId])
  const { kept, proof } = await check()
  expect(kept).toBe(false)
  expect(proof).toContain('with one that exists no more: 1')
})

test('C2 counts nothing, and so is not kept, when asked from an organisation that is not the operator’s', async () => {
  const { rows } = await platform.admin.query<{ id: string }>(
    `select count(*)::text as id from gate_manager_factors() where managers > 0`,
  )
  expect(rows[0]?.id).toBe('0')
})
