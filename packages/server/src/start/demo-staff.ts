import { randomBytes } from 'node:crypto'
import { invitation, member, policy, session, staff, staffAccess, type InputOf, type OrgId } from '@holdfast/contract'
import { enrol, visitorAt, type Authenticator, type Visitor } from './demo-visitor.ts'

export interface DemoStaff extends Visitor {
  authenticator: Authenticator
}

/** A customer of the operator's, whose Owner joined by the link in `token`. */
const joinCustomer = async (url: string, token: string, email: string) => {
  const customer = visitorAt(url)
  const password = randomBytes(12).toString('base64url')
  await customer.call(invitation.accept, { token, name: 'Nora Winter', password })
  await customer.call(session.signIn, { email, password })
  const authenticator = await enrol(customer)
  return { customer, authenticator, signIn: { email, password, totpSecret: authenticator.secret } }
}

/** Staff access with a customer (C5): one that was agreed to, used and given back, and one that waits for their answer. */
export const fillStaffAccess = async (
  url: string,
  { orgId, token, email }: { orgId: OrgId; token: string; email: string },
  { first, second }: Record<'first' | 'second', DemoStaff>,
): Promise<{ email: string; password: string; totpSecret: string }> => {
  const { customer, authenticator, signIn } = await joinCustomer(url, token, email)
  const ask = async (who: DemoStaff, asked: Omit<InputOf<typeof staff.request>, 'orgId' | 'code'>) =>
    who.call(staff.request, { ...asked, orgId, code: await who.authenticator.code() })
  const reason = 'Nora Winter writes that a policy she published does not open.'
  const { id, requestHash } = await ask(first, { reason, ticket: 'SUP-311', seconds: 3600 })
  await customer.call(staffAccess.approve, { id, requestHash, code: await authenticator.code() })
  await first.call(staff.enter, { id, code: await first.authenticator.code() })
  await first.call(policy.list, {})
  await first.call(member.list, {})
  await first.call(staff.leave, {})
  await first.call(staff.giveBack, { id })
  await ask(second, { reason: 'See whether the repair of last week holds.', seconds: 1800, role: 'reviewer' })
  return signIn
}
