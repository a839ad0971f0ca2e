import { placeOf } from '../../kernel/network.ts'
import type { Origin } from '../../kernel/handle.ts'

const browsers: readonly [RegExp, string][] = [
  [/Edg(?:e|A|iOS)?\//, 'Edge'],
  [/OPR\/|Opera/, 'Opera'],
  [/Firefox\/|FxiOS\//, 'Firefox'],
  [/Chrome\/|CriOS\//, 'Chrome'],
  [/Safari\//, 'Safari'],
  [/holdfast-cli/i, 'Holdfast command line'],
]
const systems: readonly [RegExp, string][] = [
  [/iPhone|iPad/, 'iOS'],
  [/Android/, 'Android'],
  [/Windows/, 'Windows'],
  [/Mac OS X|Macintosh/, 'macOS'],
  [/CrOS/, 'ChromeOS'],
  [/Linux|X11/, 'Linux'],
]
const first = (list: readonly [RegExp, string][], agent: string): string | undefined =>
  list.find(([pattern]) => pattern.test(agent))?.[1]

/** `Firefox on Linux`: what a person recognises. Versions change every month and are left out. */
export const deviceOf = (agent: string): string => {
  const [browser, system] = [first(browsers, agent), first(systems, agent)]
  if (browser && system) return `${browser} on ${system}`
  return browser ?? system ?? (agent.trim() === '' ? 'Unknown device' : 'Another program')
}

/** A neighbourhood of addresses: what a household or office changes within. */
const networkOf = (address: string): string =>
  address.includes(':') ? placeOf(address) : address.split('.').slice(0, 3).join('.')

/** Whether a sign-in deserves a notice: there were others, and none by such a device from such a network. */
export const isNewDevice = (origin: Origin, earlier: readonly Origin[]): boolean =>
  earlier.length > 0 &&
  !earlier.some(
    ({ agent, address }) => deviceOf(agent) === deviceOf(origin.agent) && networkOf(address) === networkOf(origin.address),
  )
