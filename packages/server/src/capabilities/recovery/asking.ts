import { hashToken, randomToken } from '@holdfast/crypto'
import { recovery, recoveryDecision, RecoveryId, type PersonId } from '@holdfast/contract'
import { handle, type Context, type Entered } from '../../kernel/handle.ts'
import { newIdOf } from '../../kernel/identifier.ts'
import { hasFactor } from '../../kernel/identity/factors.ts'
import { belongsHereOnly } from '../../kernel/identity/recovery.ts'
import { lockRoles } from '../../kernel/membership.ts'
import { readPerson } from '../../kernel/people.ts'
import type { Problem } from '../../kernel/problem.ts'
import { present } from './rows.ts'
import { reasonPlace, tellManagers, tellPerson, tokenPlace } from './telling.ts'

type Refuse = (code: 'no_factor_lost' | 'already_asked' | 'not_recoverable_here', detail?: string) => Problem
interface Asked {
  personId: PersonId
  by: PersonId
  reason: string
}

const insert = async (entered: Entered, { personId, by, reason }: Asked, now: Date, refuse: Refuse): Promise<RecoveryId> => {
  const { tx, vault } = entered
  if (!(await hasFactor(entered, personId))) throw refuse('no_factor_lost', 'There is no second factor that could be lost.')
  if (!(await belongsHereOnly(entered, personId)))
    throw refuse('not_recoverable_here', 'This organisation alone cannot do it: see the help on lost second factors.')
  const id = newIdOf(RecoveryId, 'rv')
  const token = randomToken()
  const values = {
    ...{ id, personId, askedBy: by, askedAt: now, tokenHash: hashToken(token) },
    ...{ readyAt: null, readyUntil: null, endedAt: null, endedBy: null },
    reasonSealed: await vault.seal('org', reasonPlace(id), reason),
    tokenSealed: await vault.seal('org', tokenPlace(id), token),
  }
  const made = await tx
    .insertInto('factorRecovery')
    .values(values)
    .onConflict((conflict) => conflict.doNothing())
    .returning('id')
    .executeTakeFirst()
  if (!made) throw refuse('already_asked', 'It was asked for already: look how far it is.')
  return id
}

type Ctx = Pick<Context<typeof recovery.ask>, 'obligations' | 'services'> & Entered

const begun = async (context: Ctx, id: RecoveryId, { personId, by }: Asked): Promise<void> => {
  const { obligations, services, tx } = context
  const { name } = await readPerson(context, personId)
  await obligations.open(recoveryDecision, { subject: id, label: `Lost second factor of ${name}`, role: 'admin' })
  const row = await tx
    .selectFrom('factorRecovery')
    .select(['id', 'personId', 'tokenSealed'])
    .where('id', '=', id)
    .executeTakeFirstOrThrow()
  const what =
    by === personId
      ? 'you said that you have lost your second factor and all recovery codes. Two Owners or Admins must confirm that it is you; after that there is a day in which you can stop it, then you enrol a new one.'
      : 'an Owner or Admin began the recovery of your second factor. A second one must confirm it; after that there is a day in which you can stop it.'
  await tellPerson(context, row, services.publicUrl, { what, stoppable: true })
  await tellManagers(context, row, services.publicUrl)
}

/** By the person, from a session that knows the password and can do nothing else. */
export const ask = handle(recovery.ask, async ({ reason }, context) => {
  const personId = context.person()
  const asked = { personId, by: personId, reason }
  const id = await insert(context, asked, context.now, context.fail)
  await begun(context, id, asked)
  return present(context, id)
})

export const begin = handle(recovery.begin, async ({ personId, reason }, context) => {
  const by = context.person()
  if (personId === by) throw context.fail('own_recovery', 'Sign in with your password and ask for it there.')
  const roles = await lockRoles(context.tx, [by, personId])
  const subject = roles.get(personId)
  if (subject === undefined) throw context.fail('member_not_found')
  if (subject === 'owner' && roles.get(by) !== 'owner') throw context.fail('owner_only')
  const asked = { personId, by, reason }
  const id = await insert(context, asked, context.now, context.fail)
  await begun(context, id, asked)
  return present(context, id)
})
