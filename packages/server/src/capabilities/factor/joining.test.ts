/** Whoever joins another organisation brings along whatever opens their account: they are told of it (C2). */
import { factor, invitation, session } from '@holdfast/contract'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { mailsTo } from '../../../test/mails.ts'
import { enrolPasskey } from '../../../test/passkeys.ts'
import { addMember, newCaller, startPlatform, type FoundedPlatform, type Platform } from '../../../test/platform.ts'
import { makeOrganisation } from '../../../test/world.ts'
import { mailPlace } from '../../kernel/mail.ts'
import { readIn } from '../../kernel/unit.ts'

let platform: Platform
let founded: FoundedPlatform
beforeAll(async () => {
  platform = await startPlatform()
  founded = await platform.found()
})
afterAll(() => platform.close())

const linkTo = async (email: string): Promise<string> => {
  await platform.call(invitation.create, { email, role: 'member' }, founded.owner)
  return readIn(platform.services.ground, founded.orgId, null, async ({ tx, vault }) => {
    const newest = tx.selectFrom('mail').select(['id', 'textSealed']).where('personId', 'is', null).orderBy('id', 'desc')
    const { id, textSealed } = await newest.limit(1).executeTakeFirstOrThrow()
    const text = await vault.openText('org', mailPlace('text_sealed', id), textSealed ?? Buffer.alloc(0))
    return /\/invitation#(\S+)/.exec(text)?.[1] ?? ''
  })
}

test('names what was enrolled before, with its last use, and it can be removed before anything is seen by it', async () => {
  const elsewhere = await makeOrganisation(platform, 'Elsewhere Ltd')
  const victim = await addMember(platform, { orgId: elsewhere }, 'member', 'Vera')
  // Somebody who had the account for an hour left this behind.
  const { id, passkey } = await enrolPasskey(platform, victim.caller, 'Not hers')
  await platform.call(invitation.accept, { token: await linkTo(victim.email) }, victim.caller)
  const [mail] = await mailsTo(platform, founded.orgId, victim.personId)
  expect(mail).toMatch(/you are a member of Example Ltd now/)
  expect(mail).toMatch(/Passkey “Not hers”, since \d{4}-\d\d-\d\d, never used/)
  expect(mail).toMatch(/Sessions signed in now: 1/)
  const { rows } = await platform.call(factor.list, {}, victim.caller)
  expect(rows.map(({ label }) => label)).toEqual(['Not hers'])
  // It opens the new organisation as long as it is there; that is what the mail is for.
  const planted = newCaller()
  const asked = await platform.call(session.passkeyOptions, {}, planted)
  await platform.call(session.signInWithPasskey, { passkey: passkey.assert(asked.challenge) }, planted)
  await platform.call(session.switchOrganisation, { orgId: founded.orgId }, planted)
  await platform.call(factor.remove, { id }, victim.caller)
  expect((await platform.call(factor.list, {}, victim.caller)).rows).toEqual([])
})

test('who makes their account by the invitation has nothing to be told of', async () => {
  const token = await linkTo('fresh@example.test')
  const accept = { token, name: 'Fay Fresh', password: 'eleven spoons in the lower drawer' }
  const { personId } = await platform.call(invitation.accept, accept, newCaller())
  expect(await mailsTo(platform, founded.orgId, personId)).toEqual([])
})
