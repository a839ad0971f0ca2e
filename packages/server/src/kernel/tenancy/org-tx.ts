import {
  DefaultQueryExecutor,
  DummyDriver,
  Kysely,
  PostgresAdapter,
  PostgresIntrospector,
  PostgresQueryCompiler,
  type CompiledQuery,
  type DatabaseConnection,
  type Dialect,
  type QueryResult,
} from 'kysely'
import type { OrgId } from '@holdfast/contract'
import type { Database } from './schema.ts'
import { ScopingCompiler } from './scope.ts'
import type { Transaction } from './transaction.ts'

declare const entered: unique symbol

/**
 * Proof that an organisation was entered: a query builder whose every statement runs in that organisation's transaction and is
 * scoped to it twice (D5). There is no other way to reach tenant data.
 */
export type OrgTx = Pick<
  Kysely<Database>,
  'selectFrom' | 'selectNoFrom' | 'insertInto' | 'updateTable' | 'deleteFrom' | 'with' | 'fn'
> & {
  readonly orgId: OrgId
  readonly [entered]: true
}

const connectionOver = (transaction: Transaction): DatabaseConnection => ({
  executeQuery: async <R>({ sql, parameters }: CompiledQuery): Promise<QueryResult<R>> => {
    const { rows, rowCount } = await transaction.query(sql, parameters, true)
    return { rows: rows as R[], numAffectedRows: BigInt(rowCount ?? 0) }
  },
  // oxlint-disable-next-line require-yield
  streamQuery: async function* () {
    throw new Error('page through with a cursor column; a stream would hold the transaction open')
  },
})

const transactions = new WeakMap<object, Transaction>()

/** The transaction under a builder. For the kernel: a handler has no business with it. */
export const transactionOf = (tx: OrgTx): Transaction => {
  const transaction = transactions.get(tx)
  if (!transaction) throw new Error('not a builder of ours')
  return transaction
}

const adapter = new PostgresAdapter()
const driver = new DummyDriver() // never asked: the executor has the connection
const dialect: Dialect = {
  createAdapter: () => adapter,
  createDriver: () => driver,
  createIntrospector: (db) => new PostgresIntrospector(db),
  createQueryCompiler: () => new PostgresQueryCompiler(),
}

const compilers = new WeakMap<ReadonlySet<string>, ScopingCompiler>()
const compilerFor = (tenantTables: ReadonlySet<string>): ScopingCompiler => {
  let compiler = compilers.get(tenantTables)
  if (!compiler) compilers.set(tenantTables, (compiler = new ScopingCompiler(tenantTables)))
  return compiler
}

/** The builder over an entered transaction. `tenantTables`: names of the tables that have an `org_id`. */
export const orgTxOver = (transaction: Transaction, tenantTables: ReadonlySet<string>): OrgTx => {
  const { orgId } = transaction
  const compiler = compilerFor(tenantTables)
  const connection = connectionOver(transaction)
  const executor = new DefaultQueryExecutor(
    { compileQuery: (node, queryId) => compiler.compileFor(orgId, node, queryId) },
    adapter,
    { provideConnection: (work) => work(connection) },
  )
  const builder = new Kysely<Database>({ config: { dialect }, driver, dialect, executor })
  const tx = Object.assign(builder, { orgId }) as unknown as OrgTx
  transactions.set(tx, transaction)
  return tx
}
