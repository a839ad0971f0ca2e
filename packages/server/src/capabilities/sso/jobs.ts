import type { FurtherAction } from '@holdfast/contract'
import { schedule, type JobContext } from '../../kernel/job.ts'
import { queueMail } from '../../kernel/mail.ts'
import { peopleOf } from '../../kernel/people.ts'
import { changeAs, readIn, type Unit } from '../../kernel/unit.ts'
import { listDomains, lockDomain } from './rows.ts'
import { afterLook, graceDays, recordNameOf, recordValueOf } from './rules.ts'

const words = {
  lost: `Its DNS record is missing. It counts for ${graceDays} days more; then its people sign in by password or passkey again.`,
  found: 'Its DNS record is there again.',
  released: `Its DNS record was missing for ${graceDays} days. The domain is not yours to the system any more: prove it again.`,
} as const

const tellManagers = async (unit: Unit, domain: string, word: keyof typeof words, publicUrl: string): Promise<void> => {
  const rows = await unit.tx
    .selectFrom('membership')
    .select('personId')
    .where('role', 'in', ['owner', 'admin'])
    .limit(50)
    .execute()
  const people = await peopleOf(
    unit,
    rows.map(({ personId }) => personId),
  )
  for (const { id, name, email } of people.values()) {
    const text = `Hello ${name},\n\n${domain}: ${words[word]}\n\nThe record: ${recordNameOf(domain)} (TXT). See ${publicUrl}/settings/sign-on\n`
    await queueMail(unit, { to: email, subject: `Single sign-on: ${domain}`, text, personId: id })
  }
}

/** Looks at one domain. A DNS that does not answer says nothing, and nothing follows from it. */
const check = async ({ services, orgId, log }: JobContext, domain: string, token: string): Promise<void> => {
  let found: boolean
  try {
    found = (await services.signOn.resolveTxt(recordNameOf(domain))).includes(recordValueOf(token))
  } catch {
    return log('the DNS does not answer for a proved domain', { orgId })
  }
  const now = services.clock.now()
  await changeAs(services.ground, 'sso.check-domains', orgId, async (unit) => {
    const row = await lockDomain(unit, domain)
    const after = row && row.token === token ? afterLook(row, found, now) : null
    if (!after) return null
    await unit.tx
      .updateTable('ssoDomain')
      .set({ ...after.change, checkedAt: now })
      .where('domain', '=', domain)
      .execute()
    await tellManagers(unit, domain, after.word, services.publicUrl)
    return { value: null, action: 'sso.domains_checked' satisfies FurtherAction, targetId: domain, reason: words[after.word] }
  })
}

export const checkDomains = schedule('sso.check-domains', '23 */6 * * *', async (context) => {
  const { services, orgId } = context
  const proved = (await readIn(services.ground, orgId, null, listDomains)).filter(({ provedAt }) => provedAt !== null)
  for (const { domain, token } of proved) await check(context, domain, token)
})
