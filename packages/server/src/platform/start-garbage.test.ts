import { execFileSync } from 'node:child_process'
import { expect, test } from 'vitest'

const leftBehind = (call: string): number => {
  const script = `
    import { leaveStartGarbage } from ${JSON.stringify(new URL('start-garbage.ts', import.meta.url).href)}
    for (let round = 0; round < 12; round += 1) globalThis.held = Array.from({ length: 200_000 }, (_, n) => ({ n }))
    globalThis.held = null
    ${call}
    console.log(process.memoryUsage().rss / 1e6)`
  return Number(execFileSync(process.execPath, ['--input-type=module', '-e', script], { encoding: 'utf8' }))
}

test('memory that is not used any more is given back', () => {
  expect(leftBehind('leaveStartGarbage()')).toBeLessThan(leftBehind('') - 10)
})
