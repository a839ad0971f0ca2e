import { blindIndex } from '@holdfast/crypto'
import type { Secrets } from './secrets.ts'

/** The index under which a person is found by address; null before set-up, or when it is not an address. */
export const emailIndexOf = async (secrets: Secrets, email: string): Promise<Buffer | null> => {
  const [newest] = await secrets.versions('email-index')
  return newest ? blindIndex(newest.key, email) : null
}
