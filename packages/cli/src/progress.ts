import type { Io } from './io.ts'

const intervalMs = 200

/** A line of progress on stderr that overwrites itself; nothing at all when nobody watches. */
export const createProgress = (io: Io) => {
  let shown = 0
  let visible = false
  return {
    show: (text: () => string): void => {
      const now = Date.now()
      if (!io.interactive || now - shown < intervalMs) return
      shown = now
      visible = true
      io.stderr.write(`\r\u001b[K${text()}`)
    },
    clear: (): void => {
      if (visible) io.stderr.write('\r\u001b[K')
      visible = false
    },
  }
}

/** `12,345` */
export const count = (value: number): string => value.toLocaleString('en')
