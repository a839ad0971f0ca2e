import { expect, test } from 'vitest'
import { accountsIn, waysIn } from './posture.ts'

const authorities = '/etc/holdfast/user_ca.pub'
const settings = {
  ...{ authorizedkeysfile: 'none', authorizedkeyscommand: 'none', authorizedprincipalscommand: 'none' },
  ...{ passwordauthentication: 'no', kbdinteractiveauthentication: 'no', hostbasedauthentication: 'no' },
  trustedusercakeys: authorities,
}
const written = (change: Record<string, string> = {}) =>
  Object.entries({ ...settings, port: '22', ...change })
    .map(([name, value]) => `${name} ${value}`)
    .join('\n')
const ways = (text: string) => waysIn('deploy', text, { authorities })

test('with our settings there is no other way in', () => {
  expect(ways(written())).toEqual([])
  expect(ways(written({ gssapiauthentication: 'no' }))).toEqual([])
})

test.each([
  ['authorizedkeysfile', '.ssh/authorized_keys .ssh/authorized_keys2'],
  ['authorizedkeyscommand', '/usr/bin/keys'],
  ['authorizedprincipalscommand', '/usr/bin/names'],
  ['passwordauthentication', 'yes'],
  ['kbdinteractiveauthentication', 'yes'],
  ['hostbasedauthentication', 'yes'],
  ['gssapiauthentication', 'yes'],
  ['trustedusercakeys', '/etc/ssh/other_ca.pub'],
])('%s %s is one', (name, value) => {
  expect(ways(written({ [name]: value }))).toEqual([`deploy: ${name} ${value}`])
})

test('what sshd does not say is not ruled out', () => {
  expect(ways('port 22')).toHaveLength(Object.keys(settings).length)
  expect(ways('')).toContain('deploy: authorizedkeysfile not said')
})

test('accounts are those with a shell', () => {
  const passwd = ['root:x:0:0:root:/root:/bin/bash', 'daemon:x:1:1::/:/usr/sbin/nologin', 'sync:x:4:65534::/bin:/bin/sync']
  expect(accountsIn([...passwd, 'deploy:x:1000:1000::/home/deploy:/bin/sh', 'old:x:1001:1001::/:', ''].join('\n'))).toEqual([
    'root',
    'deploy',
    'old',
  ])
})
