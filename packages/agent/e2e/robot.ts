/** A program with a key of its own, and the real command as it would call it. */
import { operations, type InputOf } from '@holdfast/contract'
import { holdfast, type Outcome } from '../../cli/e2e/command.ts'
import { eventually } from '../test/managed-host.ts'
import type { Organisation } from './organisation.ts'

type HostId = Parameters<Organisation['allow']>[0]
export type AccountId = InputOf<typeof operations.serviceAccount.read>['id']

export interface Robot {
  id: AccountId
  keyId: InputOf<typeof operations.apiKey.revoke>['id']
  key: string
}

/** An account that may ask for the host, and its key. Whoever makes it answers for it, and so approves nothing of it. */
export const makeRobot = async (
  { asker }: Organisation,
  name: string,
  to: { hostId: HostId; login: string; bastionId?: HostId },
): Promise<Robot> => {
  const { browser, id: ownerId, code } = asker
  const { hostId, login, bastionId = null } = to
  await browser.call(operations.session.confirmFactor, { code: await code() })
  const described = { name, purpose: 'Deploys', role: 'member' as const, ownerId: ownerId as never }
  const { value: account } = await browser.call(operations.serviceAccount.create, described)
  const wanted = { id: account.id, name: 'pipeline', scopes: ['access:request' as const] }
  const { value: key } = await browser.call(operations.serviceAccount.createKey, wanted)
  await browser.call(operations.accessPolicy.create, {
    ...{ name, selects: { hostIds: [hostId] }, logins: [login], requesters: { serviceAccountIds: [account.id] } },
    ...{ approvers: { roles: ['owner' as const, 'reviewer' as const] }, bastionId },
  })
  return { id: account.id, keyId: key.id, key: key.key }
}

/** `home`: of the program, where nothing is. */
export const commandOf =
  ({ system }: Organisation, home: string) =>
  ({ key }: Pick<Robot, 'key'>, argv: readonly string[]): Promise<Outcome> => {
    const env = { HOLDFAST_URL: system.url, HOLDFAST_CA: system.caFile, HOLDFAST_API_KEY: key, HOME: home, TMPDIR: home }
    return holdfast(argv, { env })
  }

export const requestOf = ({ approver }: Organisation, { id }: Pick<Robot, 'id'>) =>
  eventually('a request', async () => {
    const { value } = await approver.browser.call(operations.grant.list, { show: 'to_approve' })
    return value.rows.find(({ serviceAccount }) => serviceAccount?.id === id)
  })

/** Waits for what the program asks for, and lets it have that. */
export const approveOf = async (organisation: Organisation, robot: Pick<Robot, 'id'>) => {
  const request = await requestOf(organisation, robot)
  const { browser, code } = organisation.approver
  await browser.call(operations.grant.approve, { id: request.id, requestHash: request.requestHash, code: await code() })
  return request
}
