import { Email, ledger, WitnessId } from '@holdfast/contract'
import { enqueue } from '../../kernel/enqueue.ts'
import { handle } from '../../kernel/handle.ts'
import { newIdOf } from '../../kernel/identifier.ts'

/** Witnesses of one organisation; each gets every checkpoint. */
const witnessLimit = 10

const place = (row: string) => ({ table: 'witness', column: 'target_sealed', row })

export const addWitness = handle(ledger.addWitness, async ({ kind, target }, { tx, vault, now, fail }) => {
  const fits = kind === 'email' ? Email.safeParse(target).success : target.startsWith('https://')
  if (!fits) throw fail('address_not_allowed', kind === 'email' ? 'Give an e-mail address.' : 'Give an https:// address.')
  const { count } = await tx
    .selectFrom('witness')
    .select(({ fn }) => fn.countAll<string>().as('count'))
    .executeTakeFirstOrThrow()
  if (Number(count) >= witnessLimit) throw fail('too_many_witnesses', `At most ${witnessLimit}.`)
  const id = newIdOf(WitnessId, 'wi')
  await tx
    .insertInto('witness')
    .values({ id, kind, targetSealed: await vault.seal('org', place(id), target), createdAt: now })
    .execute()
  return { id, kind, target, createdAt: now.toISOString() }
})

export const removeWitness = handle(ledger.removeWitness, async ({ id }, { tx, fail }) => {
  const removed = await tx.deleteFrom('witness').where('id', '=', id).returning('id').executeTakeFirst()
  if (!removed) throw fail('witness_not_found')
  return { id }
})

export const witnesses = handle(ledger.witnesses, async (_, { tx, vault }) => {
  const rows = await tx.selectFrom('witness').selectAll().orderBy('id').limit(witnessLimit).execute()
  return {
    rows: await Promise.all(
      rows.map(async ({ id, kind, targetSealed, createdAt }) => ({
        id: WitnessId.parse(id),
        kind,
        target: await vault.openText('org', place(id), targetSealed),
        createdAt: createdAt.toISOString(),
      })),
    ),
  }
})

/** The checkpoint must hold this very command's entry, so it is signed after the commit, by a job. */
export const checkpoint = handle(ledger.checkpoint, async (_, { tx }) => {
  const newest = await tx.selectFrom('ledger').select('seq').orderBy('seq', 'desc').limit(1).executeTakeFirst()
  await enqueue(tx, 'ledger.checkpoint', {}, { key: 'checkpoint' })
  return { requested: true as const, afterSeq: newest ? Number(newest.seq) : -1 }
})
