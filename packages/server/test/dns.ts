/** A name server that knows the TXT records a test gives it, and nothing else (RFC 1035 §4). */
import { createSocket } from 'node:dgram'

const nameAt = (message: Buffer): { name: string; end: number } => {
  const labels: string[] = []
  let at = 12
  for (let length = message[at] ?? 0; length > 0; length = message[at] ?? 0) {
    labels.push(message.toString('ascii', at + 1, at + 1 + length))
    at += length + 1
  }
  return { name: labels.join('.').toLowerCase(), end: at + 5 }
}

const answerTo = (message: Buffer, records: ReadonlyMap<string, readonly string[]>): Buffer => {
  const { name, end } = nameAt(message)
  const texts = records.get(name) ?? []
  const head = Buffer.alloc(12)
  message.copy(head, 0, 0, 2)
  head.writeUInt16BE(texts.length > 0 ? 0x8180 : 0x8183, 2) // NXDOMAIN where there is none
  head.writeUInt16BE(1, 4)
  head.writeUInt16BE(texts.length, 6)
  const answers = texts.map((text) => {
    const data = Buffer.concat([Buffer.from([text.length]), Buffer.from(text, 'ascii')])
    const record = Buffer.from([0xc0, 12, 0, 16, 0, 1, 0, 0, 0, 0, 0, data.length])
    return Buffer.concat([record, data])
  })
  return Buffer.concat([head, message.subarray(12, end), ...answers])
}

export const startNameServer = async () => {
  const records = new Map<string, string[]>()
  const socket = createSocket('udp4')
  socket.on('message', (message, { port, address }) => socket.send(answerTo(message, records), port, address))
  await new Promise<void>((resolve) => socket.bind(0, '127.0.0.1', resolve))
  socket.unref()
  return { address: `127.0.0.1:${socket.address().port}`, records, close: () => socket.close() }
}
