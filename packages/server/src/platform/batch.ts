/**
 * Several prepared statements in one message to PostgreSQL: N × Bind/Execute and a single Sync. The server works them off in one go and
 * answers once, which halves the cost of the statements around a transaction (BEGIN, `enter`, the append, COMMIT) on both sides.
 * For clients without `pipeline`: they queue what comes while a batch runs. PostgreSQL's extended query protocol: after an error everything up to the Sync is skipped.
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
    client.query(new Batch(statements, resolve, reject))
  })
}

/** The parts of a connection and a result that `pg` calls on its own queries; its public types leave them out. */
interface Wire extends pg.Connection {
  readonly parsedStatements: Record<string, string>
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

class Batch implements pg.Submittable {
  readonly #statements: readonly Statement[]
  readonly #resolve: (results: BatchResult[]) => void
  readonly #reject: (error: Error) => void
  readonly #results: ResultBuilder[] = []
  #current = new internals.Result(undefined, pg.types)

  constructor(statements: readonly Statement[], resolve: (results: BatchResult[]) => void, reject: (error: Error) => void) {
    this.#statements = statements
    this.#resolve = resolve
    this.#reject = reject
  }

  submit(connection: pg.Connection): void {
    const wire = connection as Wire
    const unparsed = this.#statements.filter(({ name }) => wire.parsedStatements[name] === undefined)
    if (unparsed.length > 0) this.#noteParsed(wire, [...unparsed])
    wire.stream.cork()
    for (const statement of this.#statements) {
      const { name, text, values = [] } = statement
      if (unparsed.includes(statement)) wire.parse({ name, text, types: [] }, true)
      wire.bind({ statement: name, values: [...values], valueMapper: internals.utils.prepareValue } as pg.BindConfig, true)
      wire.describe({ type: 'P', name: '' }, true)
      wire.execute({ portal: '' } as pg.ExecuteConfig, true)
    }
    wire.sync()
    wire.stream.uncork()
  }

  /** A statement that parsed exists on the connection even when running it fails; parsing its name again would be an error. */
  #noteParsed(wire: Wire, unparsed: Statement[]): void {
    const note = () => {
      const statement = unparsed.shift()
      if (statement) wire.parsedStatements[statement.name] = statement.text
    }
    wire.on('parseComplete', note)
    wire.once('readyForQuery', () => wire.off('parseComplete', note))
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

  /** The connection is ready again only later; what the client sends next waits for that by itself. */
  handleError(error: Error): void {
    this.#reject(error)
  }

  handleReadyForQuery(): void {
    this.#resolve(this.#results)
  }
}
