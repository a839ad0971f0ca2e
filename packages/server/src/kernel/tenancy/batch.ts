/**
 * Several prepared statements in one message to PostgreSQL: N × Bind/Execute and a single Sync. The server works them off in one go and
 * answers once, which halves the cost of the statements around a transaction (BEGIN, `enter`, the append, COMMIT) on both sides.
 * PostgreSQL's extended query protocol: after an error everything up to the Sync is skipped.
 */
import { createHash } from 'node:crypto'
import { createRequire } from 'node:module'
import pg from 'pg'

export interface Statement {
  /** Names the prepared statement on its connection; one name, one text. */
  readonly name: string
  readonly text: string
  readonly values?: readonly unknown[]
  /** Names of columns in camelCase. */
  readonly camelCase?: boolean
}

export interface BatchResult {
  readonly rows: Record<string, unknown>[]
  readonly rowCount: number | null
}

const names = new Map<string, string>()
/** Statements are prepared once per connection under a name derived from their text. */
const statementName = (text: string): string => {
  let name = names.get(text)
  if (name === undefined) {
    name = createHash('sha256').update(text).digest('base64url').slice(0, 20)
    if (names.size < 5000) names.set(text, name)
  }
  return name
}

/** A statement as it is sent: prepared under a name derived from its text. */
export const statement = (text: string, values: readonly unknown[] = [], camelCase = false): Statement => ({
  name: statementName(text),
  text,
  values,
  camelCase,
})

/** Runs the statements in order and resolves with a result for each; rejects with the first error, the rest not executed. */
export function runBatch(client: pg.ClientBase, statements: readonly Statement[]): Promise<BatchResult[]> {
  return new Promise((resolve, reject) => {
    client.query(new Batch(statements, resolve, reject) as pg.Submittable)
  })
}

/** The parts of a connection that `pg` calls on its own queries; its public types leave them out. */
interface Wire extends pg.Connection {
  /** Names to texts: what the server has parsed, and what is on its way there. */
  readonly parsedStatements: Record<string, string>
  readonly submittedNamedStatements: Record<string, string>
}
const { prepareValue } = createRequire(import.meta.url)('pg/lib/utils.js') as { prepareValue(value: unknown): unknown }

interface Field {
  readonly name: string
  readonly dataTypeID: number
}

/** How the rows of one prepared statement are read. */
interface Shape {
  readonly names: readonly string[]
  readonly camelNames: readonly string[]
  readonly parsers: readonly ((text: string) => unknown)[]
}

const camelNames = new Map<string, string>()
const camelOf = (name: string): string => {
  let camel = camelNames.get(name)
  if (camel === undefined) {
    camel = name.replaceAll(/(?<=.)_([a-z0-9])/g, (_, letter: string) => letter.toUpperCase())
    if (camelNames.size < 5000) camelNames.set(name, camel)
  }
  return camel
}

const shapeOf = (fields: readonly Field[]): Shape => ({
  names: fields.map(({ name }) => name),
  camelNames: fields.map(({ name }) => camelOf(name)),
  parsers: fields.map(({ dataTypeID }) => pg.types.getTypeParser(dataTypeID, 'text') as (text: string) => unknown),
})
const noRows = shapeOf([])

/**
 * A prepared statement's rows keep their shape for as long as it lives ("cached plan must not change result type" is an error), so it is
 * asked for once on each connection.
 */
const shapesByConnection = new WeakMap<pg.Connection, Map<string, Shape>>()
const shapesOn = (connection: pg.Connection): Map<string, Shape> => {
  let shapes = shapesByConnection.get(connection)
  if (!shapes) shapesByConnection.set(connection, (shapes = new Map()))
  return shapes
}

const rowOf = ({ names, camelNames: camel, parsers }: Shape, statement: Statement, texts: readonly (string | null)[]) => {
  const row: Record<string, unknown> = {}
  const keys = statement.camelCase ? camel : names
  for (let i = 0; i < texts.length; i++) {
    const text = texts[i] ?? null
    row[keys[i] as string] = text === null ? null : parsers[i]?.(text)
  }
  return row
}

/** The number at the end of `SELECT 3`, `INSERT 0 1`; null where there is none (`BEGIN`). */
const countIn = (tag: string): number | null => {
  const count = Number(tag.slice(tag.lastIndexOf(' ') + 1))
  return Number.isNaN(count) ? null : count
}

class Batch {
  readonly #statements: readonly Statement[]
  readonly #resolve: (results: BatchResult[]) => void
  readonly #reject: (error: Error) => void
  readonly #results: BatchResult[] = []
  #unparsed: Set<Statement> | null = null
  #shapes: Map<string, Shape> | null = null
  #shape: Shape | null = null
  #rows: Record<string, unknown>[] = []

  constructor(statements: readonly Statement[], resolve: (results: BatchResult[]) => void, reject: (error: Error) => void) {
    this.#statements = statements
    this.#resolve = resolve
    this.#reject = reject
  }

  // When the server says "parsed", the client notes the query's name and text: here those of the statement it is at. A statement that
  // parsed exists even if running it fails, and parsing its name again would be an error.
  get name(): string | undefined {
    return this.#awaited()?.name
  }
  get text(): string {
    return this.#awaited()?.text ?? ''
  }

  #current(): Statement {
    const statement = this.#statements[this.#results.length]
    if (!statement) throw new Error('the database answered more than it was asked')
    return statement
  }

  #awaited(): Statement | undefined {
    const statement = this.#statements[this.#results.length]
    return statement && this.#unparsed?.has(statement) ? statement : undefined
  }

  submit(connection: pg.Connection): void {
    const wire = connection as Wire
    const shapes = (this.#shapes = shapesOn(connection))
    wire.stream.cork()
    for (const statement of this.#statements) {
      const { name, text, values = [] } = statement
      if (wire.parsedStatements[name] === undefined && wire.submittedNamedStatements[name] === undefined) {
        ;(this.#unparsed ??= new Set()).add(statement)
        wire.submittedNamedStatements[name] = text
        wire.parse({ name, text, types: [] }, true)
      }
      // The values are turned into text by the mapper, whatever the type says of them.
      wire.bind({ statement: name, values: values as string[], valueMapper: prepareValue }, true)
      if (!shapes.has(name)) wire.describe({ type: 'P', name: '' }, true)
      wire.execute({ portal: '' } as pg.ExecuteConfig, true)
    }
    wire.sync()
    wire.stream.uncork()
  }

  handleRowDescription({ fields }: { fields: readonly Field[] }): void {
    this.#shape = shapeOf(fields)
  }

  handleDataRow({ fields }: { fields: readonly (string | null)[] }): void {
    const statement = this.#current()
    const shape = (this.#shape ??= this.#shapes?.get(statement.name) ?? noRows)
    this.#rows.push(rowOf(shape, statement, fields))
  }

  handleCommandComplete({ text }: { text: string }): void {
    const { name } = this.#current()
    if (!this.#shapes?.has(name)) this.#shapes?.set(name, this.#shape ?? noRows)
    this.#results.push({ rows: this.#rows, rowCount: countIn(text) })
    this.#shape = null
    this.#rows = []
  }

  /** What was to be parsed after the failure never was. The connection is ready only later; what is sent next waits by itself. */
  handleError(error: Error, connection?: pg.Connection): void {
    const on = (connection as Wire | undefined)?.submittedNamedStatements
    if (on) for (const { name } of this.#unparsed ?? []) delete on[name]
    this.#reject(error)
  }

  handleReadyForQuery(): void {
    this.#resolve(this.#results)
  }
}

// A pipelining client takes only what is a `Query`, and asks nothing of it but the members above.
Object.setPrototypeOf(Batch.prototype, pg.Query.prototype as object)
