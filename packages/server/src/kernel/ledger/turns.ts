/**
 * At most `limit` appends of one organisation in flight from this process: more would only queue on the chain's lock inside the
 * database, each holding a connection. Waiting here is first come, first served.
 */
export const turnsPerKey = (limit: number): { take: (key: string) => Promise<void>; give: (key: string) => void } => {
  const lanes = new Map<string, { taken: number; waiting: (() => void)[] }>()
  return {
    take: (key) => {
      const lane = lanes.get(key) ?? { taken: 0, waiting: [] }
      lanes.set(key, lane)
      if (lane.taken < limit) {
        lane.taken++
        return Promise.resolve()
      }
      return new Promise((resolve) => lane.waiting.push(resolve))
    },
    give: (key) => {
      const lane = lanes.get(key)
      if (!lane) return
      const next = lane.waiting.shift()
      if (next) return next()
      lane.taken--
      if (lane.taken === 0) lanes.delete(key)
    },
  }
}
