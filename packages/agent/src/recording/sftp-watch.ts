import { Kind, NotSftp, readerOf, statusPacket } from './sftp-packets.ts'

export type Act = 'read' | 'write' | 'list' | 'remove' | 'rename' | 'make_directory' | 'remove_directory' | 'link' | 'attributes'
/** As the contract's `TransferMark` has it. */
export type Mark =
  | { n: number; act: Act; path: string; to?: string }
  | { n: number; result: 'done' | 'failed' | 'unknown'; why?: string; bytes?: number }

/** What is to be kept first; then the packet is passed on, or answered here and not passed on. */
export interface Verdict {
  marks: Mark[]
  answer: Buffer | null
}

/**
 * Stands between a client and an SFTP server, and knows which file each request is about. What it does not know is not passed on: an extension
 * that it cannot list, a handle that nobody was given, more than its bounds. Throws `NotSftp` for what cannot be read; then the session ends.
 */
export interface SftpWatch {
  fromClient(packet: Buffer): Verdict
  fromServer(packet: Buffer): Mark[]
  /** For everything that has no answer yet. */
  end(): Mark[]
}

interface File {
  n: number
  path: string
  /** Of a file that was read or written; a directory has none. */
  bytes: number | null
  /** A read or write of it that failed. */
  why: string | null
}
type Pending =
  | { of: 'open'; n: number; path: string; directory: boolean }
  | { of: 'close'; handle: string }
  | { of: 'read'; file: File }
  | { of: 'write'; file: File; bytes: number }
  | { of: 'act'; n: number }
  | { of: 'nothing' }

/** OpenSSH's clients have some hundreds under way. */
const maxPending = 10_000
const maxOpen = 1000
const maxPath = 4096
const writing = 0x02 | 0x04 | 0x08 | 0x10
const [failure, unsupported] = [4, 8]
const whys: Record<number, string> = { 2: 'no such file', 3: 'permission denied', 5: 'bad message', 8: 'not supported' }
const whyOf = (code: number): string => whys[code] ?? 'failed'
const endOfFile = 1

const acts: Record<number, Act> = {
  [Kind.setstat]: 'attributes',
  [Kind.remove]: 'remove',
  [Kind.mkdir]: 'make_directory',
  [Kind.rmdir]: 'remove_directory',
}
const actsOnTwo: Record<number, Act> = { [Kind.rename]: 'rename', [Kind.symlink]: 'link' }
/** They only look. */
const looks: readonly number[] = [Kind.lstat, Kind.realpath, Kind.stat, Kind.readlink]
/** No object: its name is the client’s, and `constructor` is none of them. */
const extensions = new Map<string, { act: Act; paths: 1 | 2 } | 'looks'>(
  Object.entries({
    'posix-rename@openssh.com': { act: 'rename', paths: 2 },
    'hardlink@openssh.com': { act: 'link', paths: 2 },
    'lsetstat@openssh.com': { act: 'attributes', paths: 1 },
    ...{ 'statvfs@openssh.com': 'looks', 'fstatvfs@openssh.com': 'looks', 'fsync@openssh.com': 'looks' },
    ...{ 'limits@openssh.com': 'looks', 'expand-path@openssh.com': 'looks', 'home-directory': 'looks' },
    'users-groups-by-id@openssh.com': 'looks',
  }),
)

type Fields = ReturnType<typeof readerOf>
const pathIn = (fields: Fields): string => {
  const bytes = fields.bytes()
  if (bytes.length > maxPath) throw new NotSftp('a path of more than 4,096 bytes')
  return bytes.toString('utf8')
}
const handleIn = (fields: Fields): string => fields.bytes().toString('latin1')

interface Answer {
  asked: Pending
  kind: number
  fields: Fields
}

/** Null for success. Anything but a status is one: only what was wanted is answered otherwise. */
const failureIn = ({ kind, fields }: Pick<Answer, 'kind' | 'fields'>): string | null => {
  const code = kind === Kind.status ? fields.number() : 0
  return code === 0 ? null : whyOf(code)
}
const resultOf = (n: number, why: string | null, bytes: number | null = null): Mark => ({
  ...{ n, result: why === null ? 'done' : 'failed' },
  ...(why !== null && { why }),
  ...(bytes !== null && { bytes }),
})

const answered = ({ asked, kind, fields }: Answer, files: Map<string, File>): Mark[] => {
  if (asked.of === 'nothing') return []
  if (asked.of === 'act') return [resultOf(asked.n, failureIn({ kind, fields }))]
  if (asked.of === 'open') {
    if (kind !== Kind.handle) return [resultOf(asked.n, failureIn({ kind, fields }) ?? 'failed')]
    files.set(handleIn(fields), { n: asked.n, path: asked.path, bytes: asked.directory ? null : 0, why: null })
    return []
  }
  if (asked.of === 'close') {
    const file = files.get(asked.handle)
    files.delete(asked.handle)
    return file ? [resultOf(file.n, file.why ?? failureIn({ kind, fields }), file.bytes)] : []
  }
  const { file } = asked
  if (asked.of === 'read' && kind === Kind.data) file.bytes = (file.bytes ?? 0) + fields.number()
  else {
    const code = kind === Kind.status ? fields.number() : endOfFile
    if (asked.of === 'write' && code === 0) file.bytes = (file.bytes ?? 0) + asked.bytes
    else if (code !== endOfFile) file.why ??= whyOf(code)
  }
  return []
}

export const watchSftp = (): SftpWatch => {
  const pending = new Map<number, Pending>()
  const files = new Map<string, File>()
  let [count, greeted] = [0, false]

  const pass = (id: number, what: Pending, marks: Mark[] = []): Verdict => {
    pending.set(id, what)
    return { marks, answer: null }
  }
  const refuse = (id: number, code: number, text: string): Verdict => ({ marks: [], answer: statusPacket(id, code, text) })
  const act = (id: number, what: Act, path: string, to?: string): Verdict => {
    count += 1
    return pass(id, { of: 'act', n: count }, [{ n: count, act: what, path, ...(to !== undefined && { to }) }])
  }
  const open = (id: number, what: Act, path: string): Verdict => {
    const opening = [...pending.values()].filter(({ of }) => of === 'open').length
    if (files.size + opening >= maxOpen) return refuse(id, failure, 'too many open files for the recorder')
    count += 1
    return pass(id, { of: 'open', n: count, path, directory: what === 'list' }, [{ n: count, act: what, path }])
  }
  const onFile = (id: number, kind: number, fields: Fields): Verdict => {
    const handle = handleIn(fields)
    const file = files.get(handle)
    if (!file) return refuse(id, failure, 'no file that is open here')
    if (kind === Kind.close) return pass(id, { of: 'close', handle })
    if (kind === Kind.read) return pass(id, { of: 'read', file })
    if (kind === Kind.fsetstat) return act(id, 'attributes', file.path)
    if (kind !== Kind.write) return pass(id, { of: 'nothing' })
    fields.pass(8) // the offset
    return pass(id, { of: 'write', file, bytes: fields.bytes().length })
  }
  const extended = (id: number, fields: Fields): Verdict => {
    const what = extensions.get(fields.bytes().toString('latin1'))
    if (what === undefined) return refuse(id, unsupported, 'the recorder cannot list this')
    if (what === 'looks') return pass(id, { of: 'nothing' })
    const path = pathIn(fields)
    return act(id, what.act, path, what.paths === 2 ? pathIn(fields) : undefined)
  }
  const request = (id: number, kind: number, fields: Fields): Verdict => {
    const [one, two] = [acts[kind], actsOnTwo[kind]]
    if (one) return act(id, one, pathIn(fields))
    if (two) {
      const path = pathIn(fields)
      return act(id, two, path, pathIn(fields))
    }
    if (kind === Kind.open) {
      const path = pathIn(fields)
      return open(id, (fields.number() & writing) === 0 ? 'read' : 'write', path)
    }
    if (kind === Kind.opendir) return open(id, 'list', pathIn(fields))
    if (looks.includes(kind)) return pass(id, { of: 'nothing' })
    if (kind === Kind.extended) return extended(id, fields)
    const ofFile: readonly number[] = [Kind.close, Kind.read, Kind.write, Kind.fstat, Kind.fsetstat, Kind.readdir]
    return ofFile.includes(kind) ? onFile(id, kind, fields) : refuse(id, unsupported, 'the recorder does not know this')
  }
  return {
    fromClient(packet) {
      const kind = packet[0] ?? 0
      const fields = readerOf(packet)
      if (!greeted) {
        if (kind !== Kind.init) throw new NotSftp('it does not begin as it must')
        greeted = true
        return { marks: [], answer: null }
      }
      if (kind === Kind.init) throw new NotSftp('it begins twice')
      const id = fields.number()
      // Two answers to one number: nobody could say which is of which.
      if (pending.has(id) || pending.size >= maxPending) throw new NotSftp('a request under a number that waits for its answer')
      return request(id, kind, fields)
    },
    fromServer(packet) {
      const kind = packet[0] ?? 0
      const fields = readerOf(packet)
      const number = fields.number()
      if (kind === Kind.version) {
        if (number !== 3) throw new NotSftp(`version ${number} of the protocol`)
        return []
      }
      const asked = pending.get(number)
      if (!asked) throw new NotSftp('an answer to what was not asked')
      pending.delete(number)
      return answered({ asked, kind, fields }, files)
    },
    end: () => [
      ...[...files.values()].map(({ n, bytes }): Mark => ({ n, result: 'unknown', ...(bytes !== null && { bytes }) })),
      ...[...pending.values()].flatMap((each): Mark[] => ('n' in each ? [{ n: each.n, result: 'unknown' }] : [])),
    ],
  }
}
