import pg from 'pg'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { startPlatform, type FoundedPlatform, type Platform } from '../../../test/platform.ts'
import { changeAs, openUnit, readIn, type Unit } from '../unit.ts'
import { newOrgId } from '../identifier.ts'
import { together, writeLater } from './org-tx.ts'
import '../sign-on/tables.ts'

let platform: Platform
let founded: FoundedPlatform
beforeAll(async () => {
  platform = await startPlatform()
  founded = await platform.found()
})
afterAll(() => platform.close())

const unitIn = (orgId = founded.orgId): Unit => openUnit(platform.services.ground, orgId, null, true)
const add = ({ tx }: Unit, domain: string) =>
  tx.insertInto('ssoDomain').values({ domain, token: 'x', connectionId: null, provedAt: null, checkedAt: null, lostAt: null })
const all = ({ tx }: Unit) => tx.selectFrom('ssoDomain').select('domain').orderBy('domain')

/** How many messages `work` sends to the database. */
const messagesOf = async (work: () => Promise<unknown>): Promise<number> => {
  const spy = vi.spyOn(pg.Client.prototype, 'query')
  try {
    await work()
    return spy.mock.calls.length
  } finally {
    spy.mockRestore()
  }
}

test('several statements travel in one message, scoped like any other', async () => {
  const unit = unitIn()
  const stranger = unitIn(newOrgId())
  try {
    const sent = await messagesOf(async () => {
      const [, found, orgs] = await together(unit.tx, [add(unit, 'a.example'), all(unit), unit.tx.selectFrom('org').select('id')])
      expect(found).toEqual([{ domain: 'a.example' }])
      expect(orgs).toEqual([{ id: founded.orgId }])
    })
    expect(sent).toBe(1) // BEGIN and `enter` included
    expect(await together(stranger.tx, [all(stranger), stranger.tx.selectFrom('org').select('id')])).toEqual([[], []])
  } finally {
    await Promise.all([unit.transaction.rollback(), stranger.transaction.rollback()])
  }
})

test('what is written later goes in front of what is sent next, and is there for it', async () => {
  const unit = unitIn()
  try {
    const sent = await messagesOf(async () => {
      writeLater(unit.tx, add(unit, 'b.example'))
      writeLater(unit.tx, add(unit, 'c.example'))
      expect(await all(unit).execute()).toEqual([{ domain: 'b.example' }, { domain: 'c.example' }])
    })
    expect(sent).toBe(1)
  } finally {
    await unit.transaction.rollback()
  }
})

test('with nothing after it, it goes with COMMIT and its entry; a failure of it fails the whole', async () => {
  const change = (...domains: string[]) =>
    changeAs(platform.services.ground, 'test', founded.orgId, async (unit) => {
      for (const domain of domains) writeLater(unit.tx, add(unit, domain))
      return { value: null, action: 'test.written', targetId: 'test' }
    })
  const there = () => readIn(platform.services.ground, founded.orgId, null, (unit) => all(unit).execute())
  await change('d.example')
  expect(await there()).toEqual([{ domain: 'd.example' }])
  await expect(change('e.example', 'not a domain')).rejects.toMatchObject({ code: '23514' })
  expect(await there()).toEqual([{ domain: 'd.example' }])
})

test('a rollback takes it along; a read has nothing to write', async () => {
  const unit = unitIn()
  writeLater(unit.tx, add(unit, 'f.example'))
  expect(await messagesOf(() => unit.transaction.rollback())).toBe(0)
  expect(await messagesOf(() => unit.transaction.commit())).toBe(0)
  await expect(
    readIn(platform.services.ground, founded.orgId, null, async (reading) => writeLater(reading.tx, add(reading, 'g.example'))),
  ).rejects.toThrow('writes nothing')
})
