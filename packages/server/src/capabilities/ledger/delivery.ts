import { mkdir, rename, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { OrgId } from '@holdfast/contract'
import { z } from 'zod'
import { enqueue } from '../../kernel/enqueue.ts'
import { job, schedule, type JobContext } from '../../kernel/job.ts'
import { queueMail } from '../../kernel/mail.ts'
import { changeAs, openUnit, readIn } from '../../kernel/unit.ts'
import { AddressNotAllowed, post } from '../../kernel/outbound.ts'
import { signCheckpoint } from './signing.ts'

/** Writes the note beside the app's data, one file a checkpoint; the newest also as `latest`. */
const toFile = async (directory: string, orgId: OrgId, size: number, note: string): Promise<void> => {
  const folder = join(directory, orgId)
  await mkdir(folder, { recursive: true, mode: 0o700 })
  for (const name of [`${String(size).padStart(12, '0')}.note`, 'latest.note']) {
    await writeFile(join(folder, `${name}.new`), note, { flush: true, mode: 0o600 })
    await rename(join(folder, `${name}.new`), join(folder, name))
  }
}

const mailText = (size: number, note: string): string =>
  `This is a signed checkpoint of your organisation's ledger over its first ${size} entries.
Keep it: with it you can find out later whether the chain was cut short or rewritten, without trusting us.

    holdfast ledger export --out ledger.jsonl
    holdfast ledger verify ledger.jsonl --checkpoint THIS-TEXT-IN-A-FILE

${note}`

const noteOf = async (context: JobContext, size: number): Promise<string> =>
  readIn(context.services.ground, context.orgId, null, async ({ tx }) => {
    const row = await tx.selectFrom('ledgerCheckpoint').select('note').where('size', '=', String(size)).executeTakeFirstOrThrow()
    return row.note
  })

/** What became of a delivery; written again when it is tried again. */
const noteDelivery = async (
  { services, orgId }: JobContext,
  size: number,
  witness: string,
  failure: string | null,
): Promise<void> => {
  const unit = openUnit(services.ground, orgId, null, true)
  try {
    const values = { size: String(size), witness, deliveredAt: failure === null ? services.clock.now() : null, failure }
    await unit.tx
      .insertInto('checkpointDelivery')
      .values(values)
      .onConflict((conflict) =>
        conflict.columns(['orgId', 'size', 'witness'] as never).doUpdateSet({ deliveredAt: values.deliveredAt, failure }),
      )
      .execute()
    await unit.transaction.commit()
  } catch (error) {
    await unit.transaction.rollback()
    throw error
  }
}

const Delivery = z.object({ size: z.number().int().positive(), witness: z.string() })

/** Hands one checkpoint to one witness. Fails loudly, so that the queue tries again with growing pauses. */
export const deliver = job('ledger.deliver', Delivery, async ({ size, witness: id }, context) => {
  const { services, orgId } = context
  const note = await noteOf(context, size)
  const witness = await readIn(services.ground, orgId, null, async ({ tx, vault }) => {
    const row = await tx.selectFrom('witness').select(['kind', 'targetSealed']).where('id', '=', id).executeTakeFirst()
    if (!row) return null
    return {
      kind: row.kind,
      target: await vault.openText('org', { table: 'witness', column: 'target_sealed', row: id }, row.targetSealed),
    }
  })
  if (!witness) return // removed meanwhile
  if (witness.kind === 'email') {
    await changeAs(services.ground, 'ledger.deliver', orgId, async (unit) => {
      const mail = await queueMail(unit, { to: witness.target, subject: `Ledger checkpoint ${size}`, text: mailText(size, note) })
      return { value: mail, action: 'ledger.checkpoint_mailed', targetId: id }
    })
    return noteDelivery(context, size, id, null)
  }
  const status = await post({
    url: witness.target,
    body: note,
    contentType: 'text/plain; charset=utf-8',
    allowInside: services.webhooksInside,
  }).catch((error: unknown) =>
    error instanceof AddressNotAllowed ? 'the address is inside our own network' : 'it could not be reached',
  )
  const failure = typeof status === 'string' ? status : status >= 200 && status < 300 ? null : `it answered ${status}`
  await noteDelivery(context, size, id, failure)
  if (failure !== null) throw new Error(`checkpoint not delivered: ${failure}`)
})

const sign = async (context: JobContext): Promise<void> => {
  const { services, orgId } = context
  const size = await signCheckpoint(services, orgId)
  if (size === null) return
  if (services.checkpointDir !== null) {
    await toFile(services.checkpointDir, orgId, size, await noteOf(context, size))
    await noteDelivery(context, size, 'file', null)
  }
  const unit = openUnit(services.ground, orgId, null, true)
  try {
    const rows = await unit.tx.selectFrom('witness').select('id').limit(20).execute()
    for (const { id } of rows)
      await enqueue(unit.tx, 'ledger.deliver', { size, witness: id }, { key: `deliver:${id}`, maxAttempts: 12 })
    await unit.transaction.commit()
  } catch (error) {
    await unit.transaction.rollback()
    throw error
  }
}

export const checkpointNow = job('ledger.checkpoint', z.object({}), (_, context) => sign(context))
/** Every five minutes, where something new was recorded. An e-mail witness gets at most as many. */
export const checkpointSchedule = schedule('ledger.checkpoints', '*/5 * * * *', sign)
