import { expect, test } from 'vitest'
import { domainIn } from './discovery.ts'

test.each([
  ['ada@example.com', 'example.com'],
  [' Ada@Example.COM ', 'example.com'],
  ['"a@b"@example.com', 'example.com'],
  ['ada@bücher.example', 'xn--bcher-kva.example'],
  ['ada@localhost', null],
  ['ada', null],
  ['ada@', null],
  ['ada@exa mple.com', null],
  ['ada@[::1]', null],
])('%s: %s', (email, domain) => expect(domainIn(email)).toBe(domain))
