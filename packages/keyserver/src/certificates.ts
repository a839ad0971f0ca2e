import 'reflect-metadata' // @peculiar/x509 needs it before itself
import { createPrivateKey, randomBytes, webcrypto, X509Certificate } from 'node:crypto'
import { mkdir } from 'node:fs/promises'
import { isIP } from 'node:net'
import { dirname, join } from 'node:path'
import * as x509 from '@peculiar/x509'
import { ensurePrivateDirectory, readIfPresent, writeAtomically } from './files.ts'
import { nameConstraints, type PermittedNames } from './name-constraints.ts'

/** The local certificate authority. Its private key belongs in the key server's directory and nowhere else. */
export interface Authority {
  certificatePem: string
  privateKeyPem: string
  notAfter: Date
}

export interface Issued {
  certificatePem: string
  /** PKCS #8 */
  privateKeyPem: string
  notAfter: Date
}

export interface CertificateRequest {
  authority: Authority
  commonName: string
  dnsNames?: readonly string[]
  ipAddresses?: readonly string[]
  usage: 'server' | 'client'
  /** At most and by default 397, the CA/Browser Forum's limit that browsers enforce. */
  days?: number
}

const algorithm = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' } as const
const dayMs = 86_400_000
const authorityDays = 5 * 365
const leafDays = 397
const renewBeforeDays = 30
/** Clocks of other machines may be behind ours. */
const backdateMs = 3_600_000
const loopback: PermittedNames = { dnsNames: ['localhost'], ipAddresses: ['127.0.0.0/8', '::1/128'] }

x509.cryptoProvider.set(webcrypto)

const generateKeys = async () => webcrypto.subtle.generateKey(algorithm, true, ['sign', 'verify'])

const exportPem = async (key: webcrypto.CryptoKey): Promise<string> => {
  const der = Buffer.from(await webcrypto.subtle.exportKey('pkcs8', key))
  return createPrivateKey({ key: der, format: 'der', type: 'pkcs8' }).export({ type: 'pkcs8', format: 'pem' }).toString()
}

const importPem = async (pem: string) => {
  const der = createPrivateKey(pem).export({ type: 'pkcs8', format: 'der' })
  return webcrypto.subtle.importKey('pkcs8', der, algorithm, false, ['sign'])
}

/** RFC 5280 §4.1.2.2: positive, at most 20 octets. */
const serialNumber = (): string => `4${randomBytes(16).toString('hex').slice(1)}`

const validity = (days: number) => {
  const now = Date.now()
  return { notBefore: new Date(now - backdateMs), notAfter: new Date(now + days * dayMs - backdateMs) }
}

const createAuthority = async (permitted: PermittedNames): Promise<Authority> => {
  const keys = await generateKeys()
  const certificate = await x509.X509CertificateGenerator.createSelfSigned({
    serialNumber: serialNumber(),
    // The random part keeps two installations on one machine apart in a browser's store.
    name: [{ O: ['Holdfast'] }, { CN: [`Holdfast local authority ${randomBytes(3).toString('hex')}`] }],
    ...validity(authorityDays),
    signingAlgorithm: algorithm,
    keys,
    extensions: [
      new x509.BasicConstraintsExtension(true, 0, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.cRLSign, true),
      await x509.SubjectKeyIdentifierExtension.create(keys.publicKey),
      nameConstraints(permitted),
    ],
  })
  return {
    certificatePem: `${certificate.toString('pem')}\n`,
    privateKeyPem: await exportPem(keys.privateKey),
    notAfter: certificate.notAfter,
  }
}

/**
 * Reads `ca.pem` and `ca.key` of a directory (0700, key 0600), or makes them: ECDSA P-256, five years, limited by name constraints to
 * loopback and the names of `permit`. Throws when the two files do not belong together or the certificate has expired: a new
 * authority would silently make every issued certificate void, so replacing it is left to a person.
 */
export const ensureLocalAuthority = async (
  directory: string,
  options: { permit?: Partial<PermittedNames> } = {},
): Promise<Authority> => {
  await ensurePrivateDirectory(directory)
  const certificateFile = join(directory, 'ca.pem')
  const keyFile = join(directory, 'ca.key')
  const [certificatePem, privateKeyPem] = await Promise.all([readIfPresent(certificateFile), readIfPresent(keyFile)])
  if (!certificatePem && !privateKeyPem) {
    const authority = await createAuthority({
      dnsNames: [...loopback.dnsNames, ...(options.permit?.dnsNames ?? [])],
      ipAddresses: [...loopback.ipAddresses, ...(options.permit?.ipAddresses ?? [])],
    })
    await writeAtomically(keyFile, authority.privateKeyPem)
    await writeAtomically(certificateFile, authority.certificatePem, 0o644)
    return authority
  }
  if (!certificatePem) throw new Error(`${keyFile} is there but ${certificateFile} is not; restore it or remove both`)
  if (!privateKeyPem) throw new Error(`${certificateFile} is there but ${keyFile} is not; restore it or remove both`)
  const certificate = new X509Certificate(certificatePem)
  if (!certificate.checkPrivateKey(createPrivateKey(privateKeyPem)))
    throw new Error(`${keyFile} is not the key of ${certificateFile}`)
  if (certificate.validToDate.getTime() < Date.now())
    throw new Error(`${certificateFile} expired on ${certificate.validTo}; remove it and ${keyFile}`)
  return { certificatePem: certificatePem.toString(), privateKeyPem: privateKeyPem.toString(), notAfter: certificate.validToDate }
}

/** Issues a leaf certificate with a new ECDSA P-256 key. Throws `RangeError` for more than 397 days. */
export const issueCertificate = async (request: CertificateRequest): Promise<Issued> => {
  const { authority, commonName, dnsNames = [], ipAddresses = [], usage, days = leafDays } = request
  if (days > leafDays) throw new RangeError(`a leaf certificate lives at most ${leafDays} days`)
  const issuer = new x509.X509Certificate(authority.certificatePem)
  const keys = await generateKeys()
  const names: x509.JsonGeneralNames = [
    ...dnsNames.map((value) => ({ type: 'dns' as const, value })),
    ...ipAddresses.map((value) => ({ type: 'ip' as const, value })),
  ]
  const certificate = await x509.X509CertificateGenerator.create({
    serialNumber: serialNumber(),
    subject: [{ O: ['Holdfast'] }, { CN: [commonName] }],
    issuer: issuer.subject,
    ...validity(days),
    signingKey: await importPem(authority.privateKeyPem),
    signingAlgorithm: algorithm,
    publicKey: keys.publicKey,
    extensions: [
      new x509.BasicConstraintsExtension(false, undefined, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
      new x509.ExtendedKeyUsageExtension([x509.ExtendedKeyUsage[usage === 'server' ? 'serverAuth' : 'clientAuth']]),
      await x509.SubjectKeyIdentifierExtension.create(keys.publicKey),
      await x509.AuthorityKeyIdentifierExtension.create(issuer),
      ...(names.length > 0 ? [new x509.SubjectAlternativeNameExtension(names)] : []),
    ],
  })
  return {
    certificatePem: `${certificate.toString('pem')}\n`,
    privateKeyPem: await exportPem(keys.privateKey),
    notAfter: certificate.notAfter,
  }
}

/** Whether a certificate must be issued anew: of another authority, near its end, or for other names. */
const isStale = (certificatePem: Buffer, request: CertificateRequest, now: number): boolean => {
  const certificate = new X509Certificate(certificatePem)
  const issuer = new X509Certificate(request.authority.certificatePem)
  if (!certificate.checkIssued(issuer) || !certificate.verify(issuer.publicKey)) return true
  if (certificate.validToDate.getTime() - now < renewBeforeDays * dayMs) return true
  if (!certificate.subject.split('\n').includes(`CN=${request.commonName}`)) return true
  const named = (name: string) =>
    (isIP(name) ? certificate.checkIP(name) : certificate.checkHost(name, { subject: 'never' })) !== undefined
  return ![...(request.dnsNames ?? []), ...(request.ipAddresses ?? [])].every(named)
}

/** Reads a certificate and its key from files and issues them anew when absent, stale (see `isStale`) or not a pair. Key file 0600. */
export const ensureCertificate = async (
  request: CertificateRequest & { certificateFile: string; privateKeyFile: string },
): Promise<Issued & { renewed: boolean }> => {
  const { certificateFile, privateKeyFile } = request
  const [certificatePem, privateKeyPem] = await Promise.all([readIfPresent(certificateFile), readIfPresent(privateKeyFile)])
  if (certificatePem && privateKeyPem && !isStale(certificatePem, request, Date.now())) {
    const certificate = new X509Certificate(certificatePem)
    if (certificate.checkPrivateKey(createPrivateKey(privateKeyPem))) {
      return {
        certificatePem: certificatePem.toString(),
        privateKeyPem: privateKeyPem.toString(),
        notAfter: certificate.validToDate,
        renewed: false,
      }
    }
  }
  const issued = await issueCertificate(request)
  for (const file of [certificateFile, privateKeyFile]) await mkdir(dirname(file), { recursive: true, mode: 0o700 })
  await writeAtomically(privateKeyFile, issued.privateKeyPem)
  await writeAtomically(certificateFile, issued.certificatePem, 0o644)
  return { ...issued, renewed: true }
}
