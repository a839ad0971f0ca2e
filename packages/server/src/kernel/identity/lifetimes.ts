/** How long what we hand out lives (C4). */
export const accessTokenMinutes = 15
/** A session that is not refreshed for so long ends. */
export const refreshIdleDays = 7
/** And in any case after so long. */
export const refreshAbsoluteDays = 30
/** How long a secret still works that somebody was shown who may not be any more: long enough to replace it in peace. */
export const shownSecretDays = 7
/** Links in mails. */
export const resetLinkMinutes = 30

export const minutes = (count: number): number => count * 60_000
export const days = (count: number): number => count * 86_400_000
export const after = (now: Date, ms: number): Date => new Date(now.getTime() + ms)
