import { InvalidArgumentError } from 'commander'

const units = [
  ['d', 86_400, 'day'],
  ['h', 3600, 'hour'],
  ['m', 60, 'minute'],
  ['s', 1, 'second'],
] as const

/** `30m`, `2h`, `1h30m`, `1d` in seconds; null for anything else. A bare number is nothing: of what? */
export const parseDuration = (text: string): number | null => {
  const parts = /^(?:(\d{1,3})d)?(?:(\d{1,4})h)?(?:(\d{1,5})m)?(?:(\d{1,7})s)?$/.exec(text.trim())
  if (!parts || text.trim() === '') return null
  return units.reduce((sum, [, seconds], index) => sum + Number(parts[index + 1] ?? 0) * seconds, 0)
}

/** For commander: the value of an option. */
export const durationOption = (text: string): number => {
  const seconds = parseDuration(text)
  if (seconds === null) throw new InvalidArgumentError('Give a duration such as 30m, 2h or 1h30m.')
  return seconds
}

/** `1 hour 30 minutes`; the two largest units, rounded down. */
export const durationWords = (seconds: number): string => {
  const words: string[] = []
  let rest = Math.max(0, Math.floor(seconds))
  for (const [, size, name] of units) {
    const count = Math.floor(rest / size)
    rest -= count * size
    if (count > 0) words.push(`${count} ${name}${count === 1 ? '' : 's'}`)
  }
  return words.slice(0, 2).join(' ') || 'no time'
}

export const secondsUntil = (instant: string, now = Date.now()): number => Math.floor((Date.parse(instant) - now) / 1000)

/** `14:32` today, `Tue 24 Nov 14:32` on another day; in the time zone of this machine. */
export const clockTime = (instant: string, now = new Date()): string => {
  const at = new Date(instant)
  const time = at.toLocaleTimeString('en-GB', { hour: '2-digit', minute: '2-digit' })
  if (at.toDateString() === now.toDateString()) return time
  return `${at.toLocaleDateString('en-GB', { weekday: 'short', day: 'numeric', month: 'short' }).replace(',', '')} ${time}`
}
