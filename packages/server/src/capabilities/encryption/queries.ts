import { encryption } from '@holdfast/contract'
import { handle } from '../../kernel/handle.ts'
import { withAge } from '../../kernel/secret-age.ts'

/** Older versions stay: what they sealed in ledger entries cannot be sealed again. */
export const keys = handle(encryption.keys, async (_, { tx, orgId, now }) => {
  const rows = await tx
    .selectFrom('dataKey')
    .select(['version', 'ringVersion', 'state', 'createdAt'])
    .where('scope', '=', `org:${orgId}`)
    .orderBy('version', 'desc')
    .limit(100)
    .execute()
  const { name: owner } = await tx.selectFrom('org').select('name').executeTakeFirstOrThrow()
  const present = ({ version, ringVersion, state, createdAt }: (typeof rows)[number]) =>
    withAge(
      {
        name: state === 'active' ? 'Data key' : 'Data key (replaced)',
        kind: 'data_key',
        ...{ owner, version, createdAt },
        storedIn: `database, wrapped by version ${ringVersion} of the master key in the key server`,
        inUse: state === 'active',
      },
      now,
    )
  return { rows: rows.map(present) }
})
