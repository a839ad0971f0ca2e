/** Counts by name; a name that has come down to nothing is let go. */
export const createTally = () => {
  const counts = new Map<string, number>()
  const of = (name: string): number => counts.get(name) ?? 0
  return {
    of,
    more: (name: string): void => void counts.set(name, of(name) + 1),
    fewer: (name: string): void => {
      if (of(name) > 1) counts.set(name, of(name) - 1)
      else counts.delete(name)
    },
  }
}
