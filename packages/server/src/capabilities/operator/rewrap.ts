import { OrgId, PersonId } from '@holdfast/contract'
import { z } from 'zod'
import { job, type JobContext } from '../../kernel/job.ts'
import { changeAs, openUnit } from '../../kernel/unit.ts'
import { ownerOfScope } from './rules.ts'

export const rewrapTask = 'operator.rewrap'
export const retireTask = 'operator.retire'
const ring = 'tenant'
const batch = 200

/** Wraps one data key by the current master key, inside whose it is. It is the same key: nothing it sealed changes, and no entry is due. */
const rewrapOne = async ({ services: { ground }, orgId }: JobContext, scope: string, version: number): Promise<void> => {
  const owner = ownerOfScope(scope)
  const where = owner !== 'platform' && 'org' in owner ? OrgId.parse(owner.org) : orgId
  const who = owner !== 'platform' && 'person' in owner ? PersonId.parse(owner.person) : null
  const unit = openUnit(ground, where, who, true)
  try {
    const row = await unit.tx
      .selectFrom('dataKey')
      .select('wrapped')
      .where('scope', '=', scope)
      .where('version', '=', version)
      .forUpdate()
      .executeTakeFirst()
    if (row) {
      const [rewrapped] = await ground.keyServer.rewrap([{ wrapped: row.wrapped, context: { scope, version: String(version) } }])
      if (!rewrapped) throw new Error('the key server answered with fewer keys than asked')
      const change = { wrapped: rewrapped.wrapped, ringVersion: rewrapped.version }
      await unit.tx.updateTable('dataKey').set(change).where('scope', '=', scope).where('version', '=', version).execute()
    }
    await unit.transaction.commit()
  } catch (error) {
    await unit.transaction.rollback()
    throw error
  }
}

const currentVersion = async ({ services: { ground } }: JobContext): Promise<number> => {
  const found = (await ground.keyServer.keys()).rings.find(({ name }) => name === ring)
  if (!found) throw new Error('the key server has no such ring')
  return found.current
}

/** Wraps every data key, and the secrets in files, by the current master key. Run again it does what is left. */
const rewrapAll = async (context: JobContext): Promise<number> => {
  const { services, orgId } = context
  const { installation, ground } = services
  if (!installation) throw new Error('nobody can list the data keys here')
  const current = await currentVersion(context)
  let done = 0
  for (;;) {
    const stale = await installation.staleDataKeys(current, batch)
    if (stale.length === 0) break
    for (const { scope, version } of stale) await rewrapOne(context, scope, version)
    done += stale.length
    // A list that does not get shorter would go round for ever.
    if (done > batch * 50_000) throw new Error('re-wrapping makes no progress')
  }
  const files = await installation.rewrapSecrets()
  await ground.barrier()
  if (done > 0) {
    const reason = `${done} data keys and ${files} secrets in files, by version ${current}`
    await changeAs(ground, rewrapTask, orgId, async () => ({
      value: null,
      action: 'operator.keys_rewrapped',
      targetId: ring,
      reason,
    }))
  }
  return current
}

export const rewrap = job(rewrapTask, z.object({}), async (_, context) => void (await rewrapAll(context)))

/** Takes old master keys out of use once nothing is wrapped by them. The key server keeps them for its grace, then destroys them. */
export const retire = job(retireTask, z.object({}), async (_, context) => {
  const { services, orgId } = context
  await rewrapAll(context)
  const { rings } = await services.ground.keyServer.keys()
  const old = rings.flatMap(({ name, current, versions }) =>
    versions.filter(({ version, state }) => version < current && state === 'active').map(({ version }) => ({ name, version })),
  )
  for (const { name, version } of old) {
    await services.ground.keyServer.retire(name, version)
    await changeAs(services.ground, retireTask, orgId, async () => ({
      value: null,
      action: 'operator.master_key_retired',
      targetId: name,
      reason: `version ${version}`,
    }))
  }
})
