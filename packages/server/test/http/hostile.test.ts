/** Hostile requests as they stand on the wire: every one gets one clear problem, nothing hidden in it is carried out, nothing is written (O10). */
import { Agent } from 'node:https'
import { connect } from 'node:tls'
import { allOperations, apiBase, methodOf, Problem, type Operation } from '@holdfast/contract'
import { commonCodesOf } from '@holdfast/contract/openapi'
import { fromBase32, totpAt, totpStep } from '@holdfast/crypto'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createAsk, startWithOwner, storedIn, type Answer, type Started } from './started.ts'

let started: Started
beforeAll(async () => {
  started = await startWithOwner()
})
afterAll(() => started?.stop())

const codeOf = (text: string): string => Problem.strict().parse(JSON.parse(text)).code

/** Sends bytes over TLS and collects what comes back until the server closes, or until it has been silent for long enough. */
const exchange = (bytes: string | Buffer, silentMs = 1_500): Promise<string> =>
  new Promise((resolve) => {
    const { port } = new URL(started.system.url)
    let text = ''
    const socket = connect({ port: Number(port), host: '127.0.0.1', servername: 'localhost', ca: started.system.ca }, () =>
      socket.write(bytes),
    )
    socket.setTimeout(silentMs, () => socket.destroy())
    socket.setEncoding('utf8').on('data', (chunk: string) => (text += chunk))
    socket.on('error', () => undefined).once('close', () => resolve(text))
  })

/** Status and code of each answer; a request that was smuggled in would add one. */
const answersIn = (text: string): string[] =>
  text
    .split(/(?=HTTP\/1\.1 \d)/)
    .filter(Boolean)
    .map((answer) => `${/^HTTP\/1\.1 (\d+)/.exec(answer)?.[1]} ${/"code":"(\w+)"/.exec(answer)?.[1] ?? ''}`.trim())

const headOf = (path: string, ...headers: string[]): string =>
  [`POST ${apiBase}${path} HTTP/1.1`, 'Host: localhost', `Authorization: ${started.key['authorization']}`, ...headers].join(
    '\r\n',
  )

/** A policy that a request would make if the request before it were read wrongly. */
const hidden = (): string => {
  const body = JSON.stringify({ title: 'Smuggled', content: 'x' })
  return `${headOf('/policies', 'Content-Type: application/json', `Content-Length: ${body.length}`)}\r\n\r\n${body}`
}

describe('requests within requests', () => {
  const lengths: [string, string][] = [
    ['a length beside chunks', 'Content-Length: 4\r\nTransfer-Encoding: chunked'],
    ['chunks beside a length', 'Transfer-Encoding: chunked\r\nContent-Length: 4'],
    ['an unknown coding', 'Transfer-Encoding: xchunked'],
    ['a space before the colon', 'Transfer-Encoding : chunked'],
    ['a coding after chunks', 'Transfer-Encoding: chunked, identity'],
    ['two codings', 'Transfer-Encoding: chunked\r\nTransfer-Encoding: identity'],
    ['chunks twice', 'Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked'],
    ['an odd space', 'Transfer-Encoding: \u000bchunked'],
    ['a folded coding', 'Transfer-Encoding:\r\n chunked'],
    ['a sign', 'Content-Length: +0'],
    ['a hexadecimal length', 'Content-Length: 0x0'],
    ['a negative length', 'Content-Length: -1'],
    ['a list of lengths', 'Content-Length: 0, 0'],
    ['two lengths', 'Content-Length: 0\r\nContent-Length: 9'],
    ['the same length twice', 'Content-Length: 0\r\nContent-Length: 0'],
    ['a length beyond any number', 'Content-Length: 99999999999999999999'],
  ]
  test.each(lengths)('%s', async (_, header) => {
    const before = await storedIn(started.database)
    const text = await exchange(`${headOf('/policies', 'Content-Type: application/json', header)}\r\n\r\n0\r\n\r\n${hidden()}`)
    expect(answersIn(text)).toEqual(['400 malformed_request'])
    expect(await storedIn(started.database)).toEqual(before)
  })

  test('what follows the body that was announced is a request of its own, and no other', async () => {
    const before = await storedIn(started.database)
    const get = `GET ${apiBase}/setup HTTP/1.1\r\nHost: localhost\r\nContent-Length: ${hidden().length}\r\n\r\n${hidden()}`
    expect(answersIn(await exchange(get))).toEqual(['200'])
    expect(await storedIn(started.database)).toEqual(before)
  })

  const chunks: [string, string, string][] = [
    ['a size that is none', 'zz\r\n{}\r\n0\r\n\r\n', '400 malformed_request'],
    ['a size beyond any', 'FFFFFFFFFFFFFFFFF\r\n{}\r\n0\r\n\r\n', '400 malformed_request'],
    ['an endless extension', `1;${'a'.repeat(40_000)}\r\n{\r\n0\r\n\r\n`, '400 malformed_request'],
    ['endless trailers', `2\r\n{}\r\n0\r\n${'X: y\r\n'.repeat(5_000)}\r\n`, '431 headers_too_large'],
    ['more than is taken', `${(70_000).toString(16)}\r\n${'a'.repeat(70_000)}\r\n0\r\n\r\n`, '413 body_too_large'],
  ]
  test.each(chunks)('chunks: %s', async (_, body, answer) => {
    const head = headOf('/organisation', 'Content-Type: application/json', 'Transfer-Encoding: chunked')
    expect(answersIn(await exchange(`${head}\r\n\r\n${body}`))).toEqual([answer])
  })
})

describe('requests that programs read differently', () => {
  const get = (...lines: string[]): string => [`GET ${apiBase}/setup HTTP/1.1`, ...lines].join('\r\n')
  const requests: [string, string, string][] = [
    ['no host', `${get('Accept: */*')}\r\n\r\n`, '400 malformed_request'],
    ['two hosts', `${get('Host: localhost', 'Host: evil.test')}\r\n\r\n`, '400 malformed_request'],
    [
      'two credentials',
      `${get('Host: localhost', 'Authorization: Bearer a', 'authorization: Bearer b')}\r\n\r\n`,
      '400 malformed_request',
    ],
    [
      'two types',
      `${get('Host: localhost', 'Content-Type: text/plain', 'Content-Type: application/json')}\r\n\r\n`,
      '400 malformed_request',
    ],
    ['HTTP/0.9', `GET ${apiBase}/setup\r\n\r\n`, '400 malformed_request'],
    ['HTTP/2 without a handshake', 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', '400 malformed_request'],
    ['lines that end early', `GET ${apiBase}/setup HTTP/1.1\nHost: localhost\n\n`, '400 malformed_request'],
    ['a bare return', `${get('Host: localhost\rX: y')}\r\n\r\n`, '400 malformed_request'],
    ['a folded header', `${get('Host: localhost', 'X: a', ' b')}\r\n\r\n`, '400 malformed_request'],
    ['a NUL in a header', `${get('Host: localhost', 'X: a\u0000b')}\r\n\r\n`, '400 malformed_request'],
    ['a space in the address', `GET ${apiBase}/setup x HTTP/1.1\r\nHost: localhost\r\n\r\n`, '400 malformed_request'],
    ['a request to connect elsewhere', 'CONNECT evil.test:443 HTTP/1.1\r\nHost: evil.test\r\n\r\n', '405 method_not_allowed'],
    [
      'three thousand headers',
      `${get('Host: localhost', ...Array.from({ length: 3_000 }, () => 'a:b'))}\r\n\r\n`,
      '431 headers_too_large',
    ],
    [
      'an address that is not UTF-8',
      `GET ${apiBase}/policies?search=%ff%fe HTTP/1.1\r\nHost: localhost\r\n\r\n`,
      '400 malformed_request',
    ],
    ['half a surrogate', `GET ${apiBase}/policies?search=%ed%a0%80 HTTP/1.1\r\nHost: localhost\r\n\r\n`, '400 malformed_request'],
    [
      'raw bytes in the address',
      `GET ${apiBase}/policies?search=\u00ff HTTP/1.1\r\nHost: localhost\r\n\r\n`,
      '400 malformed_request',
    ],
  ]
  // Each waits for what may still come, so all wait at once.
  test.concurrent.each(requests)('%s', async (_, bytes, answer) => {
    const text = await exchange(bytes)
    expect(answersIn(text)).toEqual([answer])
    expect(text).toContain('strict-transport-security')
    expect(text).toContain('no-store')
  })

  test.concurrent.each([
    `GET https://evil.test${apiBase}/setup HTTP/1.1\r\nHost: localhost\r\n\r\n`,
    `GET ${apiBase}/setup HTTP/1.1\r\nHost: evil.test\r\nX-Forwarded-Host: evil.test\r\n\r\n`,
  ])('an address or a host of somebody else is neither asked nor named in the answer: %j', async (bytes) => {
    const text = await exchange(bytes)
    expect(answersIn(text)).toEqual(['200'])
    expect(text).not.toContain('evil.test')
  })

  test.concurrent.each(['Upgrade: h2c', 'Upgrade: websocket'])('%s changes nothing', async (upgrade) => {
    expect(answersIn(await exchange(`${get('Host: localhost', 'Connection: Upgrade', upgrade)}\r\n\r\n`))).toEqual(['200'])
  })
})

describe('bodies that programs read differently', () => {
  const title = '{"title":"One","content":"x"'
  const bodies: [string, string | Buffer, Record<string, string>, string][] = [
    ['a name twice', `${title},"title":"Two"}`, {}, 'malformed_json'],
    ['a name twice, once escaped', `${title},"titl\\u0065":"Two"}`, {}, 'malformed_json'],
    ['a name twice, deep inside', `${title},"promises":[{"a":1,"a":2}]}`, {}, 'malformed_json'],
    [
      'bytes that are not UTF-8',
      Buffer.concat([Buffer.from('{"title":"'), Buffer.from([0xff, 0xfe]), Buffer.from('","content":"x"}')]),
      {},
      'malformed_json',
    ],
    ['half a surrogate', '{"title":"\\ud800","content":"x"}', {}, 'malformed_json'],
    [
      'UTF-16',
      Buffer.from('{"title":"One","content":"x"}', 'utf16le'),
      { 'content-type': 'application/json; charset=utf-16' },
      'unsupported_media_type',
    ],
    ['compressed, or so it says', `${title}}`, { 'content-encoding': 'gzip' }, 'unsupported_media_type'],
    ['a number beyond any', '{"title":"One","content":"x","reviewEveryDays":1e999}', {}, 'invalid_input'],
    [
      'a number with a thousand digits',
      `{"title":"One","content":"x","reviewEveryDays":${'9'.repeat(1_000)}}`,
      {},
      'invalid_input',
    ],
    ['not a number', '{"title":"One","content":"x","reviewEveryDays":NaN}', {}, 'malformed_json'],
    ['a comment', `${title}/* */}`, {}, 'malformed_json'],
  ]
  test.each(bodies)('%s', async (_, body, headers, code) => {
    const before = await storedIn(started.database)
    const { text } = await started.ask('POST', `${apiBase}/policies`, { headers: { ...started.key, ...headers }, body })
    expect(codeOf(text)).toBe(code)
    expect(await storedIn(started.database)).toEqual(before)
  })
})

describe('large bodies', () => {
  const announced = (key: boolean): string => {
    const head = headOf('/policies', 'Content-Type: application/json', 'Content-Length: 7000000')
    return `${key ? head : head.replace(/\r\nAuthorization: .*/, `\r\nOrigin: ${started.system.url}`)}\r\n\r\n{"title":"`
  }

  test('are not waited for from nobody', async () => {
    const begun = performance.now()
    expect(answersIn(await exchange(announced(false)))).toEqual(['401 unauthenticated'])
    expect(performance.now() - begun).toBeLessThan(5_000)
  })

  test('are let in a few at a time, and small ones beside them; whoever left holds no place', async () => {
    await Promise.all(Array.from({ length: 30 }, () => exchange(announced(true), 1)))
    const broken = `${headOf('/policies', 'Content-Type: application/json', 'Transfer-Encoding: chunked')}\r\n\r\nzz`
    await Promise.all(Array.from({ length: 30 }, () => exchange(broken)))
    const answers = await Promise.all(Array.from({ length: 20 }, () => exchange(announced(true), 3_000)))
    expect(answers.filter((text) => answersIn(text)[0] === '503 overloaded')).toHaveLength(4)
    expect(answers.filter((text) => text === '')).toHaveLength(16)
    const { status } = await started.ask('POST', `${apiBase}/policies`, {
      headers: started.key,
      body: { title: 'Small', content: 'x' },
    })
    expect(status).toBe(200)
  })
})

test('the trust page tries hostile requests itself, and sees each refused', async () => {
  await started.ask('POST', `${apiBase}/operator/check-promises`, { headers: started.key, body: {} })
  const { promises } = JSON.parse((await started.ask('GET', '/trust.json')).text) as { promises: { id: string; proof: string }[] }
  expect(promises.find(({ id }) => id === 'O10')?.proof).toMatch(
    /^Tried just now: \d+ hostile requests of different kinds, each refused/,
  )
})

test('a code from a phone whose clock is ten minutes off is refused', async () => {
  const headers = started.browser
  const enrolled = await started.ask('POST', `${apiBase}/factors/totp`, { headers, body: { label: 'Second' } })
  const { id, secret } = JSON.parse(enrolled.text) as { id: string; secret: string }
  const before = await storedIn(started.database)
  for (const steps of [-20, 20]) {
    const code = totpAt(fromBase32(secret) ?? new Uint8Array(), totpStep(Date.now()) + steps)
    const { text } = await started.ask('POST', `${apiBase}/factors/totp/${id}/confirm`, { headers, body: { code } })
    expect(codeOf(text)).toBe('code_refused')
  }
  expect({ ...(await storedIn(started.database)), entries: 0 }).toEqual({ ...before, entries: 0 })
})

describe('every operation', () => {
  const unreadable = [
    '{',
    '{"a":1,}',
    '[]',
    '"x"',
    '7',
    'null',
    '\u0000',
    Buffer.from([0x7b, 0xff, 0x7d]),
    '{"a":1,"a":2}',
    '{"__proto__":{}}',
  ]
  const values = ['{}', '[]', '[[]]', '1e999', '-1', 'true', '"\\u0000"', '"\\ud800"', `"${'a'.repeat(60_000)}"`, '{"$ne":null}']
  const hostileIds = ["'%20or%201=1--", '%00', '..%2f..%2fsetup', '__proto__', '%F0%9F%92%A5', '-1', '1e999']

  /** What may be answered: a declared refusal. Nobody's own failure, and no success. */
  const expectRefusal = (operation: Operation, { status, text }: Answer, asked: string): void => {
    const declared = [...commonCodesOf(operation), ...Object.keys(operation.errors), 'invalid_input', 'route_not_found']
    const code = codeOf(text)
    expect(declared, asked).toContain(code)
    expect(status, asked).toBeLessThan(500)
  }

  test('refuses hostile input by a declared problem, and writes nothing', { timeout: 180_000 }, async () => {
    const before = await storedIn(started.database)
    const agent = new Agent({ keepAlive: true })
    const ask = createAsk(started.system.url, started.system.ca, agent)
    let asked = 0
    for (const operation of allOperations) {
      const headers = operation.sessionOnly || operation.permission === 'public' ? started.browser : started.key
      const attack = async (path: string, body?: string | Buffer): Promise<void> => {
        asked++
        const answer = await ask(methodOf(operation), apiBase + path, { headers, ...(body !== undefined && { body }) })
        expectRefusal(operation, answer, `${operation.name} ${path} ${body?.toString().slice(0, 80)}`)
      }
      const path = operation.path.replaceAll(/:\w+/g, 'po_01m841fb3rf609mnm1nq5y13xf')
      const fields = Object.keys(operation.input.shape).filter((field) => !operation.path.includes(`:${field}`))
      if (methodOf(operation) === 'POST') for (const body of unreadable) await attack(path, body)
      for (const field of methodOf(operation) === 'POST' ? fields : [])
        for (const value of values.filter((one) => !isFine(operation, field, one))) await attack(path, `{"${field}":${value}}`)
      if (methodOf(operation) === 'GET') for (const field of fields) await attack(`${path}?${field}=1&${field}=2`)
      if (operation.path.includes(':'))
        for (const id of hostileIds)
          await attack(operation.path.replaceAll(/:\w+/g, id), methodOf(operation) === 'POST' ? '{}' : undefined)
    }
    expect(await storedIn(started.database)).toEqual(before)
    expect(asked).toBeGreaterThan(1_000)
    agent.destroy()
  })

  /** Whether an operation could take that value after all: then it is no attack. */
  const isFine = (operation: Operation, field: string, value: string): boolean =>
    operation.input.safeParse({ [field]: JSON.parse(value) as unknown }).success
})
