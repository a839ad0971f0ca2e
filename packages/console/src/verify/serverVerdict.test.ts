import { describe, expect, it } from 'vitest'
import { readServerVerdict, type Progress } from './serverVerdict.ts'

const streamOf = (...parts: string[]) =>
  new ReadableStream<Uint8Array>({
    start: (controller) => {
      for (const part of parts) controller.enqueue(new TextEncoder().encode(part))
      controller.close()
    },
  })

describe('the server’s own verdict', () => {
  it('is read behind its progress, however the lines are cut', async () => {
    const progress: Progress[] = []
    const verdict = await readServerVerdict(
      streamOf(
        '{"progress":{"done":5,',
        '"of":10}}\n{"progress":{"done":10,"of":10}}\n{"verdict":{"ok":false,"entries":7,"seq":7,"kind":"body_ch',
        'anged","message":"Entry 7 was changed."}}',
      ),
      (step) => progress.push(step),
    )
    expect(progress.map(({ entries }) => entries)).toEqual([5, 10])
    expect(verdict).toMatchObject({ ok: false, seq: 7, message: 'Entry 7 was changed.' })
  })

  it('is missing when the stream breaks off: nothing is concluded', async () => {
    await expect(readServerVerdict(streamOf('{"progress":{"done":5,"of":10}}\n'), () => undefined)).rejects.toThrow(
      /without a verdict/,
    )
  })
})
