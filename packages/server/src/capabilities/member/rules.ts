import { atLeast, type Role } from '@holdfast/contract'

/**
 * What somebody may do with a member, by their live roles: only an Owner touches an Owner or makes one (C1). `mine` is capped by the API
 * key used, where there is one.
 */
export const mayTouch = (mine: Role, target: Role, granted: Role | null = null): boolean =>
  mine === 'owner' || (target !== 'owner' && granted !== 'owner')

/** The weaker of two roles: of the member's now, and of what the caller's key or session carried. */
export const weaker = (a: Role, b: Role): Role => (atLeast(a, b) ? b : a)

/** What two people would type the same way. */
export const plain = (text: string): string => text.normalize('NFKC').toLowerCase().trim()
export const matches = (search: string, texts: readonly string[]): boolean =>
  texts.some((text) => plain(text).includes(plain(search)))
