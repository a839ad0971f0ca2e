export type LedgerErrorCode =
  | 'invalid_argument'
  | 'malformed_export'
  | 'truncated_export'
  | 'malformed_checkpoint'
  | 'malformed_vkey'
  | 'signature_invalid'
  | 'signer_unknown'

/** The only error this package throws on purpose. `line` is the 1-based line of an export, where one is at fault. */
export class LedgerError extends Error {
  readonly code: LedgerErrorCode
  readonly line: number | undefined

  constructor(code: LedgerErrorCode, message: string, options: { line?: number; cause?: unknown } = {}) {
    super(message, { cause: options.cause })
    this.name = 'LedgerError'
    this.code = code
    this.line = options.line
  }
}
