import { spawn } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { PassThrough, Readable } from 'node:stream'
import { TransferMark } from '@holdfast/contract'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { framed, Kind, NotSftp, packetsOf, readerOf } from './sftp-packets.ts'
import { watchSftp, type Mark } from './sftp-watch.ts'
import { carryTransfer } from './transfer.ts'

const u32 = (value: number): Buffer => {
  const bytes = Buffer.alloc(4)
  bytes.writeUInt32BE(value)
  return bytes
}
const text = (value: string | Buffer): Buffer =>
  Buffer.concat([u32(Buffer.from(value as string).length), Buffer.from(value as string)])
const packet = (kind: number, ...fields: Buffer[]): Buffer => Buffer.concat([Buffer.from([kind]), ...fields])
const noAttributes = u32(0)
const offset = Buffer.alloc(8)
const init = packet(Kind.init, u32(3))
const version = packet(Kind.version, u32(3))
const status = (id: number, code = 0) => packet(Kind.status, u32(id), u32(code), text(''), text(''))
const openFile = (id: number, path: string, flags: number) => packet(Kind.open, u32(id), text(path), u32(flags), noAttributes)
const [forReading, forWriting] = [1, 0x1a]

/** Somebody who has shaken hands. */
const begun = () => {
  const watch = watchSftp()
  watch.fromClient(init)
  watch.fromServer(version)
  return watch
}
const withFile = (flags = forWriting) => {
  const watch = begun()
  watch.fromClient(openFile(1, '/srv/a', flags))
  watch.fromServer(packet(Kind.handle, u32(1), text('h')))
  return watch
}
const statusOf = (answer: Buffer | null): number | null => {
  if (answer === null) return null
  const fields = readerOf(answer)
  fields.number()
  return fields.number()
}

describe('what is listed', () => {
  test('a file that is written: before it is opened, and with its bytes when it is closed', () => {
    const watch = begun()
    expect(watch.fromClient(openFile(1, '/srv/ä', forWriting)).marks).toEqual([{ n: 1, act: 'write', path: '/srv/ä' }])
    expect(watch.fromServer(packet(Kind.handle, u32(1), text('h')))).toEqual([])
    expect(watch.fromClient(packet(Kind.write, u32(2), text('h'), offset, text('hello'))).answer).toBeNull()
    expect(watch.fromClient(packet(Kind.write, u32(3), text('h'), offset, text('lost'))).answer).toBeNull()
    watch.fromServer(status(2))
    watch.fromServer(status(3, 4))
    watch.fromClient(packet(Kind.close, u32(4), text('h')))
    expect(watch.fromServer(status(4))).toEqual([{ n: 1, result: 'failed', why: 'failed', bytes: 5 }])
    expect(watch.end()).toEqual([])
  })
  test('a file that is read: the bytes that came, and the end of the file is no failure', () => {
    const watch = withFile(forReading)
    for (const id of [2, 3]) watch.fromClient(packet(Kind.read, u32(id), text('h'), offset, u32(100)))
    watch.fromServer(packet(Kind.data, u32(2), text('abc')))
    watch.fromServer(status(3, 1))
    watch.fromClient(packet(Kind.close, u32(4), text('h')))
    expect(watch.fromServer(status(4))).toEqual([{ n: 1, result: 'done', bytes: 3 }])
  })
  test.each([
    ['remove', packet(Kind.remove, u32(1), text('/a')), { path: '/a' }],
    ['make_directory', packet(Kind.mkdir, u32(1), text('/a'), noAttributes), { path: '/a' }],
    ['remove_directory', packet(Kind.rmdir, u32(1), text('/a')), { path: '/a' }],
    ['attributes', packet(Kind.setstat, u32(1), text('/a'), noAttributes), { path: '/a' }],
    ['rename', packet(Kind.rename, u32(1), text('/a'), text('/b')), { path: '/a', to: '/b' }],
    ['rename', packet(Kind.extended, u32(1), text('posix-rename@openssh.com'), text('/a'), text('/b')), { path: '/a', to: '/b' }],
    ['link', packet(Kind.symlink, u32(1), text('/a'), text('/b')), { path: '/a', to: '/b' }],
    ['link', packet(Kind.extended, u32(1), text('hardlink@openssh.com'), text('/a'), text('/b')), { path: '/a', to: '/b' }],
    ['attributes', packet(Kind.extended, u32(1), text('lsetstat@openssh.com'), text('/a'), noAttributes), { path: '/a' }],
  ])('%s, and what came of it', (act, asked, where) => {
    const watch = begun()
    const { marks, answer } = watch.fromClient(asked)
    expect({ marks, answer }).toEqual({ marks: [{ n: 1, act, ...where }], answer: null })
    const after = watch.fromServer(status(1, 3))
    expect(after).toEqual([{ n: 1, result: 'failed', why: 'permission denied' }])
    for (const mark of [...marks, ...after]) expect(TransferMark.parse(mark)).toEqual(mark)
  })
  test('what never got an answer', () => {
    const watch = withFile()
    watch.fromClient(packet(Kind.remove, u32(9), text('/a')))
    expect(watch.end()).toEqual([
      { n: 1, result: 'unknown', bytes: 0 },
      { n: 2, result: 'unknown' },
    ])
  })
})

describe('what is not passed on', () => {
  const refused = (asked: Buffer, watch = begun()) => statusOf(watch.fromClient(asked).answer)
  test('an extension that copies files where nobody sees it, and one that nobody knows', () => {
    expect(refused(packet(Kind.extended, u32(1), text('copy-data'), text('h')))).toBe(8)
    expect(refused(packet(Kind.extended, u32(1), text('new@example.test')))).toBe(8)
    expect(refused(packet(Kind.extended, u32(1), text('constructor'), text('/a'), text('/b')))).toBe(8)
    expect(refused(packet(77, u32(1)))).toBe(8)
  })
  test('a handle that nobody was given, or that is closed', () => {
    for (const kind of [Kind.read, Kind.write, Kind.close, Kind.fsetstat, Kind.readdir])
      expect(refused(packet(kind, u32(1), text('other'), offset, text('x')))).toBe(4)
    const watch = withFile()
    watch.fromClient(packet(Kind.close, u32(2), text('h')))
    watch.fromServer(status(2))
    expect(refused(packet(Kind.write, u32(3), text('h'), offset, text('x')), watch)).toBe(4)
  })
  test('more open files than the bound', () => {
    const watch = begun()
    for (let id = 0; id < 1000; id += 1) expect(watch.fromClient(openFile(id, '/a', forReading)).answer).toBeNull()
    expect(refused(openFile(1000, '/a', forReading), watch)).toBe(4)
  })
  test.each([
    ['a packet that ends too early', packet(Kind.remove, u32(1), u32(50), Buffer.from('short'))],
    ['a second beginning', init],
    ['a path without end', packet(Kind.remove, u32(1), text('a'.repeat(4097)))],
    ['a number that waits for its answer', packet(Kind.remove, u32(7), text('/b'))],
  ])('%s ends it', (_, asked) => {
    const watch = begun()
    watch.fromClient(packet(Kind.remove, u32(7), text('/a')))
    expect(() => watch.fromClient(asked)).toThrow(NotSftp)
  })
  test('anything before the beginning, a newer version, an answer to nothing', () => {
    expect(() => watchSftp().fromClient(openFile(1, '/a', 1))).toThrow(NotSftp)
    expect(() => watchSftp().fromServer(packet(Kind.version, u32(6)))).toThrow(NotSftp)
    expect(() => begun().fromServer(status(1))).toThrow(NotSftp)
  })
  test('packets without end, or of no length', async () => {
    const read = async (bytes: Buffer) => {
      for await (const each of packetsOf(Readable.from([bytes]))) expect(each.length).toBeGreaterThan(0)
    }
    await expect(read(u32(256 * 1024 + 1))).rejects.toThrow(NotSftp)
    await expect(read(u32(0))).rejects.toThrow(NotSftp)
    await expect(read(framed(init).subarray(0, 6))).resolves.toBeUndefined()
  })
})

/** A real server of OpenSSH's, with the recorder's part between, or without it. */
const server = '/usr/lib/openssh/sftp-server'
describe.skipIf(!existsSync(server))('between a client and OpenSSH’s server', () => {
  let directory: string
  const at = (name: string) => join(directory, name)
  beforeEach(() => (directory = mkdtempSync(join(tmpdir(), 'hf-sftp-'))))
  afterEach(() => rmSync(directory, { recursive: true, force: true }))

  /** What a client sends, one request after the answer to the one before; handles are those of OpenSSH: 0, 1, … */
  const talk = async (requests: readonly Buffer[], guarded: boolean) => {
    const child = spawn(server, ['-e'], { stdio: ['pipe', 'pipe', 'ignore'] })
    const kept: Mark[] = []
    const [from, to] = [new PassThrough(), new PassThrough()]
    if (guarded) {
      const ends = { client: { from, to }, server: { from: child.stdout, to: child.stdin } }
      const carrying = carryTransfer({ ...ends, keep: async (mark) => void kept.push(mark) })
      void Promise.all([carrying.there, carrying.back]).then(() => to.end())
    } else {
      from.pipe(child.stdin)
      child.stdout.pipe(to)
    }
    const answers = packetsOf(to)[Symbol.asyncIterator]()
    const heard: number[] = []
    for (const request of requests) {
      from.write(framed(request))
      heard.push((await answers.next()).value?.[0] ?? 0)
    }
    from.end()
    await new Promise((resolve) => child.once('exit', resolve))
    return { kept, heard }
  }
  const handle = (n: number) => text(u32(n))
  const copying = () => [
    init,
    openFile(1, at('from'), forReading),
    openFile(2, at('to'), forWriting),
    packet(Kind.extended, u32(3), text('copy-data'), handle(0), offset, offset, handle(1), offset),
    packet(Kind.close, u32(4), handle(0)),
    packet(Kind.close, u32(5), handle(1)),
  ]

  test('what is written arrives, and is listed as it was', async () => {
    const requests = [init, openFile(1, at('a'), forWriting), packet(Kind.write, u32(2), handle(0), offset, text('hello'))]
    const { kept } = await talk([...requests, packet(Kind.close, u32(3), handle(0))], true)
    expect(readFileSync(at('a'), 'utf8')).toBe('hello')
    expect(kept).toEqual([
      { n: 1, act: 'write', path: at('a') },
      { n: 1, result: 'done', bytes: 5 },
    ])
  })
  test('a copy inside the server, which nothing would list, is refused; without the recorder it is made', async () => {
    writeFileSync(at('from'), 'secret')
    const { kept } = await talk(copying(), true)
    expect(readFileSync(at('to'), 'utf8')).toBe('')
    expect(kept).toContainEqual({ n: 2, result: 'done', bytes: 0 })
    await talk(copying(), false)
    expect(readFileSync(at('to'), 'utf8')).toBe('secret')
  })
})
