import type { Readable } from 'node:stream'

/** The wire of SFTP version 3 (draft-ietf-secsh-filexfer-02), as far as somebody must understand it who writes down what is done to files. */
export const Kind = {
  ...{
    init: 1,
    version: 2,
    open: 3,
    close: 4,
    read: 5,
    write: 6,
    lstat: 7,
    fstat: 8,
    setstat: 9,
    fsetstat: 10,
    opendir: 11,
    readdir: 12,
  },
  ...{ remove: 13, mkdir: 14, rmdir: 15, realpath: 16, stat: 17, rename: 18, readlink: 19, symlink: 20 },
  ...{ status: 101, handle: 102, data: 103, name: 104, attrs: 105, extended: 200, extendedReply: 201 },
} as const

/** This is no SFTP of version 3: nothing more of it is passed on. */
export class NotSftp extends Error {
  override readonly name = 'NotSftp'
}

/** As OpenSSH bounds it (SFTP_MAX_MSG_LENGTH). */
const maxLength = 256 * 1024

/** Whole packets, without their length. Throws `NotSftp`. */
export async function* packetsOf(from: Readable): AsyncGenerator<Buffer> {
  let rest: Buffer = Buffer.alloc(0)
  for await (const chunk of from) {
    rest = rest.length === 0 ? (chunk as Buffer) : Buffer.concat([rest, chunk as Buffer])
    let at = 0
    while (rest.length - at >= 4) {
      const length = rest.readUInt32BE(at)
      if (length < 1 || length > maxLength) throw new NotSftp(`a packet of ${length} bytes`)
      if (rest.length - at - 4 < length) break
      yield rest.subarray(at + 4, at + 4 + length)
      at += 4 + length
    }
    rest = rest.subarray(at)
  }
}

export const framed = (packet: Buffer): Buffer => {
  const length = Buffer.alloc(4)
  length.writeUInt32BE(packet.length)
  return Buffer.concat([length, packet])
}

/** Reads the fields of a packet in their order. Each throws `NotSftp` where there is none. */
export const readerOf = (packet: Buffer) => {
  let at = 1
  const take = (length: number): Buffer => {
    if (length > packet.length - at) throw new NotSftp('a packet that ends too early')
    at += length
    return packet.subarray(at - length, at)
  }
  const number = (): number => take(4).readUInt32BE()
  const bytes = (): Buffer => take(number())
  return { number, bytes, pass: (length: number) => void take(length) }
}

/** What the recorder answers itself, in the place of the server. */
export const statusPacket = (id: number, code: number, text: string): Buffer => {
  const words = Buffer.from(text)
  const packet = Buffer.alloc(17 + words.length)
  packet.writeUInt8(Kind.status, 0)
  packet.writeUInt32BE(id, 1)
  packet.writeUInt32BE(code, 5)
  packet.writeUInt32BE(words.length, 9)
  words.copy(packet, 13)
  return packet
}
