export type SshErrorCode =
  /** Bytes end too early, go on too long, or a length lies. */
  | 'malformed_bytes'
  | 'malformed_key'
  /** A kind of key that is not accepted, such as DSA or RSA under 2,048 bits. */
  | 'key_not_accepted'
  | 'malformed_certificate'
  | 'malformed_krl'
  | 'malformed_bundle'
  | 'principal_refused'
  | 'serial_refused'
  | 'key_id_refused'
  | 'option_refused'
  | 'validity_refused'
  | 'line_refused'
  /** A certificate that is not what the checker asked for. */
  | 'other_kind'
  | 'other_principal'
  | 'other_authority'
  | 'other_organisation'
  | 'not_authentic'
  | 'not_yet_valid'
  | 'expired'
  | 'older_version'

/** Every refusal of this folder, for input of any shape. */
export class SshError extends Error {
  readonly code: SshErrorCode

  constructor(code: SshErrorCode, message: string, options?: ErrorOptions) {
    super(message, options)
    this.name = 'SshError'
    this.code = code
  }
}

/** Runs a reader and gives its complaints about bytes the code of what was being read. */
export const reading = <T>(code: SshErrorCode, work: () => T): T => {
  try {
    return work()
  } catch (error) {
    if (error instanceof SshError && error.code === 'malformed_bytes') throw new SshError(code, error.message, { cause: error })
    throw error
  }
}
