/** One server-sent event. `data` is null where it was longer than what is held. */
export interface ServerEvent {
  event: string
  data: string | null
}

export const longestLine = 256 * 1024

/**
 * Reads server-sent events (WHATWG HTML §9.2.6) as far as ours go: a line of `event` and one of `data`, then an empty one; everything else says nothing.
 * Feed it text as it comes.
 */
export const readEvents = (on: (event: ServerEvent) => void): ((text: string) => void) => {
  let rest = ''
  let event = ''
  let data: string | null = null
  const line = (text: string): void => {
    if (text === '') {
      if (event !== '') on({ event, data })
      event = ''
      data = null
      return
    }
    const colon = text.indexOf(':')
    const value = text.slice(text[colon + 1] === ' ' ? colon + 2 : colon + 1)
    if (text.startsWith('event:')) event = value
    if (text.startsWith('data:')) data = text.length > longestLine ? null : value
  }
  return (text) => {
    for (const [index, part] of text.split('\n').entries()) {
      if (index > 0) {
        line(rest.endsWith('\r') ? rest.slice(0, -1) : rest)
        rest = ''
      }
      if (rest.length <= longestLine) rest += part
    }
  }
}
