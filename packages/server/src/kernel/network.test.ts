import { expect, test } from 'vitest'
import { placeOf, networksIn } from './network.ts'

test.each([
  ['192.0.2.1', '192.0.2.1'],
  ['::ffff:192.0.2.1', '192.0.2.1'],
  ['::ffff:c000:201', '192.0.2.1'],
  ['0:0:0:0:0:ffff:192.0.2.1', '192.0.2.1'],
  ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64'],
  ['2001:db8:1:2::6', '2001:db8:1:2::/64'],
  ['2001:0DB8:0001:0002:ffff:ffff:ffff:ffff', '2001:db8:1:2::/64'],
  ['2001:db8::1', '2001:db8:0:0::/64'],
  ['2001:db8::2:0:0:9', '2001:db8:0:0::/64'],
  ['::1', '0:0:0:0::/64'],
  ['fe80::1%eth0', 'fe80:0:0:0::/64'],
  ['unknown', 'unknown'],
])('%s is of %s', (address, place) => expect(placeOf(address)).toBe(place))

test('proxies are told by address and by network', () => {
  const isProxy = networksIn(['127.0.0.1', '10.0.0.0/8', '2001:db8::/32'])
  expect(['127.0.0.1', '::ffff:127.0.0.1', '10.9.8.7', '2001:db8::5'].map(isProxy)).toEqual([true, true, true, true])
  expect(['127.0.0.2', '192.0.2.1', '2001:db9::5', 'unknown', ''].map(isProxy)).toEqual([false, false, false, false, false])
  expect(networksIn([])('127.0.0.1')).toBe(false)
})

test.each(['loopback', '10.0.0.0/x', '10.0.0.0/8/8x', '300.1.1.1', ''])('%j is refused as a proxy', (entry) =>
  expect(() => networksIn([entry])).toThrow(),
)
