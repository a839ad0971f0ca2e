import { normaliseEmail } from '@holdfast/crypto'
import type { Entered } from '../handle.ts'
import './tables.ts'

/** The domain of an address, in its ASCII form and lower case; null when it is no address. */
export const domainOf = (email: string): string | null => normaliseEmail(email)?.split('@')[1] ?? null

/** One row where the organisation entered has proved that the address is in a domain of its own; none where not. */
export const provedDomainOf = ({ tx }: Pick<Entered, 'tx'>, email: string) =>
  tx
    .selectFrom('ssoDomain')
    .select('domain')
    .where('domain', '=', domainOf(email) ?? '')
    .where('provedAt', 'is not', null)

/** Whether the organisation entered has proved that the address is in a domain of its own. */
export const isProved = async (entered: Pick<Entered, 'tx'>, email: string): Promise<boolean> =>
  (await provedDomainOf(entered, email).executeTakeFirst()) !== undefined

/** The domains that the organisation entered has proved. */
export const provedDomains = async ({ tx }: Pick<Entered, 'tx'>): Promise<ReadonlySet<string>> => {
  const rows = await tx.selectFrom('ssoDomain').select('domain').where('provedAt', 'is not', null).limit(100).execute()
  return new Set(rows.map(({ domain }) => domain))
}
