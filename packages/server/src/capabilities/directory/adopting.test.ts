/** Whose account a directory takes in is told so, once, and nobody else learns what opens it. */
import { factor, member, type OrgId } from '@holdfast/contract'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { mailsTo } from '../../../test/mails.ts'
import { enrolPasskey } from '../../../test/passkeys.ts'
import { addMember, type FoundedPlatform, type Platform } from '../../../test/platform.ts'
import { patchBody, setDirectoryStage, userBody, type DirectoryStage, type ScimAsk } from '../../../test/scim.ts'
import { proveDomain } from '../../../test/sign-on.ts'
import { makeOrganisation } from '../../../test/world.ts'
import { emailIndexOf } from '../../kernel/identity/email-index.ts'
import { mailPlace } from '../../kernel/mail.ts'
import { readIn } from '../../kernel/unit.ts'

let stage: DirectoryStage
let platform: Platform
let founded: FoundedPlatform
let scim: ScimAsk
let elsewhere: OrgId
beforeAll(async () => {
  stage = await setDirectoryStage()
  ;({ platform, founded, scim } = stage)
  elsewhere = await makeOrganisation(platform, 'Elsewhere Ltd')
  await proveDomain(platform, founded.owner, 'example.test', null)
}, 60_000)
afterAll(async () => {
  expect(platform.errors).toEqual([])
  await stage?.close()
})

const create = async (email: string): Promise<string> => {
  const { status, body } = await scim('POST', '/Users', userBody(email))
  expect(status).toBe(201)
  return body['id'] as string
}
const active = async (id: string, value: boolean) =>
  expect((await scim('PATCH', `/Users/${id}`, patchBody({ op: 'replace', path: 'active', value }))).status).toBe(200)

test('an account from elsewhere: what it means, what opens it, whom to ask; once, and never to the directory', async () => {
  const vera = await addMember(platform, { orgId: elsewhere }, 'member', 'Vera')
  await enrolPasskey(platform, vera.caller, 'Not hers')
  const { body } = await scim('POST', '/Users', userBody(vera.email))
  const mails = await mailsTo(platform, founded.orgId, vera.personId)
  expect(mails).toHaveLength(1)
  const [mail = ''] = mails
  expect(mail).toContain('Hello Vera,')
  expect(mail).toContain('You are a member of Example Ltd now')
  expect(mail).toMatch(/Passkey “Not hers”, since \d{4}-\d\d-\d\d, never used/)
  expect(mail).toMatch(/Sessions signed in now: 1/)
  expect(mail).toMatch(/Ask \S.* \(\S+@\S+\), who set this up\./)
  expect(JSON.stringify(body)).not.toMatch(/Not hers|Vera/)
  const { rows } = await platform.admin.query<{ n: number }>(
    `select count(*)::int as n from ledger where body like '%Not hers%' or body like '%took your account%'`,
  )
  expect(rows[0]?.n).toBe(0)

  const id = body['id'] as string
  await scim('PATCH', `/Users/${id}`, patchBody({ op: 'replace', value: { title: 'Engineer' } }))
  await active(id, false)
  await active(id, true)
  expect(await mailsTo(platform, founded.orgId, vera.personId)).toHaveLength(1)
  // They keep what is theirs, and what nobody should have can be removed.
  expect((await platform.call(factor.list, {}, vera.caller)).rows.map(({ label }) => label)).toEqual(['Not hers'])
})

test('a member from before is told that the directory answers for them now', async () => {
  const max = await addMember(platform, founded, 'reviewer', 'Max')
  await create(max.email)
  const [mail] = await mailsTo(platform, founded.orgId, max.personId)
  expect(mail).toContain('You were a member of Example Ltd already')
  expect(await platform.refusal(member.changeRole, { id: max.personId, role: 'viewer' }, founded.owner)).toBe('directory_managed')
})

test('whom to ask is nobody by name when whoever set it up has left', async () => {
  const { personId: gone } = await addMember(platform, { orgId: elsewhere }, 'owner', 'Gone')
  const { rows } = await platform.admin.query<{ by: string }>('select configured_by as by from directory where org_id = $1', [
    founded.orgId,
  ])
  await platform.arrange(founded.orgId, 'update directory set configured_by = $1', [gone])
  const late = await addMember(platform, { orgId: elsewhere }, 'member', 'Late')
  await create(late.email)
  await platform.arrange(founded.orgId, 'update directory set configured_by = $1', [rows[0]?.by])
  const [mail] = await mailsTo(platform, founded.orgId, late.personId)
  expect(mail).toContain('Ask an Owner of Example Ltd.')
  expect(mail).not.toContain('Gone')
})

test('a new account gets no such mail, and an address in a domain that nobody proved is told nothing of any account', async () => {
  await create('brand-new@example.test')
  const stranger = await addMember(platform, { orgId: elsewhere }, 'member', 'Sly')
  await enrolPasskey(platform, stranger.caller, 'A secret of hers')
  const email = 'sly@unproved.example'
  await platform.arrange(
    elsewhere,
    `update person p set email_index = o.email_index from (select $2::bytea as email_index) o where p.id = $1`,
    [stranger.personId, await indexOf(email)],
  )
  await create(email)
  const texts = await readIn(platform.services.ground, founded.orgId, null, async ({ tx, vault }) => {
    const rows = await tx.selectFrom('mail').select(['id', 'textSealed']).where('personId', 'is', null).execute()
    return Promise.all(
      rows.map(({ id, textSealed }) => vault.openText('org', mailPlace('text_sealed', id), textSealed ?? Buffer.alloc(0))),
    )
  })
  expect(texts.filter((text) => text.includes('You are invited to join'))).toHaveLength(1)
  expect(texts.join()).not.toMatch(/took your account in|A secret of hers|Sly/)
  expect(await mailsTo(platform, founded.orgId, stranger.personId)).toEqual([])
  const { rows } = await platform.admin.query<{ n: number }>(
    `select count(*)::int as n from mail m join directory_user d on d.person_id = m.person_id where m.org_id = $1`,
    [founded.orgId],
  )
  expect(rows[0]?.n).toBe(3) // those taken in above
})

const indexOf = async (email: string): Promise<Buffer> => {
  const index = await emailIndexOf(platform.services.secrets, email)
  if (!index) throw new Error('no address')
  return index
}
