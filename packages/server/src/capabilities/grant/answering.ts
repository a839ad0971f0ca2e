import { PersonId } from '@holdfast/contract'
import { requireCleared, type Risk } from '../../kernel/clearance.ts'
import { peopleOf } from '../../kernel/people.ts'
import type { Problem, ProblemExtras } from '../../kernel/problem.ts'
import type { OrgTx } from '../../kernel/tenancy/org-tx.ts'
import { machineOf } from './machines.ts'
import type { Ctx } from './people.ts'
import { rolesOf, type GrantRow } from './rows.ts'
import type { Asker } from '../../kernel/access/entitled.ts'

type Refuse = (code: 'not_cleared', detail?: string, extras?: ProblemExtras) => Problem

const ownerOf = async (tx: OrgTx, serviceAccountId: string): Promise<PersonId> => {
  const account = tx.selectFrom('serviceAccount').select('ownerId').where('id', '=', serviceAccountId)
  return PersonId.parse((await account.executeTakeFirstOrThrow()).ownerId)
}

const nobody = 'Nobody who is a member answers for this service account. A manager says who does, on its page.'

/**
 * C8: the person is cleared; or whoever answers for the service account, which has no clearance of its own, is a member and cleared. Refuses with everything
 * that is missing.
 */
export const requireAnswered = async (context: Ctx, asker: Asker, risk: Risk, refuse: Refuse): Promise<void> => {
  if ('personId' in asker) return requireCleared(context, PersonId.parse(asker.personId), risk, refuse)
  const { tx } = context
  const owner = await ownerOf(tx, asker.serviceAccountId)
  if (!(await rolesOf(tx, [owner])).has(owner))
    throw refuse('not_cleared', nobody, { errors: [{ path: 'nobody_answers', message: nobody }] })
  const name = (await peopleOf(context, [owner])).get(owner)?.name ?? 'Whoever'
  await requireCleared(context, owner, risk, (code, detail = '', extras) =>
    refuse(code, `${name} answers for this service account and is not cleared. ${detail}`, extras),
  )
}

/** Whoever asked for a grant, as they are now: without a role where they may not ask for anything any more. */
export const askerNow = async ({ tx, now }: Ctx, row: GrantRow): Promise<Asker> => {
  const machine = await machineOf(tx, row, now)
  if (machine) return machine
  const { requesterId: personId } = row
  return { personId, role: (await rolesOf(tx, [personId])).get(personId) ?? null }
}
