import { isUtf8 } from 'node:buffer'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import { common } from '../problem.ts'

const quote = 0x22
const backslash = 0x5c

/** Where a string that begins at `start` ends: the index of its closing quote. */
const endOfString = (text: string, start: number): number => {
  for (let end = text.indexOf('"', start + 1); ; end = text.indexOf('"', end + 1)) {
    if (end === -1) return text.length
    let before = end
    while (text.charCodeAt(before - 1) === backslash) before--
    if ((end - before) % 2 === 0) return end
  }
}

/**
 * The first name that an object has twice, in a text that is valid JSON; null when there is none. Parsers differ in which value they take
 * (RFC 8259 §4), so whoever checks such a text before us may see another request than we do.
 */
export const repeatedName = (text: string): string | null => {
  const open: (Set<string> | null)[] = [] // names so far; null for a list
  let beforeName = false
  for (let at = 0; at < text.length; at++) {
    switch (text.charCodeAt(at)) {
      case quote: {
        const end = endOfString(text, at)
        const names = open.at(-1)
        if (beforeName && names) {
          const written = text.slice(at + 1, end)
          const name = written.includes('\\') ? (JSON.parse(`"${written}"`) as string) : written
          if (names.has(name)) return name
          names.add(name)
          beforeName = false
        }
        at = end
        break
      }
      case 0x7b: // {
        open.push(new Set())
        beforeName = true
        break
      case 0x5b: // [
        open.push(null)
        beforeName = false
        break
      case 0x7d: // }
      case 0x5d: // ]
        open.pop()
        break
      case 0x2c: // ,
        beforeName = open.at(-1) !== null
        break
      default:
    }
  }
  return null
}

/** Whether a string in it holds half a surrogate pair, which no UTF-8 can hold: it would be stored as something else (RFC 8259 §8.2). */
export const holdsHalfPair = (text: string, value: unknown): boolean =>
  // Only an escape can bring one in; JSON.stringify writes whole pairs as they are, and halves as escapes.
  /\\u[dD][89a-fA-F]/.test(text) && /(?<!\\)(?:\\\\)*\\ud[89a-f]/.test(JSON.stringify(value))

/** Neither compressed nor in another character set: what is checked is what was sent. */
const refuseEncoded = ({ headers }: FastifyRequest): void => {
  const coding = headers['content-encoding'] ?? 'identity'
  const charset = /;\s*charset\s*=\s*"?(?<name>[^";\s]*)/i.exec(headers['content-type'] ?? '')?.groups?.['name'] ?? 'utf-8'
  if (coding.toLowerCase() !== 'identity' || charset.toLowerCase() !== 'utf-8') throw common('unsupported_media_type')
}

/** The only kind of body there is: JSON in UTF-8 (RFC 8259 §8.1), each name once, and none that would reach a prototype. */
export const registerJson = (app: FastifyInstance): void => {
  app.removeAllContentTypeParsers()
  acceptJson(app, 'application/json')
}

/** Takes such bodies under the media type that a standard gives them. */
export const acceptJson = (app: FastifyInstance, type: string): void => {
  const parse = app.getDefaultJsonParser('error', 'error')
  app.addContentTypeParser(type, { parseAs: 'buffer' }, (request, body: Buffer, done) => {
    try {
      refuseEncoded(request)
      if (!isUtf8(body)) throw common('malformed_json', { detail: 'The body is not UTF-8.' })
    } catch (error) {
      return done(error as Error)
    }
    const text = body.toString()
    void parse(request, text, (error, value?: unknown) => {
      if (error) return done(error)
      if (holdsHalfPair(text, value)) return done(common('malformed_json', { detail: 'Half a surrogate pair is no character.' }))
      const name = repeatedName(text)
      if (name === null) return done(null, value)
      done(common('malformed_json', { detail: `"${name.slice(0, 60)}" stands twice in one object.` }))
    })
  })
}
