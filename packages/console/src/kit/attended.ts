const storedAs = 'holdfast-attended-at'
/** Longer without a hand on the page, and its requests no longer say that somebody is there. */
const presentForMs = 60_000

/** When a hand was last on any tab of this browser, in milliseconds. A page that is only open counts for nothing. */
export const attendedAt = (): number => Number(localStorage.getItem(storedAs) ?? 0)

export const noteAttended = (now = Date.now()): void => {
  // Every movement would write; other tabs need no better than a second.
  if (now - attendedAt() > 1_000) localStorage.setItem(storedAs, String(now))
}

/** What each request says of that: the server decides by it when the session locks (docs/operations/sign-in-policy.md). */
export const attendedHeaders = (now = Date.now()): Record<string, string> =>
  now - attendedAt() < presentForMs ? { 'holdfast-attended': '1' } : {}

const signs = ['pointerdown', 'pointermove', 'keydown', 'wheel', 'touchstart'] as const

/** Calls `hand` whenever somebody touches the page. */
export const watchHands = (hand: () => void): (() => void) => {
  for (const sign of signs) addEventListener(sign, hand, { passive: true, capture: true })
  return () => {
    for (const sign of signs) removeEventListener(sign, hand, { capture: true })
  }
}
