import { execFile, execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { checkpointOf, exportOf, sample } from './chain.fixture.ts'
import { formatCheckpoint } from './checkpoint.ts'
import { verifyExport } from './verify-export.ts'

// The verifier printed in docs/ledger-format.md is a second implementation: it must judge as ours does.
const document = readFileSync(new URL('../../../docs/ledger-format.md', import.meta.url), 'utf8')
const program = /```python\n(.*?)```/s.exec(document)![1]!
const folder = mkdtempSync(join(tmpdir(), 'ledger-format-'))
afterAll(() => rmSync(folder, { recursive: true }))

const python = (() => {
  try {
    return execFileSync('python3', ['--version']).length > 0
  } catch {
    return false
  }
})()

const put = (name: string, content: string | Uint8Array) => {
  const path = join(folder, name)
  writeFileSync(path, content)
  return path
}

async function judge(name: string, bytes: Uint8Array, checkpoint?: string) {
  const args = [put('verify.py', program), put(`${name}.jsonl`, bytes), ...(checkpoint ? [put(`${name}.note`, checkpoint)] : [])]
  const theirs = await new Promise<{ ok: boolean; text: string }>((resolve) => {
    execFile('python3', args, (error, stdout, stderr) => resolve({ ok: error === null, text: stdout + stderr }))
  })
  const ours = await verifyExport([bytes], checkpoint ? { checkpoints: [checkpoint] } : {})
  return { theirs, ours }
}

describe.skipIf(!python)('the verifier in the document', () => {
  const entries = sample(30)
  const note = (size: number) => `${formatCheckpoint(checkpointOf(entries.slice(0, size)))}\n— x AAAAAAAA\n`
  const vector = readFileSync(new URL('../vectors/export.jsonl', import.meta.url))

  test('has about 40 lines', () => {
    expect(program.split('\n').filter((line) => line.trim() !== '').length).toBeLessThanOrEqual(50)
  })

  test.each([
    ['vector', vector, undefined],
    ['empty', exportOf([]), undefined],
    ['whole', exportOf(entries), note(30)],
    ['earlier', exportOf(entries), note(13)],
    ['range', exportOf(entries.slice(10), { from: 10 }), note(20)],
    ['range-start', exportOf(entries.slice(10), { from: 10 }), note(10)],
  ])('accepts: %s', async (name, bytes, checkpoint) => {
    const { theirs, ours } = await judge(name, bytes, checkpoint)
    expect(ours.ok).toBe(true)
    expect(theirs).toEqual({ ok: true, text: expect.stringContaining('whole') })
  })

  test.each([
    ['byte', exportOf(entries.with(7, { ...entries[7]!, body: '{}' })), undefined],
    ['deleted', exportOf(entries.toSpliced(7, 1)), undefined],
    ['swapped', exportOf(entries.with(7, entries[8]!).with(8, entries[7]!)), undefined],
    ['cut', exportOf(entries.slice(0, 20)), note(30)],
    ['short', exportOf(entries.slice(0, 20), { to: 30 }), undefined],
    [
      'rewritten',
      exportOf(sample(31).slice(0, 30)),
      note(30)
        .replace('head', 'tail')
        .replace(/\n[^\n]{43}=\n/, `\n${'A'.repeat(43)}=\n`),
    ],
    ['foreign', exportOf(entries), note(30).replace('holdfast/0', 'holdfast/1')],
  ])('refuses: %s', async (name, bytes, checkpoint) => {
    const { theirs, ours } = await judge(name, bytes, checkpoint)
    expect(ours.ok).toBe(false)
    expect(theirs).toEqual({ ok: false, text: expect.stringMatching(/^Entry \d+: /) })
  })
})
