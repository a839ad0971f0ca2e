import { sshAuthority } from '@holdfast/contract'
import { fingerprintOf, parsePublicKey } from '@holdfast/crypto/ssh'
import { signingVersion } from '../../kernel/access/signing.ts'
import type { Capability } from '../../kernel/capability.ts'
import { handle } from '../../kernel/handle.ts'
import { hasten, rotate } from './commands.ts'
import { showRotations } from './rows.ts'
import { advanceAll, advanceOne } from './upkeep.ts'

const purposes = ['user', 'host', 'revocations'] as const

const status = handle(sshAuthority.status, async (_, { tx, orgId, now, services }) => {
  const { authorities } = await services.ground.keyServer.sshAuthorities(orgId)
  const shown = []
  for (const purpose of purposes) {
    const signing = await signingVersion(tx, purpose)
    const versions = authorities[purpose].keys.slice(0, 100).map(({ version, publicKey, createdAt, ageDays, state }) => ({
      ...{ version, createdAt, ageDays, fingerprint: fingerprintOf(parsePublicKey(publicKey)) },
      standing: state === 'retired' ? ('retired' as const) : version === signing ? ('signs' as const) : ('believed' as const),
    }))
    shown.push({ purpose, versions })
  }
  return { authorities: shown, rotations: await showRotations(tx, now) }
})

/** The organisation's SSH authorities, and new ones (C6, D3). */
export const sshAuthorities: Capability = { handlers: [status, rotate, hasten], jobs: [advanceOne], schedules: [advanceAll] }
