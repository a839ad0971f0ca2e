import { expect, test } from 'vitest'
import { isInside } from './outbound.ts'

test.each([
  ...['127.0.0.1', '10.1.2.3', '169.254.169.254', '192.168.0.1', '100.100.100.200', '0.0.0.0', '255.255.255.255'],
  ...['::1', '::', '::127.0.0.1', '::ffff:127.0.0.1', '::ffff:7f00:1', '64:ff9b::7f00:1', '64:ff9b:1::1', '2002:7f00:1::'],
  ...['::ffff:0:7f00:1', '2001:0:7f00:1::', '192.88.99.1'],
  ...['fd00::1', 'fe80::1', 'fec0::1', 'ff02::1', 'no address'],
])('%s is inside', (address) => expect(isInside(address)).toBe(true))

test.each(['1.1.1.1', '203.0.113.9', '2606:4700::1111', '::ffff:1.1.1.1'])('%s is outside', (address) =>
  expect(isInside(address)).toBe(false),
)
