/** Samples of service accounts, in the customer's organisation: its Owner makes them, in a session that was confirmed. */
import { randomBytes } from 'node:crypto'
import { serviceAccount, type PersonId, type ServiceAccountId } from '@holdfast/contract'
import { customerOwner, type Ground } from './ground.ts'
import { each, once, unused, type Make, type Sample } from './sample.ts'

const purpose = 'Attacked'
/** At most so many live ones: those that an attacked `serviceAccount.create` has made are in the way of the next. */
const few = ({ database }: Ground, orgId: string): Promise<unknown> =>
  database.query('update service_account set disabled_at = now() where org_id = $1 and purpose <> $2', [orgId, purpose])

/** A service account of the demo's organisation, made past the operation, which wants a session that was confirmed. */
export const aServiceAccount = async ({ database }: Ground): Promise<ServiceAccountId> => {
  const id = `sa_${randomBytes(13).toString('hex')}` as ServiceAccountId
  await database.query(
    `insert into service_account (org_id, id, name, purpose, role, owner_id, review_every_days, created_by)
       select m.org_id, $1, $2, 'Attacked', 'member', m.person_id, 90, m.person_id
         from membership m join org o on o.id = m.org_id where m.role = 'owner' and o.is_operator limit 1`,
    [id, unused()],
  )
  return id
}

type NewAccount = () => Promise<string>
type Owner = Awaited<ReturnType<typeof customerOwner>>

const byOwner =
  (make: (account: NewAccount, owner: Owner, ground: Ground) => Promise<Sample>): Make =>
  async (ground) => {
    const owner = await customerOwner(ground)
    const as = owner.browser()
    const ownerId = owner.personId as PersonId
    const account: NewAccount = async () => {
      const described = { name: unused(), purpose, role: 'viewer' as const, ownerId }
      return (await ground.call(serviceAccount.create, described, as)).id
    }
    await few(ground, owner.orgId)
    return { ...(await make(account, owner, ground)), as }
  }

export const serviceAccountSamples: Record<string, Make> = {
  'serviceAccount.create': byOwner((_, { personId, orgId }, ground) =>
    each(async () => (await few(ground, orgId), { name: unused() }), { purpose: 'Made', ownerId: personId, reviewEveryDays: 90 }),
  ),
  'serviceAccount.list': async () => once({ show: 'all' }),
  'serviceAccount.read': byOwner(async (account) => once({ id: await account() })),
  'serviceAccount.update': byOwner(async (account) => once({ id: await account(), name: unused(), purpose })),
  'serviceAccount.reassign': byOwner(async (account, { personId: ownerId }) => once({ id: await account(), ownerId })),
  'serviceAccount.confirmReview': byOwner(async (account) => once({ id: await account() })),
  'serviceAccount.createKey': byOwner(async (account) => once({ id: await account(), scopes: ['policy:read'] })),
  'serviceAccount.disable': byOwner((account) => each(async () => ({ id: await account() }))),
}
