import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createWatch } from './export-watch.ts'

const header = '{"format":"HFL1","org":"0197f2a0-0000-7000-8000-00000000000a","from":0,"to":3}\n'
const text = `${header}{"seq":0,"body":"é"}\n{"seq":1}\n{"seq":2}\n{"checkpoint":"note"}\n`

const watchedIn = (pieces: readonly Uint8Array[]) => {
  const watch = createWatch()
  for (const piece of pieces) watch.push(piece)
  return { ...watch.passing, entries: watch.entries() }
}

describe('createWatch', () => {
  it('counts the same however the bytes are cut', () => {
    const bytes = Buffer.from(text)
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: bytes.length })), (cuts) => {
        const ends = [...cuts, bytes.length].toSorted((a, b) => a - b)
        const pieces = ends.map((end, index) => bytes.subarray(ends[index - 1] ?? 0, end))
        expect(watchedIn(pieces)).toEqual({
          header: { org: '0197f2a0-0000-7000-8000-00000000000a', from: 0, to: 3 },
          lines: 5,
          checkpoint: true,
          entries: 3,
        })
      }),
    )
  })

  it('counts entries without a checkpoint', () => {
    expect(watchedIn([Buffer.from(text.slice(0, text.indexOf('{"checkpoint')))])).toMatchObject({ checkpoint: false, entries: 3 })
  })

  it.each(['<html>\n', '{"format":"other"}\n', '[]\n', 'null\n', `{"x":"${'y'.repeat(5000)}"}\n`])(
    'has no header in %s',
    (other) => {
      expect(watchedIn([Buffer.from(other)]).header).toBeNull()
    },
  )
})
