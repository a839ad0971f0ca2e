import { SshError } from './error.ts'
import { createReader, mpint, string, u64, u8 } from './wire.ts'

/** How a revocation list writes the serials of one authority: as a list, as ranges, as bitmaps, whatever is shortest (PROTOCOL.krl §2). */

/** From and to, both in it. */
export interface SerialRange {
  readonly from: bigint
  readonly to: bigint
}

const listSection = 0x20
const rangeSection = 0x21
const bitmapSection = 0x22

/** Type and length. */
const headerBytes = 5
const serialBytes = 8
/** Offset, length and a leading zero of the bitmap. */
const bitmapBytes = headerBytes + serialBytes + 5
/** sshd reads integers of at most 16,384 bits. */
const maxBitmapBits = 16_000n

const forms = ['list', 'range', 'bitmap'] as const
type Form = (typeof forms)[number]

/** Sorted, without repetition, neighbours joined. */
export const rangesOf = (serials: readonly bigint[]): SerialRange[] => {
  const sorted = BigUint64Array.from(serials).sort()
  const ranges: { from: bigint; to: bigint }[] = []
  for (const serial of sorted) {
    const last = ranges.at(-1)
    if (last && serial <= last.to + 1n) last.to = serial
    else ranges.push({ from: serial, to: serial })
  }
  return ranges
}

interface Step {
  /** Bytes so far, bits of an unfinished bitmap counted as eighths. */
  cost: number
  form: Form
  /** Where the section begins that this range is in. */
  start: number
  before: Step | null
}

/** What a finished section takes: a bitmap's last byte counts once it is full, since it may need a leading zero. */
const settled = ({ cost }: Step): number => Math.floor(cost)

/** The cheapest way to write a range in a form, after the cheapest ways to write those before it. */
const stepTo = (ranges: readonly SerialRange[], index: number, form: Form, before: readonly Step[]): Step | null => {
  const range = ranges[index]
  if (!range) return null
  const length = range.to - range.from + 1n
  const candidates = (before.length > 0 ? before : [null]).flatMap((previous): Step[] => {
    const cost = previous ? settled(previous) : 0
    const fresh = { form, start: index, before: previous }
    if (form === 'range') return [{ ...fresh, cost: cost + headerBytes + 2 * serialBytes }]
    const goesOn = previous?.form === form
    if (form === 'list') {
      // A range of its own and a header to go on with the list are shorter than four.
      if (length > 3n) return []
      const start = goesOn ? previous.start : index
      return [{ form, start, before: previous, cost: cost + (goesOn ? 0 : headerBytes) + serialBytes * Number(length) }]
    }
    const anew = length > maxBitmapBits ? [] : [{ ...fresh, cost: cost + bitmapBytes + Number(length) / 8 }]
    const first = goesOn ? ranges[previous.start] : undefined
    const last = ranges[index - 1]
    if (!goesOn || !first || !last || range.to - first.from >= maxBitmapBits) return anew
    return [...anew, { form, start: previous.start, before: previous, cost: previous.cost + Number(range.to - last.to) / 8 }]
  })
  return candidates.reduce<Step | null>((best, step) => (best && best.cost <= step.cost ? best : step), null)
}

interface Section {
  form: Form
  ranges: SerialRange[]
}

/** Dynamic programming over the ranges: for each, the cheapest way to end in each form. */
const divide = (ranges: readonly SerialRange[]): Section[] => {
  let steps: Step[] = []
  for (const index of ranges.keys()) {
    const before = steps
    steps = forms.flatMap((form) => stepTo(ranges, index, form, before) ?? [])
  }
  let step = steps.reduce<Step | null>(
    (best, candidate) => (best && settled(best) <= settled(candidate) ? best : candidate),
    null,
  )
  const sections: Section[] = []
  for (let end = ranges.length; step !== null;) {
    const { form, start } = step
    sections.push({ form, ranges: ranges.slice(start, end) })
    while (step !== null && end > start) {
      end -= 1
      step = step.before
    }
  }
  return sections.toReversed()
}

const each = function* (ranges: readonly SerialRange[]): Generator<bigint> {
  for (const { from, to } of ranges) for (let serial = from; serial <= to; serial += 1n) yield serial
}

const bitmapOf = (ranges: readonly SerialRange[]): Buffer => {
  const [first, last] = [ranges[0]?.from ?? 0n, ranges.at(-1)?.to ?? 0n]
  const bits = Buffer.alloc((Number(last - first) >> 3) + 1)
  for (const serial of each(ranges)) {
    const bit = Number(serial - first)
    const at = bits.length - 1 - (bit >> 3)
    bits.writeUInt8(bits.readUInt8(at) | (1 << (bit & 7)), at)
  }
  return Buffer.concat([u64(first), mpint(bits)])
}

const encodeSection = ({ form, ranges }: Section): Buffer => {
  switch (form) {
    case 'list':
      return Buffer.concat([u8(listSection), string(Buffer.concat([...each(ranges)].map(u64)))])
    case 'range':
      return Buffer.concat(
        ranges.map(({ from, to }) => Buffer.concat([u8(rangeSection), string(Buffer.concat([u64(from), u64(to)]))])),
      )
    case 'bitmap':
      return Buffer.concat([u8(bitmapSection), string(bitmapOf(ranges))])
  }
}

/** Throws `serial_refused` for 0, which certificates without a serial have, and for what 64 bits do not hold. */
export const encodeSerials = (serials: readonly bigint[]): Buffer => {
  for (const serial of serials)
    if (serial < 1n || serial > 0xffff_ffff_ffff_ffffn) throw new SshError('serial_refused', 'a serial is from 1 to 2^64 - 1')
  return Buffer.concat(divide(rangesOf(serials)).map(encodeSection))
}

const decodeBitmap = (content: Buffer): SerialRange[] => {
  const reader = createReader(content)
  const offset = reader.u64()
  const bits = reader.mpint()
  reader.end()
  if (bits.length > 2048) throw new SshError('malformed_bytes', 'a bitmap that sshd would not read')
  const serials: bigint[] = []
  for (let bit = 0; bit < bits.length * 8; bit += 1)
    if ((bits[bits.length - 1 - (bit >> 3)] ?? 0) & (1 << (bit & 7))) serials.push(offset + BigInt(bit))
  if ((serials.at(-1) ?? 0n) > 0xffff_ffff_ffff_ffffn) throw new SshError('malformed_bytes', 'a serial of more than 64 bits')
  return rangesOf(serials)
}

const decodeRange = (content: Buffer): SerialRange[] => {
  const reader = createReader(content)
  const range = { from: reader.u64(), to: reader.u64() }
  reader.end()
  if (range.from > range.to) throw new SshError('malformed_bytes', 'a range that ends before it begins')
  return [range]
}

const decodeList = (content: Buffer): SerialRange[] => {
  const reader = createReader(content)
  const serials: bigint[] = []
  while (!reader.done) serials.push(reader.u64())
  return rangesOf(serials)
}

/** The serials of one section of serials, or null when the type is of another kind of section. */
export const decodeSerials = (type: number, content: Buffer): SerialRange[] | null => {
  if (type === listSection) return decodeList(content)
  if (type === rangeSection) return decodeRange(content)
  return type === bitmapSection ? decodeBitmap(content) : null
}
