/** Samples of staff access (C5): requests to the demo's customer, put into the state that each operation needs. */
import { staff, type InputOf } from '@holdfast/contract'
import { acknowledged, reviewersCodes } from './access-samples.ts'
import { confirm, customerOwner, type Ground, type Person } from './ground.ts'
import { each, once, type Make } from './sample.ts'

type Ask = InputOf<typeof staff.request>

/** A request by `who` of the staff, and how to make it one again after it was answered, or let it run. */
const staffGrant = async (ground: Ground, who: Person) => {
  const { database, call } = ground
  const code = await reviewersCodes(ground, who)
  await acknowledged(ground)
  const customer = await customerOwner(ground)
  const asked = { orgId: customer.orgId as Ask['orgId'], reason: 'Attacked', seconds: 3600, write: true }
  const { id, requestHash } = await call(staff.request, { ...asked, code: await code() }, who.browser())
  const put = (state: string): Promise<unknown> =>
    database.query(`update staff_grant set ${state}, ended_at = null, ended_by = null where id = $1`, [id])
  const requested = (): Promise<unknown> =>
    put(
      `state = 'requested', starts_at = null, ends_at = null, approved_by = null, request_expires_at = now() + interval '1 hour'`,
    )
  const live = (): Promise<unknown> =>
    put(`state = 'approved', starts_at = now() - interval '1 minute', ends_at = now() + interval '50 minutes',
      approved_by = '${customer.personId}'`)
  return { id, requestHash, code, customer, requested, live }
}

/** What the customer's Owner does with it, with what `more` adds to each request. */
const byCustomer =
  (state: 'requested' | 'live'): Make =>
  async (ground, who) => {
    const given = await staffGrant(ground, who)
    const sample = await each(async () => (await given[state](), { id: given.id }))
    return { ...sample, as: given.customer.browser() }
  }

export const staffSamples: Record<string, Make> = {
  'staff.request': async (ground, who) => {
    const { database } = ground
    const code = await reviewersCodes(ground, who)
    await acknowledged(ground)
    const { orgId } = await customerOwner(ground)
    const forget = `update staff_grant set state = 'cancelled', ended_at = now() where person_id = $1 and state = 'requested'`
    const make = async () => (await database.query(forget, [who.personId]), { orgId, code: await code() })
    return each(make, { write: true, role: 'reviewer' })
  },
  // Entering takes the session away from their own organisation, so each request needs a new one.
  'staff.enter': async (ground, who) => {
    const given = await staffGrant(ground, who)
    return each(async () => {
      await given.live()
      await who.renew()
      await confirm(ground, who)
      return { id: given.id, code: await given.code() }
    })
  },
  'staff.giveBack': async (ground, who) => {
    const given = await staffGrant(ground, who)
    const sample = await each(async () => (await given.live(), { id: given.id }))
    return { ...sample, as: who.browser() }
  },
  'staffAccess.list': async (ground, who) => {
    const { id, customer } = await staffGrant(ground, who)
    return { ...once({ show: 'all', after: id }), as: customer.browser() }
  },
  'staffAccess.approve': async (ground, who) => {
    const { id, requestHash, customer, requested } = await staffGrant(ground, who)
    const sample = await each(async () => (await requested(), { id, code: await customer.code() }), { requestHash })
    return { ...sample, as: customer.browser() }
  },
  'staffAccess.deny': byCustomer('requested'),
  'staffAccess.end': byCustomer('live'),
  'staffAccess.allowAhead': async (ground) => ({
    ...once({ role: 'reviewer', maxSeconds: 3600, ticketRequired: true }),
    as: (await customerOwner(ground)).browser(),
  }),
}
