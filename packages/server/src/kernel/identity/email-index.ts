import { blindIndex, blindTextIndex } from '@holdfast/crypto'
import { common } from '../problem.ts'
import type { Secrets } from './secrets.ts'

/** The index under which a person is found by address; null before set-up, or when it is not an address. */
export const emailIndexOf = async (secrets: Secrets, email: string): Promise<Buffer | null> => {
  const [newest] = await secrets.versions('email-index')
  return newest ? blindIndex(newest.key, email) : null
}

export interface BlindIndexes {
  /** Null: it is no address. */
  email: (address: string) => Buffer | null
  /** Of any text, in its one spelling; `label` names what it is and whose. */
  text: (label: string, text: string) => Buffer
}

/** For several at once. */
export const blindIndexes = async (secrets: Secrets): Promise<BlindIndexes> => {
  const [newest] = await secrets.versions('email-index')
  if (!newest) throw common('dependency_unavailable', { cause: new Error('no key for blind indexes') })
  const { key } = newest
  return { email: (address) => blindIndex(key, address), text: (label, text) => blindTextIndex(key, label, text) }
}
