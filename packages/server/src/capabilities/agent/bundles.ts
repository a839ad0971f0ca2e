import type { OrgId } from '@holdfast/contract'
import { grantKeyId } from '@holdfast/crypto/ssh'
import { KeyServerRefused, type KeyServerClient } from '@holdfast/keyserver/client'
import type { OrgTx } from '../../kernel/tenancy/org-tx.ts'
import { bundleMaxAgeMs, clockMarginMs, staleAfterSeconds } from './rules.ts'

interface Held {
  sequence: number
  at: number
  bundle: Promise<Buffer>
}
const heldOrganisations = 2_000
const heldBy = new WeakMap<KeyServerClient, Map<OrgId, Held>>()

/** What certificates of ended grants there are that may still be valid somewhere, by serial and by key id. */
const revokedIn = async (tx: OrgTx, now: Date) => {
  const rows = await tx
    .selectFrom('grantCertificate as c')
    .innerJoin('accessGrant as g', 'g.id', 'c.grantId')
    .select(['c.serial', 'c.grantId', 'g.requesterId'])
    .where('g.state', '=', 'ended')
    .where('c.validBefore', '>', new Date(now.getTime() - clockMarginMs))
    .orderBy('c.serial')
    .limit(100_000)
    .execute()
  const keyIds = new Set(rows.map(({ grantId, requesterId }) => grantKeyId({ grant: grantId, person: requesterId })))
  return { serials: rows.map(({ serial }) => BigInt(serial)), keyIds: [...keyIds] }
}

/** Its version is the number of the change; from 1, since OpenSSH takes a list of version 0 for one that has none. */
const sign = async (keyServer: KeyServerClient, tx: OrgTx, sequence: number, now: Date): Promise<Buffer> =>
  keyServer.signRevocations({
    ...{ org: tx.orgId, kind: 'user', version: BigInt(Math.max(1, sequence)), lifetimeSeconds: staleAfterSeconds },
    ...(await revokedIn(tx, now)),
  })

/** A bundle of its own, for whoever reads what is not committed yet: nobody else may be shown that. */
export const freshBundle: typeof sign = async (keyServer, tx, sequence, now) => {
  try {
    return await sign(keyServer, tx, sequence, now)
  } catch (error) {
    if (!(error instanceof KeyServerRefused && error.code === 'ssh_authority_unknown')) throw error
    await keyServer.sshAuthorities(tx.orgId) // made at the first need
    return sign(keyServer, tx, sequence, now)
  }
}

/**
 * The signed bundle of one number of the organisation's changes, shared by all its hosts for a minute: a thousand agents that ask at once
 * cost one signature. Read `sequence` before: whatever ended up to it is in the list.
 */
export const sharedBundle = (keyServer: KeyServerClient, tx: OrgTx, sequence: number, now: Date): Promise<Buffer> => {
  const { orgId } = tx
  const held = heldBy.get(keyServer) ?? new Map<OrgId, Held>()
  heldBy.set(keyServer, held)
  const known = held.get(orgId)
  if (known && known.sequence === sequence && Date.now() - known.at < bundleMaxAgeMs) return known.bundle
  const bundle = freshBundle(keyServer, tx, sequence, now)
  held.delete(orgId)
  held.set(orgId, { sequence, at: Date.now(), bundle })
  bundle.catch(() => held.get(orgId)?.bundle === bundle && held.delete(orgId))
  const oldest = held.size > heldOrganisations ? held.keys().next().value : undefined
  if (oldest !== undefined) held.delete(oldest)
  return bundle
}
