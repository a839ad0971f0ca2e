import { createHash, X509Certificate } from 'node:crypto'
import { connect, type DetailedPeerCertificate } from 'node:tls'

/**
 * The server's own authority, fetched from the server and believed for its fingerprint alone (SHA-256, hex), which came another way:
 * with the enrolment token. Throws when the server does not show such an authority.
 */
export const fetchAuthority = (server: string, fingerprint: string): Promise<string> =>
  new Promise((resolve, reject) => {
    const { hostname, port } = new URL(server)
    const wanted = fingerprint.toLowerCase().replaceAll(':', '')
    if (!/^[0-9a-f]{64}$/.test(wanted)) throw new TypeError('a fingerprint is 64 hexadecimal digits')
    // Not verified here: nothing is sent, and what is taken is checked against the fingerprint.
    const socket = connect({
      host: hostname,
      port: Number(port || 443),
      servername: hostname,
      rejectUnauthorized: false,
      timeout: 10_000,
    })
    socket.on('timeout', () => socket.destroy(new Error('the server does not answer')))
    socket.on('error', reject)
    socket.on('secureConnect', () => {
      const chain: Buffer[] = []
      let certificate: DetailedPeerCertificate | undefined = socket.getPeerCertificate(true)
      while (certificate?.raw && !chain.some((raw) => certificate?.raw.equals(raw))) {
        chain.push(certificate.raw)
        certificate = certificate.issuerCertificate
      }
      socket.destroy()
      const found = chain.find((raw) => createHash('sha256').update(raw).digest('hex') === wanted)
      const authority = found && new X509Certificate(found)
      if (authority?.ca) resolve(authority.toString())
      else reject(new Error('the server shows no authority with that fingerprint; give its file with --ca'))
    })
  })
