import {
  accessPolicy,
  accessReview,
  AccessPolicyId,
  ApiKeyId,
  apiKey,
  directory,
  DirectoryCredentialId,
  DirectoryGroupId,
  emergencyKey,
  EmergencyKeyId,
  grant,
  GrantId,
  invitation,
  InvitationId,
  member,
  PersonId,
  serviceAccount,
  ServiceAccountId,
  ServiceRole,
  sso,
  SsoConnectionId,
  staffAccess,
  rolesWith,
  type CodesOf,
  type Command,
  type ParsedInputOf,
  type Role,
} from '@holdfast/contract'
import { handle, type Context } from '../../kernel/handle.ts'
import { lockRoles } from '../../kernel/membership.ts'
import { common, Problem } from '../../kernel/problem.ts'
import { settle } from './refreshing.ts'
import { holderOf, itemColumns, openReview, ownAmong, shown, standingOf, type ItemRow } from './rows.ts'
import { impossible, inOrder } from './rules.ts'
import { accessNow } from './sources.ts'

type Ask = Context<typeof accessReview.decide>
type Asked = ParsedInputOf<typeof accessReview.decide>['decisions'][number]
type Decided = ItemRow & { asked: Asked }

const refusals = async (context: Ask, items: readonly Decided[]) => {
  const { tx, person, now } = context
  const me = person()
  const own = await ownAmong(context, items)
  const members = items.filter(({ kind }) => kind === 'member').map(({ ref }) => PersonId.parse(ref))
  const roles = await lockRoles(tx, [me, ...members]) // in the order in which everybody locks them
  const mine = roles.get(me)
  if (mine === undefined || !rolesWith('access-review:decide').includes(mine))
    throw common('forbidden', { permission: 'access-review:decide' })
  const live = await accessNow(tx, items, now, true)
  return (item: Decided): [CodesOf<typeof accessReview.decide>, string] | null => {
    if (own.has(item.id)) return ['own_access', 'somebody else must decide about what you hold or answer for.']
    if (item.decision !== null && item.decision !== 'keep') return ['item_decided', 'this was decided already.']
    if (item.version !== item.asked.version || standingOf(item, live) !== 'same')
      return ['item_changed', 'this is not what you read any more. Look at it anew, then decide.']
    const why = impossible(item.kind, item.asked.decision, item.asked.role)
    return why === null ? null : ['decision_impossible', why]
  }
}

/** Ends or changes the access by the operation that anybody would use for it. */
const carryOut = async (context: Ask, { kind, ref, reviewId, asked }: Decided, reason: string): Promise<void> => {
  const role = asked.role as Role
  const by = <O extends Command>(operation: O, input: ParsedInputOf<O>) =>
    context.carryOut(operation, input, `${reason} (access review ${reviewId})`)
  if (asked.decision === 'change') {
    if (kind === 'member') await by(member.changeRole, { id: PersonId.parse(ref), role })
    else await by(serviceAccount.update, { id: ServiceAccountId.parse(ref), role: ServiceRole.parse(role) })
    return
  }
  const remove: Record<ItemRow['kind'], () => Promise<unknown>> = {
    member: () => by(member.remove, { id: PersonId.parse(ref) }),
    api_key: () => by(apiKey.revoke, { id: ApiKeyId.parse(ref) }),
    service_key: () => by(apiKey.revoke, { id: ApiKeyId.parse(ref) }),
    service_account: () => by(serviceAccount.disable, { id: ServiceAccountId.parse(ref) }),
    access_rule: () => by(accessPolicy.retire, { id: AccessPolicyId.parse(ref), reason }),
    server_grant: () => by(grant.revoke, { id: GrantId.parse(ref), reason }),
    database_grant: () => by(grant.revoke, { id: GrantId.parse(ref), reason }),
    staff_policy: () => by(staffAccess.withdraw, {}),
    directory_token: () => by(directory.revokeCredential, { id: DirectoryCredentialId.parse(ref) }),
    invitation: () => by(invitation.revoke, { id: InvitationId.parse(ref) }),
    sso_connection: () => by(sso.deactivate, { id: SsoConnectionId.parse(ref) }),
    directory_group: () => by(directory.unmapGroup, { id: DirectoryGroupId.parse(ref) }),
    emergency_key: () => by(emergencyKey.end, { id: EmergencyKeyId.parse(ref), reason }),
    break_glass: () => Promise.reject(new Error('the emergency way in is not removed here')),
  }
  await remove[kind]()
}

/** Where the operation itself says no more than its code. */
const inWords: Record<string, string> = {
  owner_only: 'only an Owner may do that to an Owner, or make one.',
  last_owner: 'the last Owner stays. Make somebody else Owner first.',
  not_yours: 'the access policy lets neither you end it, nor do you manage access.',
}

/** A refusal says which of them it is about. */
const naming = async ({ vault }: Ask, item: Decided, detail: string): Promise<string> => {
  const { name, email } = await holderOf(vault, item)
  const holder = name || email
  return `${item.label}${holder && `, ${holder}`}: ${detail} Nothing was decided.`
}

const itemsAsked = async ({ tx, fail }: Ask, id: string, decisions: readonly Asked[]): Promise<Decided[]> => {
  const byItem = new Map<string, Asked>(decisions.map((asked) => [asked.item, asked]))
  const rows = await tx
    .selectFrom('accessReviewItem')
    .select(itemColumns)
    .where('reviewId', '=', id)
    .where('id', 'in', [...byItem.keys()])
    .orderBy('id')
    .forUpdate()
    .execute()
  if (rows.length < decisions.length) throw fail('item_not_found', 'An item is not in this review, or is there twice.')
  return rows.flatMap((row) => {
    const asked = byItem.get(row.id)
    return asked ? [{ ...row, asked }] : []
  })
}

const note = async ({ tx, person, now }: Ask, items: readonly Decided[], reason: string): Promise<void> => {
  const sorts = Map.groupBy(items, ({ asked }) => (asked.decision === 'change' ? `change ${asked.role}` : asked.decision))
  for (const alike of sorts.values()) {
    const [first] = alike
    if (!first) continue
    const { decision, role } = first.asked
    await tx
      .updateTable('accessReviewItem')
      .set({ decision, newRole: decision === 'change' ? (role ?? null) : null, reason, decidedBy: person(), decidedAt: now })
      .where('reviewId', '=', first.reviewId)
      .where(
        'id',
        'in',
        alike.map(({ id }) => id),
      )
      .execute()
  }
}

/**
 * Each decision is bound to what was read, and what it ends or changes ends in the same transaction, or nothing of it stands. The operations that
 * do so come first, in entries of their own; the decision closes.
 */
export const decide = handle(accessReview.decide, async ({ id, decisions, reason }, context) => {
  const { tx, fail, because, now } = context
  await openReview(tx, id, fail)
  const items = inOrder(await itemsAsked(context, id, decisions))
  const refusal = await refusals(context, items)
  for (const item of items) {
    const refused = refusal(item)
    if (refused) throw fail(refused[0], await naming(context, item, refused[1]))
  }
  const acted = items.filter(({ asked }) => asked.decision !== 'keep')
  for (const item of acted) {
    try {
      await carryOut(context, item, reason)
    } catch (error) {
      if (!(error instanceof Problem)) throw error
      const detail = await naming(context, item, error.extras.detail ?? inWords[error.code] ?? error.code)
      throw new Problem(error.code, error.status, { ...error.extras, detail, cause: error })
    }
  }
  await note(context, items, reason)
  const holders = [...new Set(acted.flatMap(({ personId }) => personId ?? []))]
  if (holders.length > 0) await settle(context, { id, holders }, now)
  because(reason)
  return shown(tx, id)
})
