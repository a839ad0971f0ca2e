const browsers: readonly [RegExp, string][] = [
  [/\bEdg\//, 'Edge'],
  [/\bOPR\//, 'Opera'],
  [/\bFirefox\//, 'Firefox'],
  [/\b(?:HeadlessChrome|Chromium|Chrome)\//, 'Chrome'],
  [/\bSafari\//, 'Safari'],
]
const systems: readonly [RegExp, string][] = [
  [/\b(?:iPhone|iPad)\b/, 'iOS'],
  [/\bAndroid\b/, 'Android'],
  [/\bWindows\b/, 'Windows'],
  [/\bMac OS X\b/, 'macOS'],
  [/\bCrOS\b/, 'ChromeOS'],
  [/\bLinux\b/, 'Linux'],
]

const named = (list: readonly [RegExp, string][], agent: string): string | undefined =>
  list.find(([pattern]) => pattern.test(agent))?.[1]

/** "Firefox on Linux" of a user agent; anything else (a CLI, a name the server made) as it is, cut short. */
export const deviceInWords = (device: string): string => {
  const browser = named(browsers, device)
  const system = named(systems, device)
  if (browser && system && device.startsWith('Mozilla/')) return `${browser} on ${system}`
  return device.length > 60 ? `${device.slice(0, 60)}…` : device || 'unknown'
}
