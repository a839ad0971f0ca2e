/** A throwaway certificate for 127.0.0.1, its own authority. */
import 'reflect-metadata' // @peculiar/x509 needs it before itself
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import * as x509 from '@peculiar/x509'

/** Paths of the PEM files for the server, and the PEM text its clients trust. */
export async function makeTestCertificate(directory: string): Promise<{ cert: string; key: string; ca: string }> {
  x509.cryptoProvider.set(crypto)
  const algorithm = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' }
  const keys = await crypto.subtle.generateKey(algorithm, true, ['sign', 'verify'])
  const certificate = await x509.X509CertificateGenerator.createSelfSigned({
    name: 'CN=holdfast test',
    keys,
    signingAlgorithm: algorithm,
    notBefore: new Date(Date.now() - 60_000),
    notAfter: new Date(Date.now() + 86_400_000),
    extensions: [
      new x509.BasicConstraintsExtension(true, 0, true),
      new x509.SubjectAlternativeNameExtension([
        { type: 'dns', value: 'localhost' },
        { type: 'ip', value: '127.0.0.1' },
      ]),
    ],
  })
  const cert = join(directory, 'server.crt')
  const key = join(directory, 'server.key')
  const pkcs8 = await crypto.subtle.exportKey('pkcs8', keys.privateKey)
  writeFileSync(cert, certificate.toString('pem'))
  writeFileSync(key, x509.PemConverter.encode(pkcs8, 'PRIVATE KEY'), { mode: 0o600 })
  return { cert, key, ca: certificate.toString('pem') }
}
