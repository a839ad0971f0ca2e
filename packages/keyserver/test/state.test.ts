import { copyFileSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { z } from 'zod'
import { openState, StateTampered } from '../src/state.ts'

const root = mkdtempSync(join(tmpdir(), 'holdfast-state-'))
afterAll(() => rmSync(root, { recursive: true, force: true }))
const Value = z.object({ n: z.number() })

describe('the state of the key server', () => {
  it('is readable by its owner only', async () => {
    const directory = join(root, 'modes')
    const state = await openState(directory, ['origins'])
    await state.write('a', { n: 1 })
    await state.write('origins/b', { n: 2 })
    for (const folder of [directory, join(directory, 'origins')]) expect(statSync(folder).mode & 0o777).toBe(0o700)
    for (const file of ['a.json', 'state.key', 'origins/b.json']) expect(statSync(join(directory, file)).mode & 0o777).toBe(0o600)
    expect(await state.read('a', Value)).toEqual({ n: 1 })
    expect(await state.read('absent', Value)).toBeNull()
    expect(readdirSync(directory).filter((name) => name.endsWith('.tmp'))).toEqual([])
  })

  it('is not read when it was changed, swapped or cut', async () => {
    const directory = join(root, 'tampered')
    const state = await openState(directory)
    await state.write('a', { n: 1 })
    await state.write('b', { n: 2 })
    const file = join(directory, 'a.json')
    const original = readFileSync(file, 'utf8')
    const changes = [
      original.replace('1}', '3}'),
      original.slice(0, 40),
      '',
      '{}',
      'null',
      JSON.stringify({ ...(JSON.parse(original) as object), mac: '' }),
    ]
    for (const change of changes) {
      writeFileSync(file, change)
      await expect(state.read('a', Value)).rejects.toThrow(StateTampered)
    }
    copyFileSync(join(directory, 'b.json'), file)
    await expect(state.read('a', Value)).rejects.toThrow(StateTampered)
    writeFileSync(file, original)
    expect(await (await openState(directory)).read('a', Value)).toEqual({ n: 1 })
  })

  it('has the old or the new value after many writes at once, never a mixture', async () => {
    const state = await openState(join(root, 'many'))
    await Promise.all(Array.from({ length: 50 }, (_, n) => state.write('a', { n })))
    expect((await state.read('a', Value))?.n).toBeGreaterThanOrEqual(0)
  })
})
