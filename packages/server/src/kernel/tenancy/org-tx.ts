import {
  DefaultQueryExecutor,
  DummyDriver,
  createQueryId,
  Kysely,
  PostgresAdapter,
  PostgresIntrospector,
  PostgresQueryCompiler,
  type Compilable,
  type CompiledQuery,
  type DatabaseConnection,
  type Dialect,
  type OperationNodeSource,
  type QueryResult,
  type RootOperationNode,
} from 'kysely'
import type { OrgId } from '@holdfast/contract'
import type { Database } from './schema.ts'
import { ScopingCompiler } from './scope.ts'
import type { Sendable, Transaction } from './transaction.ts'

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

const builderOver = (transaction: Transaction, compiler: ScopingCompiler): Kysely<Database> => {
  const { orgId } = transaction
  const connection = connectionOver(transaction)
  const executor = new DefaultQueryExecutor(
    { compileQuery: (node, queryId) => compiler.compileFor(orgId, node, queryId) },
    adapter,
    { provideConnection: (work) => work(connection) },
  )
  return new Kysely<Database>({ config: { dialect }, driver, dialect, executor })
}

const builds = ['selectFrom', 'selectNoFrom', 'insertInto', 'updateTable', 'deleteFrom', 'with', 'fn'] as const

/** What stands under a builder. Only this file can ask. */
let insidesOf: (tx: OrgTx) => { transaction: Transaction; compiler: ScopingCompiler }

/** An `OrgTx`. The builder behind it is made when something is built: what is `prepared` needs none. */
class LazyBuilder {
  readonly orgId: OrgId
  readonly #transaction: Transaction
  readonly #compiler: ScopingCompiler
  #builder: Kysely<Database> | null = null

  constructor(transaction: Transaction, compiler: ScopingCompiler) {
    this.orgId = transaction.orgId
    this.#transaction = transaction
    this.#compiler = compiler
  }

  static {
    insidesOf = (tx) => {
      if (!(tx instanceof LazyBuilder)) throw new Error('not a builder of ours')
      return { transaction: tx.#transaction, compiler: tx.#compiler }
    }
    for (const name of builds) {
      Object.defineProperty(this.prototype, name, {
        get(this: LazyBuilder) {
          const builder = (this.#builder ??= builderOver(this.#transaction, this.#compiler))
          return name === 'fn' ? builder.fn : builder[name].bind(builder)
        },
      })
    }
  }
}

/** The transaction under a builder. For the kernel: a handler has no business with it. */
export const transactionOf = (tx: OrgTx): Transaction => insidesOf(tx).transaction

type Answers<Q extends readonly Compilable<unknown>[]> = { [K in keyof Q]: Q[K] extends Compilable<infer R> ? R[] : never }

/** What several queries answer that were sent in one message. `before`: statements that go in front of them, for the kernel's own ends. */
export const together = async <const Q extends readonly Compilable<unknown>[]>(
  tx: OrgTx,
  queries: Q,
  before: readonly Sendable[] = [],
): Promise<Answers<Q>> => {
  const answers = await transactionOf(tx).queries([...before, ...queries.map((query) => query.compile())])
  return answers.slice(before.length).map(({ rows }) => rows) as Answers<Q>
}

/** Sends a write in front of whatever this transaction sends next; nobody waits for it alone. */
export const writeLater = (tx: OrgTx, query: Compilable<unknown>): void => transactionOf(tx).later(query.compile())

/** The builder over an entered transaction. `tenantTables`: names of the tables that have an `org_id`. */
export const orgTxOver = (transaction: Transaction, tenantTables: ReadonlySet<string>): OrgTx =>
  new LazyBuilder(transaction, compilerFor(tenantTables)) as unknown as OrgTx

/** Stands in a prepared statement for a value that each call gives. */
class Slot {
  readonly name: string
  constructor(name: string) {
    this.name = name
  }
}
const orgSlot = new Slot('org')
const slots = new Proxy({}, { get: (_, name) => new Slot(String(name)) })

/** What a select builder is to `prepared`: something that compiles, of rows `R`. */
interface Rows<R> extends OperationNodeSource {
  execute(): Promise<R[]>
}

/**
 * A query whose text is made once, for reads on every request's way: building and compiling a short one costs as much as asking it. `build` sees
 * in `values` the places where the values of each call will stand, so it must use them as values and decide nothing by them.
 */
export const prepared = <V extends Record<string, unknown>, R>(
  build: (tx: OrgTx, values: V) => Rows<R>,
): ((tx: OrgTx, values: V) => Promise<R[]>) => {
  const compiled = new WeakMap<ScopingCompiler, CompiledQuery>()
  return async (tx, values) => {
    const { transaction, compiler } = insidesOf(tx)
    let query = compiled.get(compiler)
    if (!query) {
      const node = build(tx, slots as V).toOperationNode() as RootOperationNode
      query = compiler.compileFor(orgSlot as unknown as OrgId, node, createQueryId())
      compiled.set(compiler, query)
    }
    const valueOf = (parameter: unknown): unknown => {
      if (!(parameter instanceof Slot)) return parameter
      return parameter === orgSlot ? transaction.orgId : values[parameter.name]
    }
    const { rows } = await transaction.query(query.sql, query.parameters.map(valueOf), true)
    return rows as R[]
  }
}
