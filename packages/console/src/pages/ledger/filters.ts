/** The filters of the audit page as they stand in the URL: days are the reader's own. */
export interface AuditFilters {
  actor?: string
  action?: string
  target?: string
  from?: string
  to?: string
}

const isDay = (text: string | undefined): text is string =>
  text !== undefined && /^\d{4}-\d{2}-\d{2}$/.test(text) && !Number.isNaN(Date.parse(text))

/** What the list operation is asked: whole days in the reader's zone, `to` included. Nonsense in the URL is left out. */
export const inputOfFilters = ({ actor, action, target, from, to }: AuditFilters) => ({
  ...(actor && { actor: actor.slice(0, 60) }),
  ...(action && { action: action.slice(0, 60) }),
  ...(target && { target: target.trim().slice(0, 60) }),
  ...(isDay(from) && { from: new Date(`${from}T00:00:00`).toISOString() }),
  ...(isDay(to) && { to: new Date(`${to}T23:59:59.999`).toISOString() }),
})
