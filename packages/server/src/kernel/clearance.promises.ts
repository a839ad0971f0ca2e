import { PersonId, riskyRoles } from '@holdfast/contract'
import { answering } from './access/answering.ts'
import { requireCleared, type Risk } from './clearance.ts'
import { newId } from './identifier.ts'
import type { JobContext } from './job.ts'
import { common, Problem } from './problem.ts'
import { keeps, type PromiseCheck } from './promise.ts'
import { readIn, type Unit } from './unit.ts'

const pageSize = 250

type Page = (unit: Unit, after: string) => Promise<{ personId: string | null }[]>

const withLiveGrants =
  (now: Date, kind: 'hostId' | 'databaseId'): Page =>
  ({ tx }, after) =>
    answering(tx, now, kind, after).limit(pageSize).execute()

const withRiskyRoles: Page = ({ tx }, after) =>
  tx
    .selectFrom('membership')
    .select('personId')
    .where('role', 'in', riskyRoles)
    .where('personId', '>', after)
    .orderBy('personId')
    .limit(pageSize)
    .execute()

/** The whole population, page by page: how many there are, and how many of them lack something for each of the risks. */
const walk = async ({ services, orgId }: JobContext, page: Page, risks: readonly Risk[], now: Date) => {
  const uncleared = risks.map(() => 0)
  let all = 0
  for (let after = ''; ;) {
    const people = await readIn(services.ground, orgId, null, async (unit) => {
      const ids = (await page(unit, after)).map(({ personId }) => PersonId.parse(personId))
      for (const [index, risk] of risks.entries())
        uncleared[index] = (uncleared[index] ?? 0) + (await services.clearance.uncleared(ids, risk, unit, now)).size
      return ids
    })
    all += people.length
    const last = people.at(-1)
    if (last === undefined || people.length < pageSize) return { all, uncleared }
    after = last
  }
}

/** Tries the gate itself with somebody of whom nothing is known. */
const refusesAStranger = ({ services, orgId }: JobContext, risk: Risk, now: Date): Promise<boolean> =>
  readIn(services.ground, orgId, null, async ({ tx, vault }) => {
    const refuse = (): Problem => common('forbidden')
    const stranger = PersonId.parse(newId('pe'))
    return requireCleared({ tx, vault, now, services }, stranger, risk, refuse).then(
      () => false,
      (error: unknown) => error instanceof Problem,
    )
  })

const riskyWorkIsCleared = keeps('C8', async (context) => {
  const now = context.services.clock.now()
  const onServers = await walk(context, withLiveGrants(now, 'hostId'), ['server_access'], now)
  const inDatabases = await walk(context, withLiveGrants(now, 'databaseId'), ['database_access'], now)
  const roles = await walk(context, withRiskyRoles, ['invited_role', 'role_owner_admin'], now)
  const gates: Risk[] = ['server_access', 'database_access', 'role_owner_admin']
  const tried = await Promise.all(gates.map((risk) => refusesAStranger(context, risk, now)))
  const [unclearedOnServers = 0, unclearedInDatabases = 0] = [...onServers.uncleared, ...inDatabases.uncleared]
  const [unlawful = 0, incomplete = 0] = roles.uncleared
  const waiting = incomplete - unlawful
  const kept = unclearedOnServers + unclearedInDatabases + unlawful === 0 && tried.every(Boolean)
  return {
    kept,
    proof:
      `Somebody of whom nothing is known was ${tried.every(Boolean) ? 'refused' : 'let through'} by the gates of servers, of databases and of risky roles. ` +
      `Of ${onServers.all} people with access to a server now, or who answer for a service account that has it, ${unclearedOnServers} are not cleared; of ${inDatabases.all} in a database ${unclearedInDatabases}; of ${roles.all} Owners and Admins ${unlawful}` +
      `${waiting > 0 ? `, and ${waiting} more have no second factor yet, without which their role opens nothing` : ''}. ` +
      `Cleared means: a second factor, and every published policy acknowledged within its time.`,
  }
})

export const clearancePromises: readonly PromiseCheck[] = [riskyWorkIsCleared]
