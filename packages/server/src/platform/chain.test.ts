import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { ensureLocalAuthority, issueCertificate } from '@holdfast/keyserver/certificates'
import { expect, test } from 'vitest'
import { withAuthority } from './chain.ts'

test('our own authority stands behind what it signed, and behind nothing else', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'holdfast-chain-'))
  try {
    const authority = await ensureLocalAuthority(join(directory, 'ours'))
    const { certificatePem: other } = await ensureLocalAuthority(join(directory, 'theirs'))
    const { certificatePem } = await issueCertificate({ authority, commonName: 'localhost', usage: 'server' })
    const chain = withAuthority(certificatePem, authority.certificatePem)
    expect(chain.replace(/\s/g, '')).toBe((certificatePem + authority.certificatePem).replace(/\s/g, ''))
    expect(withAuthority(certificatePem, other)).toBe(certificatePem)
  } finally {
    await rm(directory, { recursive: true })
  }
})
