/** An organisation with one of everything that gives access, and a review of it. */
import { randomBytes } from 'node:crypto'
import {
  accessReview,
  apiKey,
  directory,
  serviceAccount,
  session,
  type AccessReviewId,
  type AccessReviewItem,
  type InputOf,
} from '@holdfast/contract'
import { setStage } from '../../../test/access.ts'
import type { Caller } from '../../../test/platform.ts'
import { runJob } from '../../../test/world.ts'
import { newId } from '../../kernel/identifier.ts'

export type Bench = Awaited<ReturnType<typeof startBench>>
export type Decisions = InputOf<typeof accessReview.decide>['decisions']

export const startBench = async () => {
  const stage = await setStage()
  const { platform, founded, sre } = stage
  const { owner, orgId } = founded
  await stage.allow()
  const gather = (id: string) => runJob(platform, orgId, 'accessReview.gather', { id })
  const begin = async (): Promise<AccessReviewId> => {
    const { id } = await platform.call(accessReview.begin, {}, owner)
    await gather(id)
    return id
  }
  const itemsOf = async (
    id: AccessReviewId,
    which: Partial<InputOf<typeof accessReview.items>> = {},
    as: Caller = owner,
  ): Promise<AccessReviewItem[]> => {
    const rows: AccessReviewItem[] = []
    let after: string | undefined
    for (;;) {
      const page = await platform.call(accessReview.items, { ...which, id, limit: 50, ...(after !== undefined && { after }) }, as)
      rows.push(...page.rows)
      if (page.next === null) return rows
      after = page.next
    }
  }
  const one = async (
    id: AccessReviewId,
    kind: AccessReviewItem['kind'],
    test: (item: AccessReviewItem) => boolean = () => true,
  ) => {
    const found = (await itemsOf(id, { kind })).find(test)
    if (!found) throw new Error(`no ${kind} in the review`)
    return found
  }
  const about = (
    item: AccessReviewItem,
    decision: Decisions[number]['decision'],
    role?: Decisions[number]['role'],
  ): Decisions[number] => ({
    ...{ item: item.id, version: item.version, decision },
    ...(role && { role }),
  })
  const decide = (id: AccessReviewId, decisions: Decisions, as: Caller = owner) =>
    platform.call(accessReview.decide, { id, decisions, reason: 'Asked their lead.' }, as)
  const refused = (id: AccessReviewId, decisions: Decisions, as: Caller = owner) =>
    platform.refusal(accessReview.decide, { id, decisions, reason: 'Asked their lead.' }, as)
  /** Everything that is left is kept, by the Owner, or by the Admin where it is the Owner's. */
  const keepRest = async (id: AccessReviewId): Promise<void> => {
    const changed = (await itemsOf(id, { show: 'open' })).filter(({ now }) => now !== 'same').slice(0, 100)
    if (changed.length > 0) await platform.call(accessReview.refresh, { id, items: changed.map((item) => item.id) }, owner)
    const open = await itemsOf(id, { show: 'open' })
    const sorts = Map.groupBy(open, ({ personId }) => personId === founded.personId)
    for (const [own, items] of sorts)
      for (let from = 0; from < items.length; from += 50)
        await decide(
          id,
          items.slice(from, from + 50).map((item) => about(item, 'keep')),
          own ? stage.admin.caller : owner,
        )
  }
  const latest = async (): Promise<AccessReviewId> => {
    const { rows } = await platform.call(accessReview.list, { limit: 1 }, stage.admin.caller)
    if (!rows[0]) throw new Error('no review')
    return rows[0].id
  }
  /** Completes the one that is open, and begins the next. */
  const keepRestAndBegin = async (): Promise<void> => {
    const id = await latest()
    await stage.stepped(stage.admin)
    await platform.call(session.confirmFactor, { code: await stage.code(founded) }, owner)
    await keepRest(id)
    await platform.call(accessReview.complete, { id, comment: 'All known.' }, owner)
    await begin()
  }
  /** What has no short way to it is arranged. */
  const oneOfEach = async () => {
    const key = await platform.call(apiKey.create, { name: 'deploy', role: 'member' }, sre.caller)
    const account = await platform.call(
      serviceAccount.create,
      { name: `robot-${randomBytes(3).toString('hex')}`, purpose: 'Nightly export', role: 'viewer', ownerId: sre.personId },
      owner,
    )
    const accountKey = await platform.call(
      serviceAccount.createKey,
      { id: account.id, name: 'nightly', scopes: ['policy:read'] },
      owner,
    )
    const given = await stage.give()
    if (!(await platform.call(directory.read, {}, owner)).directory) {
      await platform.call(directory.create, { name: 'Okta' }, owner)
      await platform.arrange(
        orgId,
        `insert into staff_policy (org_id, id, role, max_seconds, ticket_required, set_by, set_at) values ($1, $2, 'viewer', 3600, true, $3, now())`,
        [orgId, newId('sp'), founded.personId],
      )
      await platform.arrange(
        orgId,
        'insert into sso_enforcement (org_id, break_glass, enforced_by, enforced_at) values ($1, $2, $2, now())',
        [orgId, founded.personId],
      )
    }
    const token = await platform.call(directory.issueCredential, { kind: 'bearer', overlapHours: 0 }, owner)
    return { key, account, accountKey, grant: given.grant, token }
  }
  return {
    ...stage,
    owner,
    orgId,
    gather,
    begin,
    itemsOf,
    one,
    about,
    decide,
    refused,
    keepRest,
    keepRestAndBegin,
    latest,
    oneOfEach,
  }
}
