import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { openOutbox } from './outbox.ts'

it('keeps what was not confirmed over a restart, in order, in batches', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'hf-outbox-'))
  try {
    const file = join(directory, 'outbox.json')
    const first = openOutbox(file)
    for (let n = 0; n < 150; n += 1) first.ended({ id: `ls_${n}`, at: 'x', toldAt: null, reason: 'closed', survivors: 0 })
    first.brokeGlass({ at: 'x', from: null, keyId: null })
    await first.settle()
    const second = openOutbox(file)
    const batch = second.next()
    expect(batch?.ended.map(({ id }) => id)).toEqual(Array.from({ length: 100 }, (_, n) => `ls_${n}`))
    expect(second.next()).toEqual(batch)
    second.ended({ id: 'later', at: 'x', toldAt: null, reason: 'closed', survivors: 0 })
    if (batch) second.confirm(batch)
    await second.settle()
    const third = openOutbox(file)
    expect(third.size()).toBe(51)
    expect(third.next()?.ended.at(-1)?.id).toBe('later')
    for (let n = 0; n < 5000; n += 1) third.refused({ at: 'x', login: null, keyId: null, reason: `${n}` })
    await third.settle()
    expect(openOutbox(file).size()).toBe(51 + 1000)
  } finally {
    rmSync(directory, { recursive: true, force: true })
  }
})

it('says when the server has heard of a session: not before, and at once of one that it heard of long ago', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'hf-outbox-'))
  try {
    const outbox = openOutbox(join(directory, 'outbox.json'))
    const session = (id: string) => ({ id, grantId: 'gr_1', login: 'recorder', startedAt: 'x' })
    for (const id of ['ls_1', 'ls_2']) outbox.started(session(id))
    const heard: string[] = []
    const waits = ['ls_1', 'ls_2', 'ls_0'].map((id) => outbox.whenTold(id).then(() => heard.push(id)))
    await new Promise(setImmediate)
    expect(heard).toEqual(['ls_0'])
    const batch = outbox.next()
    const only = (id: string) => ({
      sessions: [],
      ended: [],
      refused: [],
      breakGlass: [],
      ...(batch && { sessions: batch.sessions.filter((one) => one.id === id) }),
    })
    outbox.confirm(only('ls_2'))
    await new Promise(setImmediate)
    expect(heard).toEqual(['ls_0', 'ls_2'])
    outbox.confirm(only('ls_1'))
    await Promise.all(waits)
    expect(heard).toEqual(['ls_0', 'ls_2', 'ls_1'])
    await outbox.settle()
  } finally {
    rmSync(directory, { recursive: true, force: true })
  }
})
