/** C6: somebody with access who gives a function of theirs the name of one that the administrator's own statements call. */
import { afterAll, beforeAll, expect, test } from 'vitest'
import { setDatabaseStage, type DatabaseStage } from '../../../test/database-stage.ts'
import { rolesIn } from '../../kernel/database/roles.ts'
import { reconcileAll } from '../database/reconcile.ts'

let stage: DatabaseStage

beforeAll(async () => {
  stage = await setDatabaseStage()
}, 120_000)
afterAll(() => stage?.close())

/** The argument types fit ours better than those of PostgreSQL's own do, so the better fit would win over the earlier place in the path. */
const trap = (signature: string, answer: string): string => `
  create function public.${signature} language plpgsql as $trap$
  begin
    if current_user = 'maker' and not exists (select from pg_roles where rolname = 'stays') then
      create role stays login password 'stays';
      grant writers to stays;
    end if;
    return ${answer};
  end $trap$`
const traps = [
  trap('starts_with(name, text) returns boolean', 'pg_catalog.starts_with($1::text, $2)'),
  trap('hashtextextended(text, integer) returns bigint', 'pg_catalog.hashtextextended($1, $2::bigint)'),
]
const stays = async (): Promise<boolean> =>
  (await stage.root.query(`select from pg_roles where rolname = 'stays'`)).rowCount === 1

test('what the administrator runs is PostgreSQL’s own, whatever else has that name', async () => {
  const got = await stage.give('readwrite')
  const client = await stage.clientOf(got.user, got.password)
  for (const statement of traps) await client.query(statement)
  await reconcileAll.run(stage.context())
  const another = await stage.give('readonly')
  expect(await stays()).toBe(false)

  // With the fence removed, which is the search path of our connections, the same statement makes a login that no grant knows of.
  const maker = await stage.clientOf('maker', 'maker-password')
  await rolesIn(maker, stage.db.id)
  expect(await stays()).toBe(true)
  await maker.query('drop role stays')
  await maker.end()

  for (const { id } of [got, another]) {
    await stage.revoke(id)
    await stage.settle(id)
  }
  expect(await stage.rolesThere()).toEqual([])
}, 60_000)
