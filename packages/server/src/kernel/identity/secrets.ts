import { randomBytes } from 'node:crypto'
import type { OrgId } from '@holdfast/contract'
import type { Entered } from '../handle.ts'
import type { Gate } from '../gate.ts'
import { readIn, type Ground } from '../unit.ts'
import { refreshIdleDays } from './lifetimes.ts'
import './tables.ts'

/** `email-index`: the blind index of addresses. It is never rotated silently: every index would have to be made anew. */
export type SecretName = 'refresh' | 'email-index'

export interface SecretVersion {
  version: number
  /** 32 bytes. */
  key: Buffer
  createdAt: Date
}

/** The installation's own secrets: sealed at rest under the platform's data key, in memory for minutes. */
export interface Secrets {
  /** Newest first; empty before the installation is set up. */
  versions: (name: SecretName) => Promise<readonly SecretVersion[]>
  /** The operator's organisation, in whose name the installation's rows are read; null before set-up. */
  operatorOrg: () => Promise<OrgId | null>
  /** Reads them anew at the next use. */
  forget: () => void
}

const heldMs = 60_000
const place = (name: string, version: number) => ({ table: 'platform_secret', column: 'sealed', row: `${name}/${version}` })

export const createSecrets = (ground: Ground, gate: Gate, now: () => number = Date.now): Secrets => {
  const held = new Map<SecretName, { versions: Promise<readonly SecretVersion[]>; until: number }>()
  let operator: OrgId | null = null

  const operatorOrg = async (): Promise<OrgId | null> => {
    if (operator) return operator
    const [row] = await gate.ask<{ operator_org: OrgId | null }>('operator_org', [])
    return (operator = row?.operator_org ?? null)
  }
  const load = async (name: SecretName): Promise<readonly SecretVersion[]> => {
    const orgId = await operatorOrg()
    if (!orgId) return []
    return readIn(ground, orgId, null, async ({ tx, vault }) => {
      const rows = await tx
        .selectFrom('platformSecret')
        .select(['version', 'sealed', 'createdAt'])
        .where('name', '=', name)
        .execute()
      const open = async ({ version, sealed, createdAt }: (typeof rows)[number]) => ({
        version,
        createdAt,
        key: await vault.open('platform', place(name, version), sealed),
      })
      return (await Promise.all(rows.map(open))).toSorted((a, b) => b.version - a.version)
    })
  }
  return {
    operatorOrg,
    versions: (name) => {
      const known = held.get(name)
      if (known && known.until > now()) return known.versions
      const versions = load(name)
      held.set(name, { versions, until: now() + heldMs })
      const drop = (): void => void held.delete(name)
      versions.then((loaded) => loaded.length === 0 && drop(), drop) // an absent one is asked for again
      return versions
    },
    forget: () => held.clear(),
  }
}

/** Makes the next version of a secret, in the operator's organisation (or the one being set up). Returns it. */
export const renewSecret = async ({ tx, vault }: Entered, name: SecretName, now: Date): Promise<SecretVersion> => {
  const rows = await tx.selectFrom('platformSecret').select('version').where('name', '=', name).forUpdate().execute()
  const version = Math.max(0, ...rows.map((row) => row.version)) + 1
  if (name === 'email-index' && version > 1) throw new Error('the key of the e-mail index is not rotated')
  await tx
    .updateTable('platformSecret')
    .set({ state: 'retired' })
    .where('name', '=', name)
    .where('state', '=', 'active')
    .execute()
  const key = randomBytes(32)
  const sealed = await vault.seal('platform', place(name, version), key)
  await tx.insertInto('platformSecret').values({ name, version, sealed, createdAt: now }).execute()
  return { version, key, createdAt: now }
}

/** The versions that still verify: the newest, and each whose successor is younger than the longest life of what it signed. */
export const stillVerifying = (versions: readonly SecretVersion[], now: Date): readonly SecretVersion[] =>
  versions.filter((_, index) => {
    const successor = versions[index - 1]
    return !successor || now.getTime() - successor.createdAt.getTime() < refreshIdleDays * 86_400_000
  })
