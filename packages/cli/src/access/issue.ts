import { operations } from '@holdfast/contract'
import { withCode } from './code.ts'
import { writeOwn, type KeyDirectory } from './key-directory.ts'
import type { Asking } from './request.ts'
import { checkCertificate } from './ssh-options.ts'
import type { Certificate, Grant } from './types.ts'

/** A certificate for the key of this directory, and the authorities that prove the host, both written beside the key. */
export const issueInto = async (asking: Asking, grant: Grant, directory: KeyDirectory): Promise<Certificate> => {
  const { io, connection, report, held } = asking
  const { publicKey } = directory
  const { value, ledgerSeq } = await withCode(io, held, undefined, (code) =>
    connection.call(operations.grant.certificate, { id: grant.id, publicKey, ...(code !== undefined && { code }) }),
  )
  const certificate = checkCertificate(value)
  await writeOwn(directory.certificate, `${certificate.certificate.trim()}\n`)
  await writeOwn(directory.knownHosts, `${certificate.knownHosts.join('\n')}\n`)
  const facts = { grantId: grant.id, serial: certificate.serial, validBefore: certificate.validBefore, ledgerSeq }
  report('certificate', `Certificate ${certificate.serial}. Recorded as #${ledgerSeq ?? '?'}.`, facts)
  return certificate
}
