import 'reflect-metadata' // @peculiar/x509 needs it before itself
import { createPrivateKey, randomBytes, webcrypto } from 'node:crypto'
import * as x509 from '@peculiar/x509'

/** A key to sign with, and a certificate that says which. Nobody vouches for it: it is handed over with the metadata. */
export interface SigningPair {
  /** PKCS #8 */
  privateKeyPem: string
  certificatePem: string
}

const algorithm = {
  name: 'RSASSA-PKCS1-v1_5',
  modulusLength: 3072,
  publicExponent: new Uint8Array([1, 0, 1]),
  hash: 'SHA-256',
} as const
const years = (from: Date, count: number): Date => new Date(from.getTime() + count * 365 * 86_400_000)

/** RSA with 3072 bits: what every provider can check. The certificate lasts ten years unless said, for some providers look at it. */
export const createSigningPair = async (
  commonName: string,
  { notBefore, notAfter = years(notBefore, 10) }: { notBefore: Date; notAfter?: Date },
): Promise<SigningPair> => {
  x509.cryptoProvider.set(webcrypto)
  const keys = await webcrypto.subtle.generateKey(algorithm, true, ['sign', 'verify'])
  const certificate = await x509.X509CertificateGenerator.createSelfSigned({
    // RFC 5280 §4.1.2.2: positive, at most 20 octets.
    serialNumber: `4${randomBytes(16).toString('hex').slice(1)}`,
    name: [{ CN: [commonName] }],
    ...{ notBefore, notAfter, signingAlgorithm: algorithm, keys },
  })
  const der = Buffer.from(await webcrypto.subtle.exportKey('pkcs8', keys.privateKey))
  const privateKeyPem = createPrivateKey({ key: der, format: 'der', type: 'pkcs8' })
    .export({ type: 'pkcs8', format: 'pem' })
    .toString()
  return { privateKeyPem, certificatePem: `${certificate.toString('pem')}\n` }
}
