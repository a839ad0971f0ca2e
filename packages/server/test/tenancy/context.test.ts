import { afterAll, beforeAll, expect, test } from 'vitest'
import { connect, createTestDatabase, type TestDatabase } from '../database.ts'

let database: TestDatabase
beforeAll(async () => {
  database = await createTestDatabase()
})
afterAll(() => database.drop())

test('connects', async () => {
  const app = await connect(database.app)
  expect((await app.query('select current_org() org, gate_setup_needed() setup')).rows).toEqual([{ org: null, setup: true }])
  await app.end()
})
