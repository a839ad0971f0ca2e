/** Samples of the record of who holds emergency keys (C1). */
import { randomBytes } from 'node:crypto'
import { emergencyKey, type InputOf } from '@holdfast/contract'
import type { Ground } from './ground.ts'
import { each, once, type Make } from './sample.ts'

const soon = (): string => new Date(Date.now() + 30 * 86_400_000).toISOString()

const aRecord = async ({ database }: Ground): Promise<InputOf<typeof emergencyKey.register>> => {
  // At most so many records: those that an attacked `emergencyKey.register` has made are in the way of the next.
  await database.query('delete from emergency_key')
  const { rows } = await database.query<{ id: never }>(
    'select m.person_id as id from membership m join org o on o.id = m.org_id where o.is_operator limit 1',
  )
  const [holder] = rows
  if (!holder) throw new Error('the operator has no members')
  const fingerprint = `SHA256:${randomBytes(32).toString('base64').replace(/=+$/, '')}`
  return { personId: holder.id, kind: 'certificate', fingerprint, keptAt: 'Attacked', until: soon() }
}

const registered = async (ground: Ground): Promise<string> =>
  (await ground.call(emergencyKey.register, await aRecord(ground), ground.keys.owner)).id

export const emergencyKeySamples = {
  'emergencyKey.list': async (ground) => once({ after: await registered(ground), ended: 'true' }),
  'emergencyKey.register': async (ground) => {
    const { fingerprint: _, ...rest } = await aRecord(ground)
    return each(async () => ({ fingerprint: (await aRecord(ground)).fingerprint }), { ...rest, since: new Date().toISOString() })
  },
  'emergencyKey.confirm': (ground) => each(async () => ({ id: await registered(ground) }), { keptAt: 'Attacked', until: soon() }),
  'emergencyKey.end': (ground) => each(async () => ({ id: await registered(ground) })),
} satisfies Record<string, Make>
