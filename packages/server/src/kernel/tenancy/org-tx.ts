import {
  CamelCasePlugin,
  DummyDriver,
  Kysely,
  PostgresAdapter,
  PostgresIntrospector,
  PostgresQueryCompiler,
  type CompiledQuery,
  type DatabaseConnection,
  type Driver,
  type QueryResult,
} from 'kysely'
import type { OrgId } from '@holdfast/contract'
import type { Database } from './schema.ts'
import { scopeTo } from './scope.ts'
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
    const { rows, rowCount } = await transaction.query(sql, parameters)
    return { rows: rows as R[], numAffectedRows: BigInt(rowCount ?? 0) }
  },
  // oxlint-disable-next-line require-yield
  streamQuery: async function* () {
    throw new Error('page through with a cursor column; a stream would hold the transaction open')
  },
})

class TransactionDriver extends DummyDriver implements Driver {
  readonly #connection: DatabaseConnection
  constructor(transaction: Transaction) {
    super()
    this.#connection = connectionOver(transaction)
  }
  override acquireConnection(): Promise<DatabaseConnection> {
    return Promise.resolve(this.#connection)
  }
}

const transactions = new WeakMap<object, Transaction>()

/** The transaction under a builder. For the kernel: a handler has no business with it. */
export const transactionOf = (tx: OrgTx): Transaction => {
  const transaction = transactions.get(tx)
  if (!transaction) throw new Error('not a builder of ours')
  return transaction
}

const camelCase = new CamelCasePlugin()
const adapter = new PostgresAdapter()
const compiler = new PostgresQueryCompiler()

/** The builder over an entered transaction. `tenantTables`: names of the tables that have an `org_id`. */
export const orgTxOver = (transaction: Transaction, tenantTables: ReadonlySet<string>): OrgTx => {
  const builder = new Kysely<Database>({
    dialect: {
      createAdapter: () => adapter,
      createDriver: () => new TransactionDriver(transaction),
      createIntrospector: (db) => new PostgresIntrospector(db),
      createQueryCompiler: () => compiler,
    },
    plugins: [camelCase, scopeTo(transaction.orgId, tenantTables)],
  })
  const tx = Object.assign(builder, { orgId: transaction.orgId }) as unknown as OrgTx
  transactions.set(tx, transaction)
  return tx
}
