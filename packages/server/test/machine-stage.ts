/** Service accounts that may ask for access, on the stage of access.ts. */
import { grant, serviceAccount, type InputOf, type Scope, type ServiceAccountId } from '@holdfast/contract'
import { setStage, type Person } from './access.ts'
import { newCaller, type Caller } from './platform.ts'
import { newSshKey } from './world.ts'

export type MachineStage = Awaited<ReturnType<typeof setMachineStage>>

interface KeyWish {
  scopes?: Scope[]
  networks?: string[]
  days?: number
}

export const setMachineStage = async () => {
  const stage = await setStage()
  const { platform, founded } = stage
  /** A member who answers for accounts and is cleared. */
  const answering = await stage.make('member', 'Ansgar')
  let made = 0
  const account = (changes: Partial<InputOf<typeof serviceAccount.create>> = {}, as: Caller = founded.owner) => {
    const name = `robot ${++made}`
    const fields = { name, purpose: 'Deploys at night', role: 'member' as const, ownerId: answering.personId }
    return platform.call(serviceAccount.create, { ...fields, ...changes }, as)
  }
  const keyFor = async (id: ServiceAccountId, { scopes = ['access:request'], ...wish }: KeyWish = {}, as = founded.owner) => {
    const made = await platform.call(serviceAccount.createKey, { id, name: 'k', scopes, ...wish }, as)
    return { keyId: made.id, caller: newCaller({ apiKey: made.key }) }
  }
  /** An account with a key, which a rule of its own lets ask for hosts with a label of its own. */
  const machine = async ({ role, ...wish }: KeyWish & { role?: 'admin' | 'reviewer' | 'member' } = {}, rules: object = {}) => {
    const { id, name } = await account(role ? { role } : {})
    const key = await keyFor(id, wish)
    const label = `robot=r${made}`
    const rule = await stage.allow({ selects: { labels: [label] }, requesters: { serviceAccountIds: [id] }, ...rules })
    const host = await stage.enrolHost([label], 'lab')
    return { id, name, label, rule, host, ...key }
  }
  type Machine = Awaited<ReturnType<typeof machine>>
  const wishOf = ({ host }: Machine, more: Partial<InputOf<typeof grant.request>> = {}) => ({
    ...{ hostId: host.hostId, login: 'deploy', seconds: 1800, reason: 'Nightly', ...more },
  })
  const ask = (robot: Machine, more: Partial<InputOf<typeof grant.request>> = {}) =>
    platform.call(grant.request, wishOf(robot, more), robot.caller)
  const given = async (robot: Machine, more: Partial<InputOf<typeof grant.request>> = {}, by: Person = stage.reviewer) =>
    stage.approve(await ask(robot, more), by)
  const certificate = (robot: Pick<Machine, 'caller'>, id: string) =>
    platform.call(grant.certificate, { id: id as never, publicKey: newSshKey() }, robot.caller)
  const refusedCertificate = (robot: Pick<Machine, 'caller'>, id: string) =>
    platform.refusal(grant.certificate, { id: id as never, publicKey: newSshKey() }, robot.caller)
  const read = (id: string) => platform.call(grant.read, { id: id as never }, founded.owner)
  return {
    ...stage,
    answering,
    account,
    keyFor,
    machine,
    wishOf,
    askBy: ask,
    given,
    issue: certificate,
    refusedCertificate,
    read,
  }
}
