import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

const places = [
  '/usr/lib/softhsm/libsofthsm2.so',
  '/usr/lib/x86_64-linux-gnu/softhsm/libsofthsm2.so',
  '/usr/lib/aarch64-linux-gnu/softhsm/libsofthsm2.so',
  '/usr/lib64/pkcs11/libsofthsm2.so',
  '/opt/homebrew/lib/softhsm/libsofthsm2.so',
]

/** A new SoftHSM token in a directory. Throws with what to install: a silent skip would leave the adapter unproved. */
export const createToken = (directory: string) => {
  const module = places.find((place) => existsSync(place))
  if (module === undefined)
    throw new Error('SoftHSM is not installed; it is needed to test the PKCS#11 adapter: apt-get install softhsm2')
  const tokens = join(directory, 'tokens')
  mkdirSync(tokens, { recursive: true })
  const configuration = join(directory, 'softhsm2.conf')
  writeFileSync(configuration, `directories.tokendir = ${tokens}\nobjectstore.backend = file\nlog.level = ERROR\n`)
  process.env['SOFTHSM2_CONF'] = configuration
  const pinFile = join(directory, 'pin')
  writeFileSync(pinFile, '271828\n', { mode: 0o600 })
  const tokenLabel = 'holdfast-test'
  const options = ['--init-token', '--free', '--label', tokenLabel, '--pin', '271828', '--so-pin', '314159']
  execFileSync('softhsm2-util', options, { stdio: 'pipe', env: process.env })
  return { module, tokenLabel, pinFile, tokens }
}
