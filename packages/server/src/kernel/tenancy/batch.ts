/**
 * Several prepared statements in one message to PostgreSQL: N × Bind/Execute and a single Sync. The server works them off in one go and
 * answers once, which halves the cost of the statements around a transaction (BEGIN, `enter`, the append, COMMIT) on both sides.
 * PostgreSQL's extended query protocol: after an error everything up to the Sync is skipped.
 */
import { createRequire } from 'node:module'
import pg from 'pg'

export interface Statement {
  /** Names the prepared statement on its connection; one name, one text. */
  readonly name: string
  readonly text: string
  readonly values?: readonly unknown[]
}

export interface BatchResult {
  readonly rows: Record<string, unknown>[]
  readonly rowCount: number | null
}

/** Runs the statements in order and resolves with a result for each; rejects with the first error, the rest not executed. */
export function runBatch(client: pg.ClientBase, statements: readonly Statement[]): Promise<BatchResult[]> {
  return new Promise((resolve, reject) => {
    client.query(new Batch(statements, resolve, reject) as pg.Submittable)
  })
}

/** The parts of a connection and a result that `pg` calls on its own queries; its public types leave them out. */
interface Wire extends pg.Connection {
  /** Names to texts: what the server has parsed, and what is on its way there. */
  readonly parsedStatements: Record<string, string>
  readonly submittedNamedStatements: Record<string, string>
}
interface ResultBuilder extends BatchResult {
  addFields(fields: unknown): void
  addCommandComplete(message: unknown): void
  parseRow(fields: unknown): Record<string, unknown>
  addRow(row: Record<string, unknown>): void
}
interface Internals {
  readonly Result: new (mode: undefined, types: unknown) => ResultBuilder
  readonly utils: { prepareValue(value: unknown): unknown }
}
const load = createRequire(import.meta.url)
const internals: Internals = { Result: load('pg/lib/result.js'), utils: load('pg/lib/utils.js') }

/** A `Query`, because a pipelining client takes nothing else; what its type says about the members below does not matter. */
const Query = pg.Query as unknown as new (config: { text: string }) => object

class Batch extends Query {
  readonly #statements: readonly Statement[]
  readonly #resolve: (results: BatchResult[]) => void
  readonly #reject: (error: Error) => void
  readonly #results: ResultBuilder[] = []
  readonly #unparsed = new Set<Statement>()
  #current = new internals.Result(undefined, pg.types)

  constructor(statements: readonly Statement[], resolve: (results: BatchResult[]) => void, reject: (error: Error) => void) {
    super({ text: '' })
    this.#statements = statements
    this.#resolve = resolve
    this.#reject = reject
  }

  // When the server says "parsed", the client notes the query's name and text: here those of the statement it is at. A statement that
  // parsed exists even if running it fails, and parsing its name again would be an error. `Query` sets both while it is constructed.
  get name(): string | undefined {
    return this.#awaited()?.name
  }
  set name(_: string | undefined) {}
  get text(): string {
    return this.#awaited()?.text ?? ''
  }
  set text(_: string) {}

  #awaited(): Statement | undefined {
    const statement = this.#statements[this.#results.length]
    return statement && this.#unparsed.has(statement) ? statement : undefined
  }

  submit(connection: pg.Connection): void {
    const wire = connection as Wire
    wire.stream.cork()
    for (const statement of this.#statements) {
      const { name, text, values = [] } = statement
      if (wire.parsedStatements[name] === undefined && wire.submittedNamedStatements[name] === undefined) {
        this.#unparsed.add(statement)
        wire.submittedNamedStatements[name] = text
        wire.parse({ name, text, types: [] }, true)
      }
      wire.bind({ statement: name, values: [...values], valueMapper: internals.utils.prepareValue } as pg.BindConfig, true)
      wire.describe({ type: 'P', name: '' }, true)
      wire.execute({ portal: '' } as pg.ExecuteConfig, true)
    }
    wire.sync()
    wire.stream.uncork()
  }

  handleRowDescription(message: { fields: unknown }): void {
    this.#current.addFields(message.fields)
  }

  handleDataRow(message: { fields: unknown }): void {
    this.#current.addRow(this.#current.parseRow(message.fields))
  }

  handleCommandComplete(message: unknown): void {
    this.#current.addCommandComplete(message)
    this.#results.push(this.#current)
    this.#current = new internals.Result(undefined, pg.types)
  }

  /** What was to be parsed after the failure never was. The connection is ready only later; what is sent next waits by itself. */
  handleError(error: Error, connection?: pg.Connection): void {
    const on = (connection as Wire | undefined)?.submittedNamedStatements
    if (on) for (const { name } of this.#unparsed) delete on[name]
    this.#reject(error)
  }

  handleReadyForQuery(): void {
    this.#resolve(this.#results)
  }
}
