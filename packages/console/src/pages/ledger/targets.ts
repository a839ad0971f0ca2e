/** The page of what an entry is about, where it has one of its own. */
export const pageOfTarget = (target: string): string | null => {
  const prefix = /^([a-z]{2})_[0-9a-z]{26}$/.exec(target)?.[1]
  if (prefix === 'ob') return `/due/${target}`
  if (prefix === 'po') return `/policies/${target}`
  if (prefix === 'pe') return `/members/${target}`
  if (prefix === 'gr') return `/access/grants/${target}`
  if (prefix === 'ho') return `/servers/${target}`
  if (prefix === 'ap') return `/access/policies/${target}`
  if (prefix === 'rc') return `/recordings/${target}`
  if (prefix === 'bg') return `/access/break-glass/${target}`
  if (prefix === 'ek') return '/access/break-glass'
  if (prefix === 'sr') return '/servers/authorities'
  if (prefix === 'sa') return `/service-accounts/${target}`
  if (prefix === 'wi') return '/ledger/witnesses'
  return null
}
