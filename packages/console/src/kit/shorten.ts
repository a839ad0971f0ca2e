/** Shortens in the middle: both ends of a hash or id tell it apart. */
export const shorten = (value: string, head = 8, tail = 6): string =>
  value.length <= head + tail + 1 ? value : `${value.slice(0, head)}…${value.slice(-tail)}`

/** Groups of four, for codes and fingerprints that are read aloud. */
export const grouped = (value: string, size = 4): string => value.match(new RegExp(`.{1,${size}}`, 'g'))?.join(' ') ?? value
