import type { Command, OutputOf, ParsedInputOf, Query } from '@holdfast/contract'
import { handle, type Context, type InsideHandler } from '../../../kernel/handle.ts'
import type { DirectoryPrincipal } from '../../../kernel/principal.ts'
import { common, type Problem } from '../../../kernel/problem.ts'
import { keepLog } from '../log.ts'
import { filterLimits, parseFilter } from './filter.ts'
import { conditionOf, type Searchables } from './filter-sql.ts'
import { ScimRefusal, type ScimCode } from './refusal.ts'

/** The context of an operation whose refusals are SCIM's. */
export type ScimContext = Omit<Context, 'fail' | 'principal'> & {
  principal: DirectoryPrincipal
  fail: (code: ScimCode, detail?: string) => Problem
  /** Where our resources are. */
  base: string
}

const contextOf = (context: Context<Command | Query>): ScimContext => {
  const { principal } = context
  if (principal.kind !== 'directory') throw common('forbidden')
  return Object.defineProperties({} as ScimContext, {
    ...Object.getOwnPropertyDescriptors(context), // what is opened at its first use stays so
    principal: { value: principal, enumerable: true },
    base: { value: `${context.services.publicUrl}/scim/v2`, enumerable: true },
  })
}

const inOurWords = async <T>(context: ScimContext, work: () => Promise<T>): Promise<T> => {
  try {
    return await work()
  } catch (error) {
    throw error instanceof ScimRefusal ? context.fail(error.code, error.message) : error
  }
}

export const handleRead = <O extends Query>(
  operation: O,
  run: (input: ParsedInputOf<O>, context: ScimContext) => Promise<OutputOf<O>>,
): InsideHandler =>
  handle(operation, (input, context) => {
    const own = contextOf(context as unknown as Context<Command | Query>)
    return inOurWords(own, () => run(input, own))
  })

/** A change, and what the log says of it. */
export const handleWrite = <O extends Command>(
  operation: O,
  status: number,
  run: (
    input: ParsedInputOf<O>,
    context: ScimContext,
  ) => Promise<{ output: OutputOf<O>; target: string; said: readonly string[] }>,
): InsideHandler =>
  handle(operation, async (input, context) => {
    const own = contextOf(context as unknown as Context<Command | Query>)
    const { output, target, said } = await inOurWords(own, () => run(input, own))
    const { credentialId, test } = own.principal
    await keepLog(own, {
      ...{ at: own.now, credentialId, requestId: own.requestId, operation: operation.name, target, status },
      ...{ code: null, marked: test, request: input, said },
    })
    return output
  })

/** A page as RFC 7644 §3.4.2.4 counts: from 1; less is 1, a negative count is 0. */
export const pageOf = ({ startIndex, count }: { startIndex: number; count: number }) => {
  const start = Math.max(1, startIndex)
  return { start, offset: start - 1, limit: Math.min(Math.max(0, count), filterLimits.page) }
}

export const whereOf = (filter: string | undefined, searchables: () => Searchables) =>
  filter === undefined || filter.trim() === '' ? null : conditionOf(parseFilter(filter), searchables())
