import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'

/**
 * Loading and compiling us leaves a third of our memory behind as garbage, which the engine keeps for as long as there is little to do. Gives it back, in some
 * tenth of a second; call it once, when the start is over.
 */
export const leaveStartGarbage = (): void => {
  setFlagsFromString('--expose-gc')
  const collect = runInNewContext('gc') as (how: { type: 'major'; execution: 'sync'; flavor: 'last-resort' }) => void
  collect({ type: 'major', execution: 'sync', flavor: 'last-resort' })
}
