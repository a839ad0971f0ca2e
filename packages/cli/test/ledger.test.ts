import { generateKeyPairSync, sign } from 'node:crypto'
import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import {
  append,
  bytesToHex,
  checkpointLine,
  emptyRange,
  entryHash,
  entryLine,
  formatVkey,
  genesis,
  headerLine,
  hexToBytes,
  originOf,
  rootOf,
  signCheckpoint,
  type Entry,
} from '@holdfast/ledger'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { holdfast, scratch } from './terminal.ts'
import { problem, startTestServer, type TestServer } from './test-server.ts'

const org = '0197f2a0-0000-7000-8000-00000000000a'

/** A chain of `size` entries, hashed as they stand. */
const chain = (size: number, change: (index: number) => string = () => ''): Entry[] => {
  const entries: Entry[] = []
  for (let seq = 0; seq < size; seq++) {
    const body = JSON.stringify({ v: 1, action: 'policy.created', target: `po_${seq}${change(seq)}` })
    const content = { seq, at: String(1_790_000_000_000_000 + seq), prev: entries.at(-1)?.hash ?? genesis(org), body }
    entries.push({ ...content, hash: entryHash(org, content) })
  }
  return entries
}

const { publicKey, privateKey } = generateKeyPairSync('ed25519')
const raw = new Uint8Array(publicKey.export({ type: 'spki', format: 'der' }).subarray(-32))
const signer = {
  name: originOf(org),
  publicKey: raw,
  sign: (message: Uint8Array) => new Uint8Array(sign(null, message, privateKey)),
}
const vkey = formatVkey(originOf(org), raw)

const checkpointOf = (entries: readonly Entry[]): Promise<string> => {
  const range = emptyRange()
  for (const { hash } of entries) append(range, hexToBytes(hash))
  const head = entries.at(-1)?.hash ?? genesis(org)
  return signCheckpoint({ origin: originOf(org), size: entries.length, root: bytesToHex(rootOf(range)), head }, signer)
}

const textOf = (entries: readonly Entry[], to = entries.length, note = ''): string =>
  headerLine({ org, from: 0, to }) + entries.map(entryLine).join('') + (note && checkpointLine(note))

const entries = chain(50)
const directory = scratch()
const fileOf = (name: string, text: string): string => {
  writeFileSync(join(directory, name), text)
  return join(directory, name)
}
const verify = (text: string, ...more: string[]) => holdfast(['ledger', 'verify', fileOf('export.jsonl', text), ...more])
const changed = (seq: number, change: (entry: Entry) => Entry): Entry[] =>
  entries.map((entry) => (entry.seq === seq ? change(entry) : entry))

describe('ledger verify', () => {
  it('finds a whole chain whole, and says what was not compared', async () => {
    const { code, stdout, stderr } = await verify(textOf(entries))
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
    expect(stdout).toMatch(/^OK {2}/)
    expect(stdout).toContain(`organisation  ${org}`)
    expect(stdout).toContain(entries.at(-1)?.hash)
    expect(stdout).toContain('no checkpoint held outside')
  })

  it('compares with checkpoints held outside and their signatures', async () => {
    const old = fileOf('checkpoint-20', await checkpointOf(entries.slice(0, 20)))
    const newest = fileOf('checkpoint-50', await checkpointOf(entries))
    const { code, stdout } = await verify(textOf(entries), '--checkpoint', old, '--checkpoint', newest, '--key', vkey)
    expect(code).toBe(0)
    expect(stdout).toContain(`checkpoint    holdfast/${org} at 20 entries agrees`)
    expect(stdout).toContain('at 50 entries agrees')
    expect(stdout).not.toContain('not checked')
  })

  it('reads stdin', async () => {
    expect(await holdfast(['ledger', 'verify', '-'], { stdin: textOf(entries) })).toMatchObject({ code: 0 })
  })

  it('says it in JSON too', async () => {
    const { code, stdout } = await verify(textOf(changed(9, (entry) => ({ ...entry, body: '{}' }))), '--json')
    expect(code).toBe(1)
    expect(JSON.parse(stdout)).toMatchObject({ ok: false, seq: 9, kind: 'body_changed', entries: 9 })
  })

  const swapped = entries.map((entry) => (entry.seq === 7 ? entries[8] : entry.seq === 8 ? entries[7] : entry)) as Entry[]
  const tampered: [string, string, number][] = [
    ['one byte of a body', textOf(changed(17, (entry) => ({ ...entry, body: entry.body.replace('created', 'creatad') }))), 17],
    ['the time', textOf(changed(3, (entry) => ({ ...entry, at: '1790000000999999' }))), 3],
    ['the stored hash', textOf(changed(30, (entry) => ({ ...entry, hash: '0'.repeat(64) }))), 30],
    ['the stored link', textOf(changed(30, (entry) => ({ ...entry, prev: '0'.repeat(64) }))), 30],
    [
      'an entry gone',
      textOf(
        entries.filter(({ seq }) => seq !== 25),
        50,
      ),
      25,
    ],
    ['two entries exchanged', textOf(swapped), 7],
    ['an entry twice', textOf([...entries.slice(0, 12), ...entries.slice(11)], 50), 11],
    ['the tail gone', textOf(entries.slice(0, 40), 50), 40],
    ['an unreadable line', textOf(entries).replace('{"seq":33,', '{"seq":33;'), 33],
    ['the file broken off', textOf(entries).slice(0, -20), 49],
  ]
  it.each(tampered)('names the first bad entry: %s', async (_, text, seq) => {
    const { code, stdout } = await verify(text)
    expect(code).toBe(1)
    expect(stdout).toContain(`BROKEN at entry ${seq} (`)
  })

  it('finds a chain that was cut and closed again, and one rewritten as a whole, by a checkpoint held outside', async () => {
    const outside = fileOf('held', await checkpointOf(entries))
    const cut = entries.slice(0, 40)
    expect((await verify(textOf(cut))).code, 'nothing inside shows it').toBe(0)
    const shorter = await verify(textOf(cut), '--checkpoint', outside)
    expect(shorter).toMatchObject({ code: 1, stdout: expect.stringContaining('(truncated)') as string })

    const rewritten = chain(50, (seq) => (seq === 5 ? 'x' : ''))
    expect((await verify(textOf(rewritten, 50, await checkpointOf(rewritten)))).code).toBe(0)
    const other = await verify(textOf(rewritten), '--checkpoint', outside)
    expect(other).toMatchObject({ code: 1, stdout: expect.stringContaining('(rewritten)') as string })
  })

  it('believes no checkpoint of another signer', async () => {
    const note = fileOf('held', await checkpointOf(entries))
    const stranger = new Uint8Array(
      generateKeyPairSync('ed25519').publicKey.export({ type: 'spki', format: 'der' }).subarray(-32),
    )
    const { code, stdout } = await verify(textOf(entries), '--checkpoint', note, '--key', formatVkey(originOf(org), stranger))
    expect(code).toBe(1)
    expect(stdout).toContain('(checkpoint_invalid)')
  })

  it('refuses the ledger of another organisation', async () => {
    expect(await verify(textOf(entries), '--org', '0197f2a0-0000-7000-8000-00000000000b')).toMatchObject({ code: 1 })
  })

  it.each([
    [['/no/such/file'], 'cannot read /no/such/file: there is no such file or directory (ENOENT)'],
    [['/tmp'], '/tmp is not a file'],
    [['--org', '0197f2a0-0000-7000-8000-00000000000a'], 'go with a file'],
    [['--key', 'x', '--checkpoint', 'y'], 'go with a file'],
  ])('tells wrong usage from a broken ledger: %j', async (argv, sentence) => {
    const { code, stderr } = await holdfast(['ledger', 'verify', ...argv])
    expect(code).toBe(2)
    expect(stderr).toContain(sentence)
  })

  it('refuses what is no verifier key', async () => {
    expect(await verify(textOf(entries), '--key', 'nonsense')).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('--key') as string,
    })
  })

  it('shows progress to a person', async () => {
    const { stderr } = await holdfast(['ledger', 'verify', fileOf('long.jsonl', textOf(chain(20_000)))], { interactive: true })
    expect(stderr).toContain('10,000 of 20,000 entries')
  })
})

describe('ledger export', () => {
  let server: TestServer
  beforeAll(async () => {
    server = await startTestServer({})
  })
  beforeEach(() => {
    server.asked.length = 0
    for (const name of Object.keys(server.handlers)) delete server.handlers[name]
  })
  afterAll(() => server.close())
  const target = () => join(scratch(), 'ledger.jsonl')
  const signedIn = (...argv: string[]) => holdfast(['ledger', 'export', ...argv], { env: server.env })
  const sends = (text: string) => {
    server.handlers['ledger.export'] = () => ({
      headers: { 'content-type': 'application/jsonl' },
      raw: (response) => response.end(text),
    })
  }

  it('writes the bytes of the server, with the checkpoint, for its owner only', async () => {
    const text = textOf(entries, 50, await checkpointOf(entries))
    sends(text)
    const out = target()
    const { code, stdout, stderr } = await signedIn('--out', out)
    expect({ code, stdout }).toEqual({ code: 0, stdout: '' })
    expect(stderr).toContain(`Wrote 50 entries of organisation ${org} to ${out} with a signed checkpoint.`)
    expect(readFileSync(out, 'utf8')).toBe(text)
    expect(statSync(out).mode & 0o777).toBe(0o600)
    expect((await holdfast(['ledger', 'verify', out, '--key', vkey])).code).toBe(0)
  })

  it('asks for a part', async () => {
    sends(textOf([]))
    await signedIn('--out', target(), '--from', '10', '--to', '20')
    expect(server.asked[0]?.input).toEqual({ from: '10', to: '20' })
    expect(await signedIn('--out', target(), '--from', '-1')).toMatchObject({ code: 2 })
  })

  it('writes to stdout', async () => {
    sends(textOf(entries))
    expect(await signedIn('--out', '-')).toMatchObject({ code: 0, stdout: textOf(entries), stderr: '' })
  })

  it('keeps nothing of a download that breaks off, and leaves the file before as it was', async () => {
    server.handlers['ledger.export'] = () => ({
      raw: (response) => {
        response.write(textOf(entries).slice(0, 5000))
        setTimeout(() => response.destroy(), 20)
      },
    })
    const out = fileOf('kept.jsonl', 'yesterday')
    const { code, stderr } = await signedIn('--out', out)
    expect(code).toBe(3)
    expect(stderr).toContain('the connection ended in the middle')
    expect(readFileSync(out, 'utf8')).toBe('yesterday')
    expect(readdirSync(directory).filter((name) => name.includes('.part'))).toEqual([])
  })

  it('keeps a broken ledger as it is, since that is the evidence, and says so', async () => {
    const text = textOf(
      entries.filter(({ seq }) => seq !== 25),
      50,
    )
    sends(text)
    const out = target()
    const { code, stderr } = await signedIn('--out', out)
    expect(code).toBe(0)
    expect(stderr).toContain('The server announced 50')
    expect(readFileSync(out, 'utf8')).toBe(text)
    expect((await holdfast(['ledger', 'verify', out])).stdout).toContain('BROKEN at entry 25 (missing)')
  })

  it('keeps nothing that is no export', async () => {
    sends('<html>maintenance</html>\n')
    const out = target()
    expect(await signedIn('--out', out)).toMatchObject({ code: 3 })
    expect(existsSync(out)).toBe(false)
  })

  it('says why it cannot write, and what the server refuses', async () => {
    sends(textOf(entries))
    expect(await signedIn('--out', '/no/such/directory/x')).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('ENOENT') as string,
    })
    server.handlers['ledger.export'] = () => problem('forbidden', 403)
    const { code, stderr } = await signedIn('--out', target())
    expect(code).toBe(1)
    expect(stderr).toContain('You need ledger:export (owner, admin, reviewer).')
  })

  describe('ledger verify without a file', () => {
    const streams = (...lines: unknown[]) => {
      const text = lines.map((line) => `${JSON.stringify(line)}\n`).join('')
      server.handlers['ledger.verify'] = () => ({
        headers: { 'content-type': 'application/x-ndjson' },
        raw: (response) => {
          response.write(text.slice(0, 17))
          setTimeout(() => response.end(text.slice(17)), 5)
        },
      })
    }
    const ok = {
      ok: true,
      org,
      from: 0,
      entries: 50,
      head: 'ab',
      root: null,
      checkpoints: [{ origin: 'o', size: 40 }],
      message: 'All whole.',
    }
    const broken = { ok: false, seq: 7, kind: 'body_changed', entries: 7, message: 'Entry 7 was changed.' }
    const ask = (...argv: string[]) => holdfast(['ledger', 'verify', ...argv], { env: server.env, interactive: true })

    it('shows progress and the verdict of the server, and says whose it is', async () => {
      streams({ progress: { done: 20, of: 50 } }, { progress: { done: 50, of: 50 } }, { verdict: ok })
      const { code, stdout, stderr } = await ask()
      expect(code).toBe(0)
      expect(stderr).toContain('20 of 50 entries')
      expect(stdout).toContain('OK  All whole.')
      expect(stdout).toContain('by the server itself')
    })

    it('ends with 1 when the chain is broken', async () => {
      streams({ verdict: broken })
      expect(await ask()).toMatchObject({
        code: 1,
        stdout: expect.stringContaining('BROKEN at entry 7 (body_changed)') as string,
      })
      expect(JSON.parse((await ask('--json')).stdout)).toEqual(broken)
    })

    it.each([[[{ progress: { done: 1, of: 2 } }]], [[{ other: 1 }]], [['{']], [[{ verdict: { ok: 'maybe' } }]]])(
      'takes nothing else for a verdict: %j',
      async (lines) => {
        streams(...lines)
        expect(await ask()).toMatchObject({ code: 3, stdout: '' })
      },
    )
  })
})
