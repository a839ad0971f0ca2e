import { expect, it } from 'vitest'
import { PamRefused, withHook, withoutHook } from './pam.ts'

const debian = `auth include common-auth
account required pam_nologin.so
session    required     pam_loginuid.so
session    optional     pam_keyinit.so force revoke
@include common-session
session    optional     pam_motd.so noupdate
session    required     pam_env.so # [1]
session    required     pam_env.so user_readenv=1 envfile=/etc/default/locale
@include common-password
`
const redHat = `auth       substack     password-auth
auth       include      postlogin
account    required     pam_nologin.so
session    required     pam_selinux.so close
session    required     pam_loginuid.so
session    required     pam_namespace.so
session    include      password-auth
session    include      postlogin
`
const hook = '/usr/local/lib/holdfast/session-hook'
const line = `session required pam_exec.so quiet ${hook}`
const around = (text: string): [string | undefined, string | undefined] => {
  const lines = text.split('\n').filter((each) => !each.startsWith('#'))
  const at = lines.indexOf(line)
  return [lines[at - 1], lines[at + 1]]
}
const common = () => 'session required pam_unix.so\nsession optional pam_systemd.so\n'

it('stands after systemd’s module and before users’ variables, as Debian and Red Hat have them', () => {
  expect(around(withHook(debian, hook, common))).toEqual([
    '@include common-session',
    'session    optional     pam_motd.so noupdate',
  ])
  expect(around(withHook(redHat, hook, common))).toEqual(['session    include      postlogin', ''])
})

it('is refused where a user’s variables come first', () => {
  const early = `session required pam_env.so user_readenv=1\n${debian}`
  expect(() => withHook(early, hook, common)).toThrow(PamRefused)
  expect(() => withHook(debian, hook, () => 'session required pam_env.so user_readenv=1\n')).toThrow(PamRefused)
  expect(() => withHook(`# ${early}`, hook, common)).not.toThrow()
})

it('is there once, however often it is written, and goes away without a trace', () => {
  for (const file of [debian, redHat, 'session required pam_permit.so', '']) {
    const once = withHook(file, hook, common)
    expect(withHook(once, hook, common)).toBe(once)
    expect(withoutHook(once)).toBe(file)
  }
})
