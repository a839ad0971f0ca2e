import { createApiKey } from '@holdfast/crypto'
import { directory, DirectoryCredentialId, DirectoryId } from '@holdfast/contract'
import { handle, type Context } from '../../kernel/handle.ts'
import { newIdOf } from '../../kernel/identifier.ts'
import { after, days } from '../../kernel/identity/lifetimes.ts'
import type { OrgTx } from '../../kernel/tenancy/org-tx.ts'
import { credentialColumns, presentCredential } from './queries.ts'
import './table.ts'

/** Credentials that are neither revoked nor expired. */
const mostLive = 10

/** The connection, locked until commit. */
export const lockDirectory = async <C extends { directory_not_found: 404 }>(
  tx: OrgTx,
  fail: (code: keyof C & 'directory_not_found', detail?: string) => Error,
) => {
  const row = await tx.selectFrom('directory').select(['id', 'disabledAt', 'defaultRole']).forUpdate().executeTakeFirst()
  if (!row) throw fail('directory_not_found', 'Set the connection up first.')
  return { ...row, id: DirectoryId.parse(row.id) }
}

export const create = handle(directory.create, async ({ name, defaultRole }, { tx, person, now, fail }) => {
  const id = newIdOf(DirectoryId, 'di')
  const made = await tx
    .insertInto('directory')
    .values({ id, name, defaultRole, configuredBy: person(), createdAt: now, disabledAt: null })
    .onConflict((conflict) => conflict.doNothing())
    .returning('id')
    .executeTakeFirst()
  if (!made) throw fail('directory_exists', 'An organisation has one directory; enable it again where it is disabled.')
  return { id }
})

/** Earlier credentials of the kind go on until the overlap is over, so that nothing is refused while the directory learns the new one. */
export const issueCredential = handle(directory.issueCredential, async (input, { tx, person, now, fail }) => {
  const { id: directoryId } = await lockDirectory(tx, fail)
  const { kind } = input
  const until = new Date(now.getTime() + input.overlapHours * 3_600_000)
  const live = () => tx.updateTable('directoryCredential').where('kind', '=', kind).where('revokedAt', 'is', null)
  await live().set({ expiresAt: until }).where('expiresAt', '>', until).execute()
  const { count } = await tx
    .selectFrom('directoryCredential')
    .select(({ fn }) => fn.countAll<string>().as('count'))
    .where('kind', 'in', ['bearer', 'client'])
    .where('revokedAt', 'is', null)
    .where('expiresAt', '>', now)
    .executeTakeFirstOrThrow()
  if (Number(count) >= mostLive) throw fail('too_many_credentials', 'Revoke one that is not needed any more.')
  const id = newIdOf(DirectoryCredentialId, 'dc')
  const { key, secretHash } = createApiKey(id)
  const row = await tx
    .insertInto('directoryCredential')
    .values({
      ...{
        id,
        directoryId,
        kind,
        clientId: null,
        issuedBy: person(),
        secretHash,
        createdAt: now,
        expiresAt: after(now, days(input.days)),
      },
      ...{ lastUsedAt: null, revokedAt: null },
    })
    .returning(credentialColumns)
    .executeTakeFirstOrThrow()
  // In whose name people are invited: whoever looked after the connection last.
  await tx.updateTable('directory').set({ configuredBy: person() }).execute()
  const secret = kind === 'client' ? key.slice(key.indexOf('.') + 1) : key
  return { id, credential: presentCredential(row, now), secret }
})

export const revokeCredential = handle(directory.revokeCredential, async ({ id }, { tx, now, fail }) => {
  const revoked = await tx
    .updateTable('directoryCredential')
    .set({ revokedAt: now })
    .where('id', '=', id)
    .where('kind', 'in', ['bearer', 'client'])
    .where('revokedAt', 'is', null)
    .returning('id')
    .executeTakeFirst()
  if (!revoked) throw fail('credential_not_found')
  return { id }
})

const switchTo = async ({ tx }: Pick<Context, 'tx'>, disabledAt: Date | null): Promise<void> => {
  await tx.updateTable('directory').set({ disabledAt }).execute()
}

export const disable = handle(directory.disable, async ({ reason }, context) => {
  const { tx, now, fail, because } = context
  const { id, disabledAt } = await lockDirectory(tx, fail)
  if (disabledAt !== null) throw fail('already_disabled')
  because(reason)
  await switchTo(context, now)
  return { id }
})

export const enable = handle(directory.enable, async (_, context) => {
  const { id, disabledAt } = await lockDirectory(context.tx, context.fail)
  if (disabledAt === null) throw context.fail('already_enabled')
  await switchTo(context, null)
  return { id }
})
