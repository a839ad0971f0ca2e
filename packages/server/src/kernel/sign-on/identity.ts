import { createHmac } from 'node:crypto'
import { PersonId, type OrgId, type SsoConnectionId } from '@holdfast/contract'
import { isSwitchedOff } from '../directory.ts'
import type { Gate } from '../gate.ts'
import type { Entered } from '../handle.ts'
import { newIdOf } from '../identifier.ts'
import { emailIndexOf } from '../identity/email-index.ts'
import type { Secrets } from '../identity/secrets.ts'
import { memberJoined } from '../membership.ts'
import { createPerson } from '../people.ts'
import type { Services } from '../services.ts'
import { readIn } from '../unit.ts'
import type { Connection } from './connection.ts'
import { isProved } from './domain.ts'
import type { Asserted } from './oidc.ts'
import { isSameFormat, verdictOf, type Refusal } from './rules.ts'
import './tables.ts'

/** The index under which a subject is found: an HMAC, since subjects are personal data. Throws before set-up. */
export const subjectIndexOf = async (secrets: Secrets, connectionId: SsoConnectionId, subject: string): Promise<Buffer> => {
  const [newest] = await secrets.versions('email-index')
  if (!newest) throw new Error('the installation is not set up')
  return createHmac('sha256', newest.key).update(`holdfast sign-on subject 1|${connectionId}|${subject}`).digest()
}

const subjectPlace = (row: string) => ({ table: 'sso_identity', column: 'subject_sealed', row })

/** Whom a connection knows by a subject, in the organisation entered; `member` is live. */
export const identityBy = async ({ tx }: Pick<Entered, 'tx'>, connectionId: SsoConnectionId, subjectIndex: Buffer) => {
  const row = await tx
    .selectFrom('ssoIdentity as i')
    .leftJoin('membership as m', 'm.personId', 'i.personId')
    .select(['i.personId', 'i.nameIdFormat', 'm.role'])
    .where('i.connectionId', '=', connectionId)
    .where('i.subjectIndex', '=', subjectIndex)
    .executeTakeFirst()
  return row ? { personId: PersonId.parse(row.personId), nameIdFormat: row.nameIdFormat, member: row.role !== null } : null
}

/** Ties a subject to a person for good. Fails on the database's own rule when either is tied already. */
export const linkIdentity = async (
  { tx, vault }: Entered,
  secrets: Secrets,
  {
    connectionId,
    subject,
    nameIdFormat,
    personId,
  }: Pick<Asserted, 'subject' | 'nameIdFormat'> & {
    connectionId: SsoConnectionId
    personId: PersonId
  },
  now: Date,
): Promise<void> => {
  const subjectIndex = await subjectIndexOf(secrets, connectionId, subject)
  const place = subjectPlace(subjectIndex.toString('hex'))
  const subjectSealed = await vault.seal({ person: personId }, place, subject)
  await tx
    .insertInto('ssoIdentity')
    .values({ connectionId, subjectIndex, subjectSealed, nameIdFormat, personId, createdAt: now, lastUsedAt: now })
    .execute()
}

interface Looking {
  services: Pick<Services, 'ground' | 'secrets'>
  gate: Gate
}

/** What the provider's word is worth here, before anything is changed. */
export type Resolved =
  | { verdict: 'identity' | 'link'; personId: PersonId }
  | { verdict: 'create'; personId: PersonId; email: string }
  | { verdict: Refusal }

const knownBy = async ({ gate }: Looking, orgId: OrgId, index: Buffer | null) => {
  if (index === null) return null
  const [found] = await gate.ask<{ person_id: PersonId; state: string; org_ids: OrgId[] }>('gate_person_by_email', [index])
  return found ? { personId: found.person_id, active: found.state === 'active', member: found.org_ids.includes(orgId) } : null
}

/** Who it is that a provider asserts, by the rules of `verdictOf`. */
export const resolve = async (looking: Looking, connection: Connection, asserted: Asserted): Promise<Resolved> => {
  const { id: connectionId, orgId, defaultRole } = connection
  const subjectIndex = await subjectIndexOf(looking.services.secrets, connectionId, asserted.subject)
  const emailIndex = asserted.email === null ? null : await emailIndexOf(looking.services.secrets, asserted.email)
  const known = await knownBy(looking, orgId, emailIndex)
  const found = await readIn(looking.services.ground, orgId, null, async ({ tx }) => {
    const identity = await identityBy({ tx }, connectionId, subjectIndex)
    const ids = [identity?.personId, known?.personId].filter((id) => id !== undefined)
    const people = ids.length === 0 ? [] : await tx.selectFrom('person').select(['id', 'state']).where('id', 'in', ids).execute()
    const linked = known
      ? await tx
          .selectFrom('ssoIdentity')
          .select('personId')
          .where('connectionId', '=', connectionId)
          .where('personId', '=', known.personId)
          .executeTakeFirst()
      : undefined
    const proved = asserted.email !== null && (await isProved({ tx }, asserted.email))
    // Whoever is no member cannot be seen from here; then it matters only that they are none.
    const active = identity ? people.find(({ id }) => id === identity.personId)?.state !== 'suspended' : true
    const switchedOff = emailIndex !== null && (await isSwitchedOff(tx, emailIndex))
    return { identity, active, proved, switchedOff, linked: linked !== undefined }
  })
  const verdict = verdictOf({
    identity: found.identity && {
      ...{ member: found.identity.member, active: found.active },
      sameFormat: isSameFormat(found.identity.nameIdFormat, asserted.nameIdFormat),
    },
    email: asserted.email === null ? 'none' : asserted.emailVerified ? 'verified' : 'unverified',
    ...{ proved: found.proved, switchedOff: found.switchedOff },
    known: known && { member: known.member, active: known.active, linked: found.linked },
    letsIn: defaultRole !== null,
  })
  if (verdict === 'identity' && found.identity) return { verdict, personId: found.identity.personId }
  if (verdict === 'link' && known) return { verdict, personId: known.personId }
  if (verdict === 'create' && asserted.email !== null)
    return { verdict, personId: newIdOf(PersonId, 'pe'), email: asserted.email }
  return { verdict: verdict as Refusal }
}

/** Makes it so, in the connection's organisation, entered as that person. */
export const settle = async (
  entered: Entered,
  services: Services,
  {
    connection,
    asserted,
    resolved,
  }: { connection: Connection; asserted: Asserted; resolved: Exclude<Resolved, { verdict: Refusal }> },
  now: Date,
): Promise<void> => {
  const { personId, verdict } = resolved
  const connectionId = connection.id
  const { subject, nameIdFormat } = asserted
  if (verdict === 'create') {
    const { email } = resolved
    const emailIndex = await emailIndexOf(services.secrets, email)
    if (!emailIndex || connection.defaultRole === null) throw new Error('decided otherwise before')
    const name = asserted.name?.slice(0, 100) ?? email
    await createPerson(entered, { id: personId, name, email, emailIndex, passwordHash: null })
    await entered.tx.insertInto('membership').values({ personId, role: connection.defaultRole }).execute()
    const joining = { personId, emailIndex, invitationId: null, role: connection.defaultRole }
    await memberJoined({ ...entered, services, now }, joining)
  }
  if (verdict !== 'identity')
    await linkIdentity(entered, services.secrets, { connectionId, subject, nameIdFormat, personId }, now)
  const used = entered.tx
    .updateTable('ssoIdentity')
    .set({ lastUsedAt: now, nameIdFormat })
    .where('connectionId', '=', connectionId)
  if (verdict === 'identity') await used.where('personId', '=', personId).execute()
  await entered.tx.updateTable('ssoConnection').set({ lastUsedAt: now }).where('id', '=', connectionId).execute()
}
