/** Samples of service accounts, in the customer's organisation: its Owner makes them, in a session that was confirmed. */
import { serviceAccount, type PersonId } from '@holdfast/contract'
import { customerOwner } from './ground.ts'
import { each, once, unused, type Make, type Sample } from './sample.ts'

type NewAccount = () => Promise<string>

const byOwner =
  (make: (account: NewAccount, ownerId: PersonId) => Promise<Sample>): Make =>
  async (ground) => {
    const { personId, orgId, browser } = await customerOwner(ground)
    const ownerId = personId as PersonId
    const account: NewAccount = async () => {
      const described = { name: unused(), purpose: 'Attacked', role: 'viewer' as const, ownerId }
      return (await ground.call(serviceAccount.create, described, browser())).id
    }
    // There is a most number of live ones; none that is attacked just now is ended.
    const old = `org_id = $1 and created_at < now() - interval '5 minutes'`
    await ground.database.query(`update service_account set disabled_at = now() where ${old}`, [orgId])
    return { ...(await make(account, ownerId)), as: browser() }
  }

export const serviceAccountSamples: Record<string, Make> = {
  'serviceAccount.create': byOwner((_, ownerId) =>
    each(async () => ({ name: unused() }), { purpose: 'Attacked', ownerId, reviewEveryDays: 90 }),
  ),
  'serviceAccount.list': async () => once({ show: 'all' }),
  'serviceAccount.read': byOwner(async (account) => once({ id: await account() })),
  'serviceAccount.update': byOwner(async (account) => once({ id: await account(), name: unused(), purpose: 'Attacked' })),
  'serviceAccount.reassign': byOwner(async (account, ownerId) => once({ id: await account(), ownerId })),
  'serviceAccount.confirmReview': byOwner(async (account) => once({ id: await account() })),
  'serviceAccount.createKey': byOwner(async (account) => once({ id: await account(), scopes: ['policy:read'] })),
  'serviceAccount.disable': byOwner((account) => each(async () => ({ id: await account() }))),
}
