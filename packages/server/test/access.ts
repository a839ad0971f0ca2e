/** A small organisation with servers, for tests of access to them: who asks, who approves, a host and its agent, the rules. */
import { accessPolicy, agent, grant, host, session, type InputOf, type Role } from '@holdfast/contract'
import { newId } from '../src/kernel/identifier.ts'
import { openUnit, record } from '../src/kernel/unit.ts'
import { addMember, enrol, newCaller, startPlatform, totpCode, type Caller, type Member, type Platform } from './platform.ts'
import { newSshKey } from './world.ts'

export interface Person extends Member {
  totpSecret: string
}

export type Stage = Awaited<ReturnType<typeof setStage>>

type Rules = Partial<InputOf<typeof accessPolicy.create>>

/** A member with a second factor. */
const person = async (platform: Platform, orgId: Parameters<typeof addMember>[1], role: Role, name?: string): Promise<Person> => {
  const member = await addMember(platform, orgId, role, name)
  const totpSecret = member.totpSecret ?? (await enrol(platform, platform.clock, member.caller)).totpSecret
  return { ...member, totpSecret }
}

/** Gives one account the mailbox of another, written differently. */
export const shareMailbox = async (
  platform: Platform,
  { orgId }: Parameters<typeof addMember>[1],
  one: Pick<Member, 'personId'>,
  other: Pick<Member, 'email'>,
): Promise<void> => {
  const { ground } = platform.services
  const unit = openUnit(ground, orgId, one.personId, true)
  const [local = '', domain = ''] = other.email.split('@')
  const place = { table: 'person', column: 'email_sealed', row: one.personId }
  const emailSealed = await unit.vault.seal({ person: one.personId }, place, `${local}+second@${domain.toUpperCase()}`)
  await unit.tx.updateTable('person').set({ emailSealed }).where('id', '=', one.personId).execute()
  const actor = { type: 'system', id: 'test', via: 'test' }
  const what = { action: 'test.changed', targetId: one.personId, requestId: newId('rq') }
  await record(ground, unit, { ...what, actor, origin: null, reason: null })
}

export const setStage = async () => {
  const platform = await startPlatform()
  const founded = await platform.found()
  const make = (role: Role, name?: string) => person(platform, founded, role, name)
  const [sre, other, reviewer, second, admin] = [
    await make('member', 'Sam'),
    await make('member', 'Otto'),
    await make('reviewer', 'Rosa'),
    await make('reviewer', 'Rita'),
    await make('admin', 'Amir'),
  ]
  /** A code of now, however many were used: time stands still for it. */
  const code = async ({ personId, totpSecret }: Pick<Person, 'personId' | 'totpSecret'>): Promise<string> => {
    await platform.arrange(founded.orgId, 'update totp_factor set last_step = 0 where person_id = $1', [personId])
    return totpCode(totpSecret, platform.clock.now())
  }
  let hosts = 0
  const register = (labels: string[] = [], environment = 'production') =>
    platform.call(
      host.register,
      { name: `web-${++hosts}`, environment, labels, address: `web-${hosts}.example.test` },
      founded.owner,
    )
  const enrolBy = async (token: string) => {
    const enrolled = await platform.call(agent.enrol, { token, hostPublicKey: newSshKey(), agentVersion: '1.0' }, newCaller())
    return { ...enrolled, token, caller: newCaller({ apiKey: enrolled.agentKey }) }
  }
  const enrolHost = async (labels: string[] = [], environment = 'production') =>
    enrolBy((await register(labels, environment)).token)
  const allow = (rules: Rules = {}) =>
    platform.call(
      accessPolicy.create,
      {
        name: 'Production',
        selects: { environments: ['production'] },
        logins: ['deploy'],
        requesters: { roles: ['member'] },
        approvers: { roles: ['reviewer', 'admin'] },
        ...rules,
      },
      founded.owner,
    )
  const ask = async (
    hostId: InputOf<typeof grant.request>['hostId'],
    input: Partial<InputOf<typeof grant.request>> = {},
    who: Person = sre,
  ) =>
    platform.call(
      grant.request,
      { hostId, login: 'deploy', seconds: 1800, reason: 'Deploy 42', code: await code(who), ...input },
      who.caller,
    )
  const approve = async (request: { id: string; requestHash: string }, who: Person = reviewer) =>
    platform.call(grant.approve, { id: request.id as never, requestHash: request.requestHash, code: await code(who) }, who.caller)
  /** A grant that runs, on a host of its own unless one is given. */
  const give = async (on?: Awaited<ReturnType<typeof enrolHost>>, input: Partial<InputOf<typeof grant.request>> = {}) => {
    const to = on ?? (await enrolHost())
    const granted = await approve(await ask(to.hostId, input))
    return { host: to, grant: granted }
  }
  const certificate = async (id: string, who: Person = sre, as: Caller = who.caller) =>
    platform.call(grant.certificate, { id: id as never, publicKey: newSshKey(), code: await code(who) }, as)
  /** The caller, having just confirmed a second factor. */
  const stepped = async (who: Person): Promise<Caller> => {
    await platform.call(session.confirmFactor, { code: await code(who) }, who.caller)
    return who.caller
  }
  /** Gives one person the mailbox of another, with a tag. */
  const sameMailbox = (one: Person, other: Person) => shareMailbox(platform, founded, one, other)
  return {
    ...{ platform, founded, sre, other, reviewer, second, admin, make, code, stepped, sameMailbox },
    ...{ register, enrolBy, enrolHost, allow, ask, approve, give, certificate },
  }
}
