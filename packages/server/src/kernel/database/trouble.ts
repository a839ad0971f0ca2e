import { AddressNotAllowed } from '../outbound.ts'

/** Why a database that people have access to could not be worked with: in words, with what to do. Never with text of its own. */
export class DatabaseTrouble extends Error {}

const byCode: Record<string, string> = {
  ECONNREFUSED: 'Nothing listens at that address and port.',
  ECONNRESET: 'The connection was cut off while it was being made.',
  ETIMEDOUT: 'Nobody answered in time. A firewall may be in between.',
  EHOSTUNREACH: 'There is no way to that address.',
  ENETUNREACH: 'There is no way to that address.',
  ENOTFOUND: 'There is no such name. Check the address.',
  EAI_AGAIN: 'The name could not be looked up just now.',
  CERT_HAS_EXPIRED: 'Its certificate has run out.',
  ERR_TLS_CERT_ALTNAME_INVALID: 'Its certificate is for another name than this address.',
  ERR_OSSL_PEM_BAD_BASE64_DECODE: 'The authority is no certificate.',
  '28P01': 'It refuses the administrator’s login or password.',
  '28000': 'It refuses the administrator’s login: see its pg_hba.conf.',
  '3D000': 'It has no database of that name.',
  '53300': 'It has no connection left.',
  '57P03': 'It is starting or stopping.',
  '42501': 'The administrator’s rights do not suffice for it.',
  '55P03': 'Something holds a lock there that is needed.',
  '57014': 'It took too long.',
  '2BP01': 'Things of others depend on what the role made. Somebody must take them apart.',
}

const untrusted = new Set([
  'SELF_SIGNED_CERT_IN_CHAIN',
  'DEPTH_ZERO_SELF_SIGNED_CERT',
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
  'UNABLE_TO_GET_ISSUER_CERT',
  'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
  'CERT_SIGNATURE_FAILURE',
  'INVALID_CA',
  'PATH_LENGTH_EXCEEDED',
])

/** OpenSSL does not say which of the two is meant; whoever answers there may also be somebody in between. */
const untrustedIn = (code: string, authority: boolean): string => {
  const itself = code === 'DEPTH_ZERO_SELF_SIGNED_CERT'
  if (authority)
    return itself
      ? 'It signed its certificate itself, and that is not the one registered as its authority. If it was renewed, register the new one; if not, somebody else may be answering.'
      : 'Its certificate is not signed by the authority that is registered. If the authority was renewed, register the new one; if not, somebody else may be answering.'
  return itself
    ? 'It signed its certificate itself, and no authority is registered. Fetch that certificate from the server by a way you trust, and register it as the authority.'
    : 'Its certificate is signed by none of this system’s authorities, and no other is registered. Register the one that signed it.'
}

const codeOf = (error: unknown): string => (error instanceof Error && 'code' in error ? String(error.code) : '')

/** The trouble in words of ours. `authority`: whether one is registered. */
export const troubleOf = (error: unknown, { authority }: { authority: boolean }): DatabaseTrouble => {
  if (error instanceof DatabaseTrouble) return error
  if (error instanceof AddressNotAllowed)
    return new DatabaseTrouble(
      'That address is inside our own network, or our own database. The operator may allow the first by HOLDFAST_DATABASES_INSIDE.',
    )
  const code = codeOf(error)
  if (untrusted.has(code)) return new DatabaseTrouble(untrustedIn(code, authority), { cause: error })
  const known = byCode[code]
  if (known !== undefined) return new DatabaseTrouble(known, { cause: error })
  const message = error instanceof Error ? error.message : ''
  if (message.includes('does not support SSL')) return new DatabaseTrouble('It does not speak TLS. Switch `ssl` on there.')
  if (/timeout|timed out/i.test(message)) return new DatabaseTrouble('Nobody answered in time. A firewall may be in between.')
  if (/PEM|certificate/i.test(message))
    return new DatabaseTrouble('Its certificate, or the authority, cannot be used.', { cause: error })
  return new DatabaseTrouble('It could not be worked with. The log of this server has the cause.', { cause: error })
}
