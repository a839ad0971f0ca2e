import {
  AndNode,
  BinaryOperationNode,
  ColumnNode,
  IdentifierNode,
  OnNode,
  OperatorNode,
  ParensNode,
  PostgresQueryCompiler,
  PrimitiveValueListNode,
  ReferenceNode,
  TableNode,
  ValueListNode,
  ValueNode,
  ValuesNode,
  WhereNode,
  type AliasNode,
  type CompiledQuery,
  type DeleteQueryNode,
  type InsertQueryNode,
  type JoinNode,
  type OperationNode,
  type QueryId,
  type RootOperationNode,
  type SelectQueryNode,
  type UpdateQueryNode,
} from 'kysely'
import type { OrgId } from '@holdfast/contract'

const snakeNames = new Map<string, string>()
/** Names in the code are camelCase, in the database snake_case. */
const snakeOf = (name: string): string => {
  let snake = snakeNames.get(name)
  if (snake === undefined) {
    snake = name.replaceAll(/(?<=[^A-Z])[A-Z]/g, (letter) => `_${letter}`).toLowerCase()
    if (snakeNames.size < 5000) snakeNames.set(name, snake)
  }
  return snake
}

/**
 * The first of the two layers of tenancy (D5): writes every statement so that each tenant table in it is restricted to one organisation by
 * an explicit `org_id = $n`. Row-level security is the second; neither knows of the other. It is the compiler that does it, not a plugin
 * that rewrites the tree of nodes beforehand: copying the tree cost more than the rest of the statement together.
 */
export class ScopingCompiler extends PostgresQueryCompiler {
  readonly #tenantTables: ReadonlySet<string>
  #orgId: OrgId | null = null

  /** `tenantTables`: names as the database has them. */
  constructor(tenantTables: ReadonlySet<string>) {
    super()
    this.#tenantTables = tenantTables
  }

  compileFor(orgId: OrgId, node: RootOperationNode, queryId: QueryId): CompiledQuery {
    this.#orgId = orgId
    try {
      return super.compileQuery(node, queryId)
    } finally {
      this.#orgId = null
    }
  }

  /** The name by which the columns of a tenant table are reached in a statement; null for anything else. */
  #tenantName(node: OperationNode): string | null {
    if (node.kind === 'AliasNode') {
      const { node: inner, alias } = node as AliasNode
      return this.#tenantName(inner) && IdentifierNode.is(alias) ? alias.name : null
    }
    if (!TableNode.is(node)) return null
    const { name } = node.table.identifier
    return this.#tenantTables.has(snakeOf(name)) ? name : null
  }

  #org(): OrgId {
    if (this.#orgId === null) throw new Error('no organisation to scope to')
    return this.#orgId
  }

  #isOurs(name: string): OperationNode {
    return BinaryOperationNode.create(
      ReferenceNode.create(ColumnNode.create('org_id'), TableNode.create(name)),
      OperatorNode.create('='),
      ValueNode.create(this.#org()),
    )
  }

  #conditions(nodes: readonly OperationNode[]): OperationNode | null {
    let all: OperationNode | null = null
    for (const node of nodes) {
      const name = this.#tenantName(node)
      if (name !== null) all = all ? AndNode.create(all, this.#isOurs(name)) : this.#isOurs(name)
    }
    return all
  }

  #scoped<T extends { readonly where?: WhereNode }>(node: T, from: readonly OperationNode[]): T {
    const condition = this.#conditions(from)
    if (!condition) return node
    // The caller's own condition goes into brackets: an OR in it must not reach past ours.
    const where = node.where ? AndNode.create(condition, ParensNode.create(node.where.where)) : condition
    return { ...node, where: WhereNode.create(where) }
  }

  protected override visitSelectQuery(node: SelectQueryNode): void {
    super.visitSelectQuery(this.#scoped(node, node.from?.froms ?? []))
  }

  protected override visitJoin(node: JoinNode): void {
    const condition = this.#conditions([node.table])
    if (!condition) return super.visitJoin(node)
    super.visitJoin({
      ...node,
      on: OnNode.create(node.on ? AndNode.create(condition, ParensNode.create(node.on.on)) : condition),
    })
  }

  protected override visitUpdateQuery(node: UpdateQueryNode): void {
    super.visitUpdateQuery(this.#scoped(node, [...(node.table ? [node.table] : []), ...(node.from?.froms ?? [])]))
  }

  protected override visitDeleteQuery(node: DeleteQueryNode): void {
    super.visitDeleteQuery(this.#scoped(node, [...node.from.froms, ...(node.using?.tables ?? [])]))
  }

  protected override visitInsertQuery(node: InsertQueryNode): void {
    // An organisation's own row: its org_id is generated from its id, which row-level security checks.
    const name = node.into && this.#tenantName(node.into)
    if (!name || name === 'org' || !node.columns || !node.values || !ValuesNode.is(node.values))
      return super.visitInsertQuery(node)
    if (node.columns.some(({ column }) => snakeOf(column.name) === 'org_id'))
      throw new Error(`org_id of ${name} is set by the transaction, not by a handler`)
    const values = node.values.values.map((row) =>
      PrimitiveValueListNode.is(row)
        ? PrimitiveValueListNode.create([...row.values, this.#org()])
        : ValueListNode.create([...row.values, ValueNode.create(this.#org())]),
    )
    super.visitInsertQuery({
      ...node,
      columns: [...node.columns, ColumnNode.create('org_id')],
      values: ValuesNode.create(values),
    })
  }

  protected override sanitizeIdentifier(identifier: string): string {
    return super.sanitizeIdentifier(snakeOf(identifier))
  }
}
