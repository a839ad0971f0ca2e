import { factor, FactorId } from '@holdfast/contract'
import { handle } from '../../kernel/handle.ts'
import { recoveryCodesLeft } from '../../kernel/identity/factors.ts'
import { labelPlace } from './commands.ts'

export const list = handle(factor.list, async (_, context) => {
  const personId = context.person()
  const rows = await context.tx
    .selectFrom('totpFactor')
    .select(['id', 'labelSealed', 'confirmedAt'])
    .where('personId', '=', personId)
    .where('confirmedAt', 'is not', null)
    .orderBy('id')
    .limit(20)
    .execute()
  const label = (id: string, sealed: Buffer | null) =>
    sealed ? context.vault.openText({ person: personId }, labelPlace(id), sealed) : Promise.resolve('Authenticator app')
  return {
    rows: await Promise.all(
      rows.map(async ({ id, labelSealed, confirmedAt }) => ({
        id: FactorId.parse(id),
        kind: 'totp' as const,
        label: await label(id, labelSealed),
        confirmedAt: (confirmedAt ?? context.now).toISOString(),
      })),
    ),
    recoveryCodesLeft: await recoveryCodesLeft(context, personId),
  }
})
