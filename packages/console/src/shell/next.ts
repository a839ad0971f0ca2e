const storedAs = 'holdfast-next'
const withoutShell = ['/sign-in', '/factor', '/reset', '/setup', '/sso']

/** Remembers where somebody was going. In the tab's own storage: a link from elsewhere cannot set it. */
export const rememberNext = (path: string): void => {
  if (!withoutShell.some((each) => path === each || path.startsWith(`${each}/`) || path.startsWith(`${each}#`)))
    sessionStorage.setItem(storedAs, path)
}

/** Where to go on after signing in, once; the home page otherwise. */
export const takeNext = (): string => {
  const path = sessionStorage.getItem(storedAs)
  sessionStorage.removeItem(storedAs)
  return path?.startsWith('/') && !path.startsWith('//') ? path : '/'
}
