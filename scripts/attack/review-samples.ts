/** Samples of access reviews (C1): the newest of the demo's, or one that is put in its place. */
import { accessReview, organisation } from '@holdfast/contract'
import { confirm, type Ground, type Person } from './ground.ts'
import { each, once, type Make } from './sample.ts'

const newest = async ({ call, keys }: Ground): Promise<string> => {
  const { rows } = await call(accessReview.list, { limit: 1 }, keys.owner)
  const id = rows[0]?.id
  if (!id) throw new Error('the demo has no review of access')
  return id
}
const about: Make = async (ground) => once({ id: await newest(ground) })

/** An open one without items, in place of the one that is open. */
const emptyReview = async ({ call, keys, database }: Ground): Promise<string> => {
  const { id: orgId } = await call(organisation.read, {}, keys.owner)
  await database.query(
    `update access_review set state = 'completed', gathered_at = now(), completed_by = begun_by, completed_at = now(), comment = 'Attacked'
       where org_id = $1 and state <> 'completed'`,
    [orgId],
  )
  const { rows } = await database.query<{ id: string }>(
    `insert into access_review (org_id, id, state, begun_by, begun_at, gathered_at)
       select $1, 'ar_' || substr(md5(random()::text), 1, 26), 'open', person_id, now(), now()
       from membership where org_id = $1 and role = 'owner' limit 1 returning id`,
    [orgId],
  )
  return rows[0]?.id ?? ''
}

/** The same with one item: a key of the demo's, as it was seen by the demo's own review. */
const withItem = async (ground: Ground): Promise<{ id: string; item: string; version: string }> => {
  const id = await emptyReview(ground)
  const { rows } = await ground.database.query<{ item: string; version: string }>(
    `insert into access_review_item (org_id, review_id, id, kind, ref, version, label, detail, person_id, role, since, expires_at, proposal, reasons)
       select i.org_id, $1, 'ai_' || substr(md5(random()::text), 1, 26), i.kind, i.ref, i.version, i.label, i.detail, i.person_id, i.role, i.since,
         i.expires_at, i.proposal, i.reasons
       from access_review_item i join access_review r using (org_id) join api_key k on k.org_id = i.org_id and k.id = i.ref
       where r.id = $1 and i.kind = 'api_key' and k.revoked_at is null order by i.id desc limit 1 returning id as item, version`,
    [id],
  )
  const [row] = rows
  if (!row) throw new Error('the demo reviewed no key')
  return { id, ...row }
}

/** Makes somebody an Admin whose second factor was confirmed just now. */
const promoted = async (ground: Ground, who: Person): Promise<void> => {
  await ground.database.query(`update membership set role = 'admin' where person_id = $1`, [who.personId])
  await confirm(ground, who)
}

export const reviewSamples: Record<string, Make> = {
  'accessReview.read': about,
  'accessReview.items': async (ground) => once({ id: await newest(ground), kind: 'member', proposal: 'keep' }),
  'accessReview.exportCsv': about,
  'accessReview.exportJson': about,
  'accessReview.decide': async (ground, who) => {
    const { id, item, version } = await withItem(ground)
    const again = async () => (await promoted(ground, who), { id })
    return each(again, { decisions: [{ item, version, decision: 'keep', role: 'viewer' }] })
  },
  'accessReview.refresh': async (ground) => {
    const { id, item } = await withItem(ground)
    return once({ id, items: [item] })
  },
  'accessReview.complete': (ground, who) => each(async () => (await promoted(ground, who), { id: await emptyReview(ground) })),
}
