/** Entries of one day, as the server counts them (UTC days). */
export interface Day {
  on: string
  entries: number
}

const dayMs = 86_400_000
const dayName = new Intl.DateTimeFormat('en-GB', { day: 'numeric', month: 'short', timeZone: 'UTC' })

/** Every day from the first to `today`, quiet ones included: a chart with gaps left out would lie about time. */
export const everyDay = (days: readonly Day[], today: string, length = 30): Day[] => {
  const counted = new Map(days.map(({ on, entries }) => [on, entries]))
  return Array.from({ length }, (_, index) => {
    const on = new Date(Date.parse(today) - (length - 1 - index) * dayMs).toISOString().slice(0, 10)
    return { on, entries: counted.get(on) ?? 0 }
  })
}

export interface Bar extends Day {
  x: number
  y: number
  width: number
  height: number
}

/** Bars in a box of `width` × `height`. A day with anything at all is seen: at least 1.5 high. */
export const barsOf = (days: readonly Day[], width: number, height: number): Bar[] => {
  const most = Math.max(1, ...days.map(({ entries }) => entries))
  const step = width / Math.max(1, days.length)
  return days.map((day, index) => {
    const tall = day.entries === 0 ? 0 : Math.max(1.5, (day.entries / most) * height)
    return { ...day, x: index * step + step * 0.12, y: height - tall, width: step * 0.76, height: tall }
  })
}

/** The chart in words: what a screen reader says, and a reader skims. */
export const activityInWords = (days: readonly Day[]): string => {
  const total = days.reduce((sum, { entries }) => sum + entries, 0)
  const busiest = days.reduce<Day | null>((most, day) => (most && most.entries >= day.entries ? most : day), null)
  if (total === 0 || !busiest) return 'No entries in these 30 days.'
  return `${total.toLocaleString('en')} ${total === 1 ? 'entry' : 'entries'} in ${days.length} days, most on ${dayName.format(new Date(busiest.on))} (${busiest.entries.toLocaleString('en')}).`
}
