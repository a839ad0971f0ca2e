import type { Origin } from '../handle.ts'
import type { Principal } from '../principal.ts'
import type { Vault } from '../vault.ts'

/** What the database completes to an entry's body: it adds `v` and the captured `changes` (docs/ledger-format.md). */
export interface EntryHead {
  id: string
  actor: { type: string; id: string; session?: string; via: string }
  action: string
  target: { type: string; id: string }
  request: { id: string; origin?: string }
  reason?: string
  outcome: 'done'
}

interface EntryParts {
  id: string
  actor: EntryHead['actor']
  action: string
  targetId: string
  requestId: string
  origin: Origin | null
  reason: string | null
}

export const actorOf = (principal: Principal): EntryHead['actor'] => {
  if (principal.kind === 'session')
    return { type: 'person', id: principal.personId, session: principal.sessionId, via: 'session' }
  if (principal.kind === 'staff')
    return { type: 'staff', id: principal.personId, session: principal.sessionId, via: principal.grantId }
  if (principal.kind === 'agent') return { type: 'agent', id: principal.hostId, session: principal.agentId, via: 'agent' }
  if (principal.kind === 'directory')
    return { type: 'directory', id: principal.directoryId, session: principal.credentialId, via: 'scim' }
  if (principal.kind === 'api_key') return { type: 'person', id: principal.personId, session: principal.keyId, via: 'api_key' }
  if (principal.kind === 'service')
    return { type: 'service_account', id: principal.serviceAccountId, session: principal.keyId, via: 'api_key' }
  return { type: 'system', id: principal.job, via: 'job' }
}

/** Address and browser are personal data: they enter the chain only sealed, so that destroying the key erases them. */
export const sealOrigin = (vault: Vault, origin: Origin, row: string): Promise<Buffer> =>
  vault.seal('org', { table: 'ledger', column: 'origin', row }, JSON.stringify(origin))

export const entryHead = async (vault: Vault, parts: EntryParts): Promise<EntryHead> => ({
  id: parts.id,
  actor: parts.actor,
  action: parts.action,
  target: { type: parts.action.slice(0, parts.action.indexOf('.')), id: parts.targetId },
  request: {
    id: parts.requestId,
    ...(parts.origin && { origin: (await sealOrigin(vault, parts.origin, parts.id)).toString('base64') }),
  },
  ...(parts.reason !== null && { reason: parts.reason }),
  outcome: 'done',
})
