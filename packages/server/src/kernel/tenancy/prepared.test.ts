import { OrgId } from '@holdfast/contract'
import { expect, test } from 'vitest'
import { orgTxOver, prepared } from './org-tx.ts'
import type { Transaction } from './transaction.ts'

const [ours, theirs] = ['0197f2a0-0000-7000-8000-000000000001', '0197f2a0-0000-7000-8000-000000000002'].map((id) =>
  OrgId.parse(id),
)

/** What an organisation's transaction is asked, and nothing done. */
const entered = (orgId: OrgId | undefined, tenantTables = new Set(['membership'])) => {
  const asked: { text: string; values: readonly unknown[] }[] = []
  const transaction = {
    orgId,
    query: async (text: string, values: readonly unknown[]) => {
      asked.push({ text, values })
      return { rows: [], rowCount: 0 }
    },
  } as unknown as Transaction
  return { asked, tx: orgTxOver(transaction, tenantTables) }
}

let built = 0
const roleOf = () =>
  prepared((tx, { person }: { person: string }) => {
    built++
    return tx.selectFrom('membership').select('role').where('personId', '=', person).limit(2)
  })

test('is built once, and asks each organisation for its own rows with the values of each call', async () => {
  const tables = new Set(['membership'])
  const [mine, other] = [entered(ours, tables), entered(theirs, tables)]
  const ask = roleOf()
  built = 0
  await ask(mine.tx, { person: 'pe_1' })
  await ask(other.tx, { person: 'pe_2' })
  await ask(mine.tx, { person: 'pe_3' })
  expect(built).toBe(1)
  expect(new Set([...mine.asked, ...other.asked].map(({ text }) => text)).size).toBe(1)
  expect(mine.asked[0]?.text).toContain('"membership"."org_id" = $')
  expect(mine.asked.map(({ values }) => values)).toEqual([
    [ours, 'pe_1', 2],
    [ours, 'pe_3', 2],
  ])
  expect(other.asked.map(({ values }) => values)).toEqual([[theirs, 'pe_2', 2]])
})

test('where the table is not scoped, the organisation is nowhere in the statement: the fence is the scoping', async () => {
  const { tx, asked } = entered(ours, new Set())
  await roleOf()(tx, { person: 'pe_1' })
  expect(asked[0]?.text).not.toContain('org_id')
  expect(asked[0]?.values).toEqual(['pe_1', 2])
})
