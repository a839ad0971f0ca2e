import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { unitOf } from './service.ts'

it('runs the command as it is written, whatever is in it', () => {
  const start = (command: string[]) => /^ExecStart=(.*)$/m.exec(unitOf(command))?.[1]
  expect(start(['/usr/bin/node', '/opt/holdfast/bin/holdfast.mjs', 'agent', 'run'])).toBe(
    '/usr/bin/node /opt/holdfast/bin/holdfast.mjs agent run',
  )
  expect(start(['/opt/my node', '100%'])).toBe('"/opt/my node" "100%%"')
})

it('leaves the watchdogs alone when the agent stops', () => {
  expect(unitOf(['x'])).toMatch(/^KillMode=process$/m)
  expect(unitOf(['x'])).toMatch(/^Restart=always$/m)
})

const { error: noSystemd } = spawnSync('systemd-analyze', ['--version'])
if (noSystemd) process.stderr.write('Skipped: nobody here can read a unit as systemd does (Debian package systemd).\n')

/** What systemd itself says of a unit; nothing, where it understands all of it. It does not run here. */
const saidOf = (unit: string, ...asked: string[]) => {
  const directory = mkdtempSync(join(tmpdir(), 'holdfast-unit-'))
  try {
    const file = join(directory, 'holdfast-agent.service')
    writeFileSync(file, unit)
    const { status, stdout, stderr } = spawnSync('systemd-analyze', [...asked, file], { encoding: 'utf8' })
    return { status, said: (stdout + stderr).trim() }
  } finally {
    rmSync(directory, { recursive: true })
  }
}

it.skipIf(noSystemd)('is a unit that systemd understands, whole', () => {
  const unit = unitOf([process.execPath, '/opt/my node/holdfast.mjs', 'agent', 'run', '100%'])
  const verify = ['verify', '--man=no', '--recursive-errors=no']
  expect(saidOf(unit, ...verify)).toEqual({ status: 0, said: '' })
  for (const [right, wrong] of [
    ['KillMode=process', 'KillMode=proces'],
    ['RestartSec=', 'RestartSecs='],
    [process.execPath, '/nowhere/node'],
  ] as const)
    expect(saidOf(unit.replace(right, wrong), ...verify).said).toContain(wrong.replace(/=$/, '').split('=').at(-1))
  const rights = saidOf(unit, 'security', '--offline=true', '--no-pager').said
  expect(rights).toMatch(/✓ NoNewPrivileges=/)
  expect(saidOf(unit.replace('NoNewPrivileges=yes', ''), 'security', '--offline=true', '--no-pager').said).toMatch(
    /✗ NoNewPrivileges=/,
  )
})
