/** Members of an organisation, each in a browser of their own. */
import { operations, type Role } from '@holdfast/contract'
import type { Browser } from 'playwright-core'
import type { RunningSystem } from '../../server/test/system.ts'
import { enrolFactor, newVisitor, password, type Visitor } from './browsing.ts'
import type { Mailbox } from './mailbox.ts'

const within = async <T>(ms: number, look: () => T | undefined): Promise<T> => {
  for (const end = Date.now() + ms; ;) {
    const found = look()
    if (found !== undefined) return found
    if (Date.now() > end) throw new Error('waited in vain')
    await new Promise((resolve) => setTimeout(resolve, 100))
  }
}

/** The token of the invitation in the newest mail to somebody. */
export const linkTo = (mailbox: Mailbox, email: string): Promise<string> =>
  within(20_000, () => /\/invitation#([\w-]+)/.exec(mailbox.newestTo(email) ?? '')?.[1])

/** Invites somebody, who follows the link in the mail and signs in; with a second factor where the role needs one. */
export const join = async (
  owner: Visitor,
  browser: Browser,
  system: RunningSystem,
  mailbox: Mailbox,
  role: Role,
  name: string,
): Promise<Visitor> => {
  const email = `${role}@example.test`
  await owner.call(operations.invitation.create, { email, role })
  const token = await linkTo(mailbox, email)
  const visitor = await newVisitor(browser, system)
  await visitor.call(operations.invitation.accept, { token, name, password })
  await visitor.call(operations.session.signIn, { email, password })
  if (role === 'owner' || role === 'admin') await enrolFactor(visitor)
  return visitor
}
