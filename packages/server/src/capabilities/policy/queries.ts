import { PersonId, policy, PolicyId, PolicyVersionId } from '@holdfast/contract'
import { cursorOf } from '../../kernel/cursor.ts'
import { handle } from '../../kernel/handle.ts'
import { hasRole, holderOf, type Principal } from '../../kernel/principal.ts'
import { compare } from './comparing.ts'
import { contentPlace, findVersion, presentVersion, readSummaries, versionColumns } from './rows.ts'

/** Whose acknowledgements are shown; a service account owes none. */
const viewerOf = (principal: Principal): string => (hasRole(principal) ? holderOf(principal) : '')

export const list = handle(policy.list, async ({ limit, after, ...wanted }, { tx, principal, now }) => {
  const cursor = cursorOf(PolicyId, after)
  const page = { ...wanted, ...(cursor !== null && { after: cursor }), limit: limit + 1 }
  const rows = await readSummaries(tx, viewerOf(principal), now, page)
  const shown = rows.slice(0, limit)
  return { rows: shown, next: rows.length > limit ? (shown.at(-1)?.id ?? null) : null }
})

export const read = handle(policy.read, async ({ id }, { tx, principal, now, fail }) => {
  const [summary] = await readSummaries(tx, viewerOf(principal), now, { id, limit: 1 })
  if (!summary) throw fail('policy_not_found')
  const versions = await tx
    .selectFrom('policyVersion')
    .select(versionColumns)
    .where('policyId', '=', id)
    .orderBy('number', 'desc')
    .limit(100)
    .execute()
  return { ...summary, versions: versions.map(presentVersion) }
})

export const content = handle(policy.content, async ({ id }, { tx, vault, fail }) => {
  const version = await findVersion(tx, id)
  if (!version) throw fail('version_not_found')
  const { contentSealed } = await tx
    .selectFrom('policyVersion')
    .select('contentSealed')
    .where('id', '=', id)
    .executeTakeFirstOrThrow()
  const bytes = await vault.open('org', contentPlace(id), contentSealed)
  return { version: presentVersion(version), content: bytes.toString(version.format === 'pdf' ? 'base64' : 'utf8') }
})

export const diff = handle(policy.diff, async ({ id, from }, { tx, vault, fail }) => {
  const rows = await tx
    .selectFrom('policyVersion')
    .select(['id', 'policyId', 'format', 'contentSealed'])
    .where('id', 'in', [id, from])
    .execute()
  const after = rows.find((row) => row.id === id)
  const before = rows.find((row) => row.id === from)
  if (!after || !before || after.policyId !== before.policyId) throw fail('version_not_found')
  if (after.format !== 'markdown' || before.format !== 'markdown') throw fail('not_text', 'Only Markdown can be compared.')
  const texts = await Promise.all([before, after].map((row) => vault.openText('org', contentPlace(row.id), row.contentSealed)))
  const changes = await compare(texts[0] ?? '', texts[1] ?? '')
  if (!changes) throw fail('not_text', 'These versions are too different to compare line by line.')
  return changes
})

export const acknowledgements = handle(policy.acknowledgements, async ({ id, limit, after }, { tx, fail }) => {
  const found = await tx.selectFrom('policy').select('id').where('id', '=', id).executeTakeFirst()
  if (!found) throw fail('policy_not_found')
  const current = await tx
    .selectFrom('policyVersion')
    .select('id')
    .where('policyId', '=', id)
    .where('state', '=', 'published')
    .executeTakeFirst()
  if (!current) return { rows: [], next: null }
  let query = tx
    .selectFrom('membership')
    .leftJoin('policyAcknowledgement as a', (join) =>
      join.onRef('a.personId', '=', 'membership.personId').on('a.versionId', '=', current.id),
    )
    .select(['membership.personId', 'a.at', 'a.statement', 'a.signature'])
  const cursor = cursorOf(PersonId, after)
  if (cursor !== null) query = query.where('membership.personId', '>', cursor)
  const rows = await query
    .orderBy('membership.personId')
    .limit(limit + 1)
    .execute()
  const shown = rows.slice(0, limit)
  return {
    rows: shown.map(({ personId, at, statement, signature }) => ({
      personId: PersonId.parse(personId),
      versionId: PolicyVersionId.parse(current.id),
      at: at?.toISOString() ?? null,
      statement,
      signature,
    })),
    next: rows.length > limit ? (shown.at(-1)?.personId ?? null) : null,
  }
})
