/**
 * What this browser itself verified last, for each organisation. A chain alone proves nothing against its keeper: a server that rewrites the whole
 * of it, or cuts its end, shows a chain that fits together. The remembered size and root are a checkpoint held outside, made by looking.
 */
export interface Seen {
  size: number
  /** Merkle root over the first `size` entries, hex. */
  root: string
  /** When it was verified, RFC 3339. */
  at: string
}

export type SeenStore = Pick<Storage, 'getItem' | 'setItem'>

const keyOf = (org: string) => `holdfast.seen.${org}`

const isSeen = (value: unknown): value is Seen => {
  if (typeof value !== 'object' || value === null) return false
  const { size, root, at } = value as Record<string, unknown>
  return Number.isSafeInteger(size) && typeof root === 'string' && /^[0-9a-f]{64}$/.test(root) && typeof at === 'string'
}

/** Null when this browser never verified the organisation, or cannot store. */
export const seenOf = (org: string, store: SeenStore): Seen | null => {
  try {
    const value: unknown = JSON.parse(store.getItem(keyOf(org)) ?? 'null')
    return isSeen(value) ? value : null
  } catch {
    // Storage is switched off or holds something else: then there is no memory, and the page says so.
    return null
  }
}

/** Keeps the longest chain seen. A shorter one, verified from an old file, does not make the browser forget. */
export const remember = (org: string, seen: Seen, store: SeenStore): boolean => {
  const before = seenOf(org, store)
  if (before && before.size > seen.size) return false
  try {
    store.setItem(keyOf(org), JSON.stringify(seen))
    return true
  } catch {
    return false
  }
}
