import { operator, type OrgId, type PromiseId } from '@holdfast/contract'
import type { FastifyInstance } from 'fastify'
import { z } from 'zod'
import type { Capability } from '../../kernel/capability.ts'
import type { Gate } from '../../kernel/gate.ts'
import { handle } from '../../kernel/handle.ts'
import { job, schedule, type JobContext } from '../../kernel/job.ts'
import { keeps, type PromiseCheck } from '../../kernel/promise.ts'
import type { Services } from '../../kernel/services.ts'
import { readIn } from '../../kernel/unit.ts'
import { trustPage } from './page.ts'
import { checkAll, keepResults, runChecks } from './run-checks.ts'
import { publicPromises, type CheckRow, type PublicPromise } from './state.ts'

declare module '../../kernel/tenancy/schema.ts' {
  interface Database {
    promiseCheck: CheckRow
  }
}

const operatorOf = async (gate: Gate): Promise<OrgId | null> => {
  const [found] = await gate.ask<{ operator_org: OrgId | null }>('operator_org', [])
  return found?.operator_org ?? null
}

/** What the public may know: the operator's name and the state of its promises. */
const published = async (
  services: Services,
  gate: Gate,
  registered: ReadonlySet<PromiseId>,
): Promise<{ name: string | null; promises: PublicPromise[] }> => {
  const now = services.clock.now()
  const orgId = await operatorOf(gate)
  if (orgId === null) return { name: null, promises: publicPromises(registered, [], now) }
  return readIn(services.ground, orgId, null, async ({ tx }) => {
    const rows = await tx.selectFrom('promiseCheck').select(['promise', 'kept', 'proof', 'checkedAt']).limit(100).execute()
    const org = await tx.selectFrom('org').select('name').where('id', '=', orgId).executeTakeFirst()
    return { name: org?.name ?? null, promises: publicPromises(registered, rows, now) }
  })
}

/** The capability over all checks, its own included; and the public pages. */
export const trustOver = (checks: readonly PromiseCheck[]) => {
  const weRunOnIt = keeps('P3', async ({ orgId }) => ({
    kept: true,
    proof: `Organisation one (${orgId.slice(0, 8)}…) is the operator itself; this page is generated from checks that ran in it.`,
  }))
  const all = [...checks, weRunOnIt]
  const registered: ReadonlySet<PromiseId> = new Set(all.map(({ id }) => id))
  const inOperator = async (context: JobContext): Promise<void> => {
    const { services, orgId } = context
    const org = await readIn(services.ground, orgId, null, ({ tx }) =>
      tx.selectFrom('org').select('isOperator').where('id', '=', orgId).executeTakeFirst(),
    )
    if (org?.isOperator) await checkAll(all, context)
  }
  const checkPromises = handle(operator.checkPromises, async (_, { tx, orgId, services }) => {
    const rows = await runChecks(all, {
      services,
      orgId,
      personId: null,
      log: (_message, detail) => services.ground.onError(detail?.['cause']),
    })
    await keepResults({ tx }, rows)
    const states = publicPromises(registered, rows, services.clock.now()).map(({ state }) => state)
    const count = (wanted: PublicPromise['state']): number => states.filter((state) => state === wanted).length
    return { kept: count('kept'), notKept: count('not_kept'), notBuilt: count('not_built') }
  })
  const capability: Capability = {
    handlers: [checkPromises],
    jobs: [job('trust.check', z.object({}), (_, context) => inOperator(context))],
    schedules: [schedule('trust.checks', '*/5 * * * *', inOperator)],
  }
  const registerTrustPages = (app: FastifyInstance, services: Services, gate: Gate): void => {
    app.get('/trust', async (_, reply) => {
      const { name, promises } = await published(services, gate, registered)
      return reply.header('cache-control', 'no-cache').type('text/html; charset=utf-8').send(trustPage(promises, name))
    })
    app.get('/trust.json', async (_, reply) => {
      const { promises } = await published(services, gate, registered)
      const listed = promises.map(({ id, title, state, checkedAt, proof }) => ({ id, title, state, checkedAt, proof }))
      return reply.header('cache-control', 'no-cache').send({ promises: listed })
    })
  }
  return { capability, registerTrustPages }
}
