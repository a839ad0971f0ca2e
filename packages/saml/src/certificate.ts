import { X509Certificate } from 'node:crypto'

export interface Certificate {
  pem: string
  /** SHA-256 of the certificate, in hexadecimal. */
  fingerprint: string
  notBefore: Date
  notAfter: Date
}

export const leastBits = 2048

/** A certificate as people paste it: PEM, or base64 alone. Null for anything but one certificate with an RSA key of 2048 bits or more. */
export const readCertificate = (text: string): Certificate | null => {
  if (text.length > 16_384) return null
  const inside = /^\s*-----BEGIN CERTIFICATE-----([\s\S]*?)-----END CERTIFICATE-----\s*$/.exec(text)?.[1] ?? text
  const base64 = inside.replace(/\s+/g, '')
  if (!/^[A-Za-z0-9+/]{100,}={0,2}$/.test(base64)) return null
  try {
    const certificate = new X509Certificate(Buffer.from(base64, 'base64'))
    const { publicKey, fingerprint256, validFromDate, validToDate } = certificate
    if (publicKey.asymmetricKeyType !== 'rsa' || (publicKey.asymmetricKeyDetails?.modulusLength ?? 0) < leastBits) return null
    if (Number.isNaN(validFromDate.getTime()) || Number.isNaN(validToDate.getTime())) return null
    const pem = certificate.toString()
    return { pem, fingerprint: fingerprint256.replaceAll(':', '').toLowerCase(), notBefore: validFromDate, notAfter: validToDate }
  } catch {
    return null // whatever it was, it was no certificate
  }
}

export const validAt = ({ notBefore, notAfter }: Certificate, now: Date): boolean => notBefore <= now && now < notAfter
