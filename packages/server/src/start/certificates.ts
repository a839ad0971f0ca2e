import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { ensureCertificate, ensureLocalAuthority } from '@holdfast/keyserver/certificates'
import type { Home } from '../platform/home.ts'

export interface CertificateFiles {
  certificate: string
  key: string
}
export interface Certificates {
  app: CertificateFiles
  postgres: CertificateFiles
  keyServer: CertificateFiles
  /** The app's proof of itself to the key server. */
  client: CertificateFiles
  authorityPem: string
}

const loopback = { dnsNames: ['localhost'], ipAddresses: ['127.0.0.1', '::1'] }

/** The local authority and a certificate for each listener; renewed at start when less than a month is left (D1). */
export const ensureCertificates = async (home: Home): Promise<Certificates> => {
  const authority = await ensureLocalAuthority(home.keyServer)
  await writeFile(home.caFile, authority.certificatePem, { mode: 0o644 })
  const issue = async (folder: string, name: string, usage: 'server' | 'client'): Promise<CertificateFiles> => {
    const files = { certificateFile: join(folder, `${name}.pem`), privateKeyFile: join(folder, `${name}.key`) }
    const subject = usage === 'server' ? { commonName: 'localhost', ...loopback } : { commonName: 'holdfast-app' }
    await ensureCertificate({ authority, usage, ...subject, ...files })
    return { certificate: files.certificateFile, key: files.privateKeyFile }
  }
  return {
    app: await issue(home.app, 'https', 'server'),
    postgres: await issue(home.app, 'postgres', 'server'),
    keyServer: await issue(home.keyServer, 'https', 'server'),
    client: await issue(home.app, 'keyserver-client', 'client'),
    authorityPem: authority.certificatePem,
  }
}
