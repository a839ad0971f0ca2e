import { grant, GrantId, type ParsedInputOf } from '@holdfast/contract'
import { canonicalCidr } from '@holdfast/crypto/ssh'
import { policyColumns, presentPolicy, type Policy } from '../../kernel/access/policies.ts'
import { enqueue } from '../../kernel/enqueue.ts'
import { handle } from '../../kernel/handle.ts'
import { newIdOf } from '../../kernel/identifier.ts'
import type { OrgTx } from '../../kernel/tenancy/org-tx.ts'
import { proofOf } from '../../kernel/identity/fresh-code.ts'
import { requireAnswered } from './answering.ts'
import { askerOf, confirmPresence, isOwn, type Ctx } from './people.ts'
import { covers, idOf, mayAsk, type Asker, type TargetFacts } from '../../kernel/access/entitled.ts'
import { extendedEnd, problemOf, requestHashOf, requestHours, stateAt, termOf, type Asked, type BoundTo } from './rules.ts'
import { lockGrant, reasonPlace, showGrant, type GrantRow } from './rows.ts'
import { requireRightClock, riskOf, targetColumns, targetFor, targetOf, type Target } from './targets.ts'
import { askApprovers } from './telling.ts'

export const activePolicies = async (tx: OrgTx): Promise<Policy[]> => {
  const rows = await tx
    .selectFrom('accessPolicy')
    .select(policyColumns)
    .where('state', '=', 'active')
    .orderBy('id')
    .limit(500)
    .execute()
  return rows.map(presentPolicy)
}

export const policyById = async (tx: OrgTx, id: string): Promise<Policy> => {
  const row = await tx.selectFrom('accessPolicy').select(policyColumns).where('id', '=', id).executeTakeFirstOrThrow()
  return presentPolicy(row)
}

type Input = ParsedInputOf<typeof grant.request>
type Refuse = Parameters<Parameters<typeof handle<typeof grant.request>>[1]>[1]['fail']

const askedOf = (input: Input, refuse: Refuse): Asked => {
  const sourceNetworks = input.sourceNetworks.map((text) => {
    const canonical = canonicalCidr(text)
    if (canonical === null) throw refuse('network_invalid', `${text} is no network, as 10.0.0.0/8 is one.`)
    return canonical
  })
  const { login, seconds, reason, extensions, notBefore, ticket = null } = input
  return {
    login,
    seconds,
    reason,
    ticket,
    extensions,
    sourceNetworks,
    notBefore: notBefore === undefined ? null : new Date(notBefore),
  }
}

/** The policy that the request is made under: of those that let the caller ask for this, the first that allows what is asked. */
const choose = async (tx: OrgTx, input: Input, asked: Asked, target: TargetFacts, caller: Asker, now: Date, refuse: Refuse) => {
  const fitting = (await activePolicies(tx)).filter(
    (policy) => covers(policy, target) && mayAsk(policy, caller) && (input.policyId ?? policy.id) === policy.id,
  )
  const [first] = fitting
  if (!first) throw refuse('not_entitled', 'No access policy lets you ask for this.')
  const allowing = fitting.find((policy) => problemOf(policy, asked, now) === null)
  if (allowing) return allowing
  throw refuse(problemOf(first, asked, now) ?? 'not_entitled')
}

/** As it stands in the hash of a request. */
export const boundTo = ({
  personId,
  serviceAccountId,
  keyId,
}: Pick<GrantRow, 'personId' | 'serviceAccountId' | 'keyId'>): BoundTo =>
  personId === null ? { serviceAccount: serviceAccountId ?? '', key: keyId ?? '' } : { person: personId }

type Draft = Asked & { target: Target; extendsId: string | null; policy: Policy }

/** Writes the request down, for good: nothing in it can be changed. */
const insertRequest = async (
  context: Ctx,
  draft: Draft,
  confirmation: { confirmedAt: Date | null; confirmedBy: string | null },
) => {
  const { tx, vault, now, orgId } = context
  const asker = askerOf(context)
  const whose =
    'personId' in asker
      ? { personId: asker.personId, serviceAccountId: null, keyId: null, keyGeneration: null }
      : { personId: null, serviceAccountId: asker.serviceAccountId, keyId: asker.keyId, keyGeneration: asker.keyGeneration }
  const id = newIdOf(GrantId, 'gr')
  const { policy, reason, target, login, seconds, notBefore, ticket, extendsId } = draft
  const [extensions, sourceNetworks] = [[...draft.extensions], [...draft.sourceNetworks]]
  const bound = {
    org: orgId,
    by: boundTo(whose),
    target: target.id,
    login,
    seconds,
    notBefore,
    reason,
    ticket,
    extensions,
    sourceNetworks,
    extendsId,
  }
  const expiry = now.getTime() + requestHours * 3_600_000
  const requestExpiresAt = new Date(Math.max(expiry, notBefore?.getTime() ?? 0))
  const undecided = { startsAt: null, endsAt: null, endedAt: null, endReason: null, endedBy: null, decisionSealed: null }
  await tx
    .insertInto('accessGrant')
    .values({
      ...{
        id,
        ...targetColumns(target),
        login,
        ...whose,
        seconds,
        notBefore,
        ticket,
        extensions,
        sourceNetworks,
        extendsId,
        requestExpiresAt,
      },
      ...{ policyId: policy.id, policyVersion: policy.version, requestedAt: now, endSequence: null, toldAt: null },
      ...{ ...undecided, ...confirmation },
      reasonSealed: await vault.seal('org', reasonPlace(id), reason),
      requestHash: requestHashOf({ ...bound, policy: policy.id, policyVersion: policy.version }),
    })
    .execute()
  await enqueue(tx, 'grant.settle', { id }, { runAt: requestExpiresAt, key: `grant-request:${id}` })
  return { id, ...whose, login, seconds }
}

export const request = handle(grant.request, async (input, context) => {
  const { tx, now, fail } = context
  const target = await targetFor(tx, input, fail)
  if (!target) throw fail('target_needed', 'Name a server or a database, and not both.')
  const caller = askerOf(context)
  const asked = askedOf(input, fail)
  const policy = await choose(tx, input, asked, target, caller, now, fail)
  await requireAnswered(context, caller, riskOf(targetColumns(target)), fail)
  requireRightClock({ clockSkewSeconds: null, ...target }, fail)
  if (!termOf(policy, asked, now)) throw fail('outside_hours', 'This access is given at certain hours only.')
  const open = await tx
    .selectFrom('accessGrant')
    .select(['id', 'state', 'endsAt', 'requestExpiresAt'])
    .where('requesterId', '=', idOf(caller))
    .where(target.kind === 'host' ? 'hostId' : 'databaseId', '=', target.id)
    .where('login', '=', asked.login)
    .where('state', '=', 'requested')
    .where('extendsId', 'is', null)
    .forUpdate()
    .execute()
  if (open.some((row) => stateAt(row, now) === 'requested'))
    throw fail('already_requested', 'You have asked already; wait, or take that request back.')
  for (const { id } of open)
    await tx.updateTable('accessGrant').set({ state: 'lapsed', endedAt: now }).where('id', '=', id).execute()
  const confirmation = await confirmPresence(context, proofOf(grant.request, input), policy, fail)
  const networks = asked.sourceNetworks.length > 0 ? asked.sourceNetworks : policy.sourceNetworks
  const made = await insertRequest(context, { ...asked, sourceNetworks: networks, target, extendsId: null, policy }, confirmation)
  await askApprovers(context, made, target.name, policy)
  return showGrant(context, made.id, caller, now)
})

/** An extension is a request of its own, with the same host, login and terms; approving it moves the end of the first. */
export const extend = handle(grant.extend, async (input, context) => {
  const { id, seconds, reason } = input
  const { tx, now, fail } = context
  const caller = askerOf(context)
  const row = await lockGrant(tx, id)
  if (!row) throw fail('grant_not_found')
  if (!isOwn(caller, row)) throw fail('not_yours')
  if (stateAt(row, now) !== 'approved' || row.endsAt === null) throw fail('grant_not_live')
  const policy = await policyById(tx, row.policyId)
  if (policy.state !== 'active') throw fail('policy_changed')
  if (!mayAsk(policy, caller)) throw fail('not_entitled')
  const target = await targetOf(tx, row, (refused) =>
    fail(refused === 'host_not_found' || refused === 'database_not_found' ? 'grant_not_found' : refused),
  )
  await requireAnswered(context, caller, riskOf(row), fail)
  const moved = extendedEnd(policy, row.endsAt, seconds, now)
  if (seconds > policy.maxSeconds || !moved || moved <= row.endsAt)
    throw fail('too_long', 'The policy allows no later end than it has already.')
  const waiting = await tx
    .selectFrom('accessGrant')
    .selectAll()
    .where('extendsId', '=', id)
    .where('state', '=', 'requested')
    .executeTakeFirst()
  if (waiting && stateAt(waiting, now) === 'requested') throw fail('already_requested')
  if (waiting) await tx.updateTable('accessGrant').set({ state: 'lapsed', endedAt: now }).where('id', '=', waiting.id).execute()
  const confirmation = await confirmPresence(context, proofOf(grant.extend, input), policy, fail)
  const { login, ticket, extensions, sourceNetworks } = row
  const draft = {
    login,
    seconds,
    reason,
    ticket,
    extensions,
    sourceNetworks,
    notBefore: null,
    target,
    extendsId: id,
    policy,
  }
  const made = await insertRequest(context, draft, confirmation)
  await askApprovers(context, made, target.name, policy)
  return showGrant(context, made.id, caller, now)
})
