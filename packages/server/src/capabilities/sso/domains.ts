import { sso, type SsoConnectionId } from '@holdfast/contract'
import { randomToken } from '@holdfast/crypto'
import { handle, handleOutside, type Context, type Entered } from '../../kernel/handle.ts'
import type { Problem } from '../../kernel/problem.ts'
import { common } from '../../kernel/problem.ts'
import { endOtherSessions } from './ending.ts'
import { lockDomain, presentDomain, type DomainRow } from './rows.ts'
import { domainsAtMost, isOwnable, recordNameOf, recordValueOf } from './rules.ts'

const requireConnection = async (
  { tx }: Pick<Entered, 'tx'>,
  id: SsoConnectionId | null,
  refuse: (code: 'connection_not_found') => Problem,
): Promise<'draft' | 'active' | null> => {
  if (id === null) return null
  const row = await tx.selectFrom('ssoConnection').select('state').where('id', '=', id).executeTakeFirst()
  if (!row) throw refuse('connection_not_found')
  return row.state
}

export const addDomain = handle(sso.addDomain, async ({ domain, connectionId }, context) => {
  const { tx, now, fail } = context
  if (!isOwnable(domain)) throw common('invalid_input', { errors: [{ path: 'domain', message: 'is none that can be proved' }] })
  await requireConnection(context, connectionId, fail)
  const there = await tx.selectFrom('ssoDomain').select('domain').limit(domainsAtMost).execute()
  if (there.some((row) => row.domain === domain)) throw fail('domain_known')
  if (there.length >= domainsAtMost) throw fail('too_many_domains')
  const row = { domain, connectionId, token: randomToken(), provedAt: null, checkedAt: null, lostAt: null }
  await tx
    .insertInto('ssoDomain')
    .values({ ...row, createdAt: now })
    .execute()
  return presentDomain(row)
})

const isThere = async (
  { services }: Pick<Context, 'services'>,
  { domain, token }: Pick<DomainRow, 'domain' | 'token'>,
  refuse: (code: 'dns_unavailable', detail: string, extras: { cause: unknown }) => Problem,
): Promise<boolean> => {
  try {
    return (await services.signOn.resolveTxt(recordNameOf(domain))).includes(recordValueOf(token))
  } catch (error) {
    throw refuse('dns_unavailable', 'The DNS did not answer. Try again in a moment.', { cause: error })
  }
}

/** The organisation whose record the DNS shows has the domain: of two that try at once, one; while one holds it, nobody else. */
export const proveDomain = handleOutside(
  sso.proveDomain,
  async ({ domain }, context) => {
    const { read, fail } = context
    const looked = await read(({ tx }) =>
      tx.selectFrom('ssoDomain').select(['domain', 'token']).where('domain', '=', domain).executeTakeFirst(),
    )
    if (!looked) throw fail('domain_not_found')
    if (!(await isThere(context, looked, fail)))
      throw fail('record_missing', 'The record is not in the DNS yet. It can take an hour after you have set it.')
    return looked
  },
  async ({ domain }, context, looked) => {
    const { tx, gate, orgId, now, fail } = context
    const [holder] = await gate.ask<{ org_id: string }>('gate_sso_holder', [domain])
    if (holder && holder.org_id !== orgId) throw fail('domain_taken', 'Another organisation has proved this domain.')
    const row = await lockDomain(context, domain)
    if (!row || row.token !== looked.token) throw fail('domain_not_found')
    const change = { provedAt: row.provedAt ?? now, checkedAt: now, lostAt: null }
    await tx.updateTable('ssoDomain').set(change).where('domain', '=', domain).execute()
    await endOtherSessions(context)
    return presentDomain({ ...row, ...change })
  },
)

export const routeDomain = handle(sso.routeDomain, async ({ domain, connectionId }, context) => {
  const { tx, fail } = context
  const row = await lockDomain(context, domain)
  if (!row) throw fail('domain_not_found')
  const state = await requireConnection(context, connectionId, fail)
  const enforced = await tx.selectFrom('ssoEnforcement').select('breakGlass').executeTakeFirst()
  if (enforced && row.provedAt !== null && state !== 'active')
    throw fail('sso_enforced', 'While single sign-on is enforced the domain must lead to an active connection.')
  await tx.updateTable('ssoDomain').set({ connectionId }).where('domain', '=', domain).execute()
  return presentDomain({ ...row, connectionId })
})

export const removeDomain = handle(sso.removeDomain, async ({ domain }, context) => {
  const gone = await context.tx.deleteFrom('ssoDomain').where('domain', '=', domain).returning('domain').executeTakeFirst()
  if (!gone) throw context.fail('domain_not_found')
  return { domain }
})
