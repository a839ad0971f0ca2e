/** The page of what an entry is about, where it has one of its own. */
export const pageOfTarget = (target: string): string | null => {
  const prefix = /^([a-z]{2})_[0-9a-z]{26}$/.exec(target)?.[1]
  if (prefix === 'ob') return `/due/${target}`
  if (prefix === 'po') return `/policies/${target}`
  if (prefix === 'pe') return `/members/${target}`
  if (prefix === 'wi') return '/ledger/witnesses'
  return null
}
