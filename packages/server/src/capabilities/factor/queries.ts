import { factor, FactorId } from '@holdfast/contract'
import { handle, type Context } from '../../kernel/handle.ts'
import { recoveryCodesLeft } from '../../kernel/identity/factors.ts'
import { passkeyPlace } from '../../kernel/identity/passkeys.ts'
import { labelPlace } from './enrolment.ts'

type Ctx = Pick<Context, 'tx' | 'vault' | 'person' | 'now'>

/** Confirmed authenticator apps of the person entered. */
export const appsOf = async ({ tx, vault, person, now }: Ctx) => {
  const personId = person()
  const rows = await tx
    .selectFrom('totpFactor')
    .select(['id', 'labelSealed', 'confirmedAt'])
    .where('personId', '=', personId)
    .where('confirmedAt', 'is not', null)
    .orderBy('id')
    .limit(10)
    .execute()
  const label = (id: string, sealed: Buffer | null) =>
    sealed ? vault.openText({ person: personId }, labelPlace(id), sealed) : Promise.resolve('Authenticator app')
  return Promise.all(
    rows.map(async ({ id, labelSealed, confirmedAt }) => ({
      ...{ id: FactorId.parse(id), kind: 'totp' as const, lastUsedAt: null, backedUp: null },
      label: await label(id, labelSealed),
      confirmedAt: (confirmedAt ?? now).toISOString(),
    })),
  )
}

export const passkeysOf = async ({ tx, vault, person }: Ctx) => {
  const personId = person()
  const rows = await tx
    .selectFrom('passkey')
    .select(['id', 'labelSealed', 'backedUp', 'createdAt', 'lastUsedAt'])
    .where('personId', '=', personId)
    .orderBy('id')
    .limit(10)
    .execute()
  return Promise.all(
    rows.map(async ({ id, labelSealed, backedUp, createdAt, lastUsedAt }) => ({
      ...{ id: FactorId.parse(id), kind: 'passkey' as const, backedUp },
      label: await vault.openText({ person: personId }, passkeyPlace('label_sealed', id), labelSealed),
      confirmedAt: createdAt.toISOString(),
      lastUsedAt: lastUsedAt?.toISOString() ?? null,
    })),
  )
}

export const list = handle(factor.list, async (_, context) => ({
  rows: [...(await passkeysOf(context)), ...(await appsOf(context))],
  recoveryCodesLeft: await recoveryCodesLeft(context, context.person()),
}))
