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
