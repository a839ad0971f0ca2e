import { createHash } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { bytesOf, draftOfFile, maxContentBytes, sha256Of } from './content.ts'

const pdf = new Uint8Array([...'%PDF-1.7\n'].map((c) => c.charCodeAt(0)).concat([0, 255, 128, 10]))

describe('a policy’s content', () => {
  it('is hashed as the bytes that are shown', async () => {
    expect(await sha256Of(bytesOf('markdown', 'Größe ≠ größe'))).toBe(createHash('sha256').update('Größe ≠ größe').digest('hex'))
    expect(await sha256Of(bytesOf('pdf', Buffer.from(pdf).toString('base64')))).toBe(
      createHash('sha256').update(pdf).digest('hex'),
    )
  })

  it('is taken from a file by what is in it', async () => {
    const taken = await draftOfFile(new File([pdf], 'policy.pdf'))
    expect(taken).toEqual({ format: 'pdf', content: Buffer.from(pdf).toString('base64'), fileName: 'policy.pdf' })
    expect(await draftOfFile(new File(['# Text'], 'policy.md'))).toMatchObject({ format: 'markdown', content: '# Text' })
  })

  it('refuses in words what it cannot be', async () => {
    expect(await draftOfFile(new File([], 'empty.md'))).toBe('“empty.md” is empty.')
    expect(await draftOfFile(new File(['hello'], 'fake.PDF'))).toBe('“fake.PDF” is named like a PDF but is none.')
    expect(await draftOfFile(new File([new Uint8Array([255, 254, 0])], 'photo.md'))).toContain('neither a PDF nor text')
    expect(await draftOfFile(new File([new Uint8Array(maxContentBytes + 1)], 'big.md'))).toContain('larger than 5 MiB')
  })
})
