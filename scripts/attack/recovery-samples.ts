/** Samples of lost second factors (C2): somebody who has lost theirs, a manager, and a recovery that is put back to its beginning before each request. */
import { createHash, randomBytes } from 'node:crypto'
import { recovery } from '@holdfast/contract'
import { reviewersCodes } from './access-samples.ts'
import { confirm, person, type Ground, type Person } from './ground.ts'
import { each, once, type Make } from './sample.ts'

/** An Admin, by codes of their own. */
const managersCodes = async (ground: Ground, who: Person): Promise<() => Promise<string>> => {
  const code = await reviewersCodes(ground, who)
  await ground.database.query(`update membership set role = 'admin' where person_id = $1`, [who.personId])
  return code
}

const forget = ({ database }: Ground, { personId }: Person) =>
  database.query('delete from factor_recovery where person_id = $1', [personId])

/** One that `who` began for somebody, and how to make it one that nobody has decided. */
const aRecovery = async (ground: Ground, who: Person) => {
  const { call, database } = ground
  const code = await managersCodes(ground, who)
  const loser = await person(ground)
  await reviewersCodes(ground, loser)
  const { id } = await call(recovery.begin, { personId: loser.personId as never, reason: 'Attacked' }, who.browser())
  const undecided = async (): Promise<void> => {
    await database.query('delete from factor_recovery_confirmation where recovery_id = $1', [id])
    await database.query(
      `update factor_recovery set state = 'asked', ready_at = null, ready_until = null, ended_at = null, ended_by = null where id = $1`,
      [id],
    )
  }
  return { id, code, undecided }
}

export const recoverySamples: Record<string, Make> = {
  'recovery.ask': async (ground, who) => {
    await reviewersCodes(ground, who)
    await who.renew() // by the password alone
    return each(async () => (await forget(ground, who), { reason: 'Attacked' }))
  },
  'recovery.begin': async (ground, who) => {
    await managersCodes(ground, who)
    const loser = await person(ground)
    await reviewersCodes(ground, loser)
    return each(async () => {
      await forget(ground, loser)
      await confirm(ground, who)
      return { personId: loser.personId }
    })
  },
  'recovery.list': async (ground, who) => {
    await aRecovery(ground, who)
    return once({})
  },
  'recovery.read': async (ground, who) => once({ id: (await aRecovery(ground, who)).id }),
  'recovery.confirm': async (ground, who) => {
    const { id, code, undecided } = await aRecovery(ground, who)
    return each(async () => {
      await undecided()
      await confirm(ground, who)
      return { id, code: await code() }
    })
  },
  'recovery.refuse': async (ground, who) => {
    const { id, undecided } = await aRecovery(ground, who)
    return each(async () => (await undecided(), { id }))
  },
  'recovery.stop': async (ground, who) => {
    const { id, undecided } = await aRecovery(ground, who)
    return each(async () => {
      await undecided()
      const token = randomBytes(32).toString('base64url')
      const hash = createHash('sha256').update(token).digest()
      await ground.database.query('update factor_recovery set token_hash = $2 where id = $1', [id, hash])
      return { token }
    })
  },
}
