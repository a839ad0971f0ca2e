import {
  AndNode,
  BinaryOperationNode,
  ColumnNode,
  IdentifierNode,
  OnNode,
  OperationNodeTransformer,
  OperatorNode,
  ParensNode,
  PrimitiveValueListNode,
  ReferenceNode,
  TableNode,
  ValueListNode,
  ValueNode,
  ValuesNode,
  WhereNode,
  type AliasNode,
  type DeleteQueryNode,
  type InsertQueryNode,
  type JoinNode,
  type KyselyPlugin,
  type OperationNode,
  type QueryId,
  type RootOperationNode,
  type SelectQueryNode,
  type UpdateQueryNode,
} from 'kysely'
import type { OrgId } from '@holdfast/contract'

/** A tenant table as it appears in a statement: the name by which its columns are reached. */
const tenantName = (node: OperationNode, tenantTables: ReadonlySet<string>): string | null => {
  if (node.kind === 'AliasNode') {
    const { node: inner, alias } = node as AliasNode
    return tenantName(inner, tenantTables) && IdentifierNode.is(alias) ? alias.name : null
  }
  if (!TableNode.is(node)) return null
  const name = node.table.identifier.name
  return tenantTables.has(name) ? name : null
}

/**
 * The first of the two layers of tenancy (D5): rewrites every statement so that each tenant table in it is restricted to one
 * organisation by an explicit `org_id = $n`. Row-level security is the second; neither knows of the other.
 */
class ScopeTransformer extends OperationNodeTransformer {
  readonly #orgId: OrgId
  readonly #tenantTables: ReadonlySet<string>

  constructor(orgId: OrgId, tenantTables: ReadonlySet<string>) {
    super()
    this.#orgId = orgId
    this.#tenantTables = tenantTables
  }

  #isOurs(name: string): OperationNode {
    return BinaryOperationNode.create(
      ReferenceNode.create(ColumnNode.create('org_id'), TableNode.create(name)),
      OperatorNode.create('='),
      ValueNode.create(this.#orgId),
    )
  }

  #conditions(nodes: readonly OperationNode[]): OperationNode | null {
    const names = nodes.map((node) => tenantName(node, this.#tenantTables)).filter((name) => name !== null)
    return names
      .map((name) => this.#isOurs(name))
      .reduce<OperationNode | null>((all, one) => (all ? AndNode.create(all, one) : one), null)
  }

  #scoped(where: WhereNode | undefined, from: readonly OperationNode[]): WhereNode | undefined {
    const condition = this.#conditions(from)
    if (!condition) return where
    // The caller's own condition goes into brackets: an OR in it must not reach past ours.
    return WhereNode.create(where ? AndNode.create(condition, ParensNode.create(where.where)) : condition)
  }

  protected override transformSelectQuery(node: SelectQueryNode, queryId?: QueryId): SelectQueryNode {
    const inner = super.transformSelectQuery(node, queryId)
    const where = this.#scoped(inner.where, inner.from?.froms ?? [])
    return where ? { ...inner, where } : inner
  }

  protected override transformJoin(node: JoinNode, queryId?: QueryId): JoinNode {
    const inner = super.transformJoin(node, queryId)
    const condition = this.#conditions([inner.table])
    if (!condition) return inner
    return { ...inner, on: OnNode.create(inner.on ? AndNode.create(condition, ParensNode.create(inner.on.on)) : condition) }
  }

  protected override transformUpdateQuery(node: UpdateQueryNode, queryId?: QueryId): UpdateQueryNode {
    const inner = super.transformUpdateQuery(node, queryId)
    const where = this.#scoped(inner.where, [...(inner.table ? [inner.table] : []), ...(inner.from?.froms ?? [])])
    return where ? { ...inner, where } : inner
  }

  protected override transformDeleteQuery(node: DeleteQueryNode, queryId?: QueryId): DeleteQueryNode {
    const inner = super.transformDeleteQuery(node, queryId)
    const where = this.#scoped(inner.where, [...inner.from.froms, ...(inner.using?.tables ?? [])])
    return where ? { ...inner, where } : inner
  }

  protected override transformInsertQuery(node: InsertQueryNode, queryId?: QueryId): InsertQueryNode {
    const inner = super.transformInsertQuery(node, queryId)
    // An organisation's own row: its org_id is generated from its id, which row-level security checks.
    const name = inner.into && tenantName(inner.into, this.#tenantTables)
    if (!name || name === 'org' || !inner.columns || !inner.values || !ValuesNode.is(inner.values)) return inner
    if (inner.columns.some(({ column }) => column.name === 'org_id'))
      throw new Error(`org_id of ${name} is set by the transaction, not by a handler`)
    const values = inner.values.values.map((row) =>
      PrimitiveValueListNode.is(row)
        ? PrimitiveValueListNode.create([...row.values, this.#orgId])
        : ValueListNode.create([...row.values, ValueNode.create(this.#orgId)]),
    )
    return { ...inner, columns: [...inner.columns, ColumnNode.create('org_id')], values: ValuesNode.create(values) }
  }
}

/** Kysely plugin: every tenant table of every statement is scoped to `orgId`. `tenantTables`: names as the database has them. */
export const scopeTo = (orgId: OrgId, tenantTables: ReadonlySet<string>): KyselyPlugin => {
  const transformer = new ScopeTransformer(orgId, tenantTables)
  return {
    transformQuery: ({ node, queryId }): RootOperationNode => transformer.transformNode(node, queryId),
    transformResult: async ({ result }) => result,
  }
}
