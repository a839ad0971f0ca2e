/**
 * Passwords that are guessed first (NIST SP 800-63B §3.1.1.2). Twelve characters at least are required, so the famous short ones appear
 * only lengthened; what people lengthen them with is recognised by rule, not listed. This is no breach corpus: it stops the guesses that
 * come first, and the brakes on guessing (guesses.ts) stop the many that follow.
 */
const words = [
  ...[
    'password',
    'passwort',
    'motdepasse',
    'contrasena',
    'senha',
    'qwerty',
    'qwertz',
    'azerty',
    'letmein',
    'welcome',
    'willkommen',
    'iloveyou',
  ],
  ...[
    'admin',
    'administrator',
    'root',
    'login',
    'changeme',
    'secret',
    'geheim',
    'default',
    'master',
    'monkey',
    'dragon',
    'sunshine',
    'princess',
  ],
  ...[
    'football',
    'baseball',
    'superman',
    'batman',
    'trustno',
    'starwars',
    'whatever',
    'shadow',
    'michael',
    'jennifer',
    'jordan',
    'computer',
  ],
  ...[
    'internet',
    'samsung',
    'google',
    'facebook',
    'linkedin',
    'microsoft',
    'windows',
    'apple',
    'company',
    'summer',
    'winter',
    'spring',
    'autumn',
  ],
  ...[
    'january',
    'february',
    'march',
    'april',
    'june',
    'july',
    'august',
    'september',
    'october',
    'november',
    'december',
    'monday',
    'friday',
  ],
  ...[
    'test',
    'demo',
    'guest',
    'user',
    'hello',
    'abc',
    'love',
    'pass',
    'temp',
    'my',
    'the',
    'is',
    'new',
    'holdfast',
    'correcthorsebatterystaple',
  ],
  ...[
    'qwertyuiop',
    'asdfghjkl',
    'zxcvbnm',
    'asdfgh',
    'asdf',
    'zxcvbn',
    'qazwsx',
    'qazwsxedc',
    'onetwothree',
    'access',
    'killer',
    'freedom',
  ],
].toSorted((a, b) => b.length - a.length)

const runs = [
  '0123456789012345678901234567890',
  'abcdefghijklmnopqrstuvwxyzabcdefghijklmnopqrstuvwxyz',
  'qwertyuiopasdfghjklzxcvbnmqwertyuiop',
  '1q2w3e4r5t6y7u8i9o0p',
  '1qaz2wsx3edc4rfv5tgb6yhn7ujm',
]
const backwards = (text: string): string => [...text].toReversed().join('')
const allRuns = [...runs, ...runs.map(backwards)]

const spoken: Record<string, string> = { '@': 'a', '4': 'a', '3': 'e', '1': 'i', '!': 'i', '0': 'o', '5': 's', $: 's', '7': 't' }
const plain = (text: string): string => [...text].map((letter) => spoken[letter] ?? letter).join('')

/** What is left when known words are taken out, then everything that is not a letter. */
const remainder = (text: string, known: readonly string[]): string =>
  known.reduce((rest, word) => rest.replaceAll(word, ' '), text).replaceAll(/[^\p{L}]/gu, '')

/** One short piece over and over. */
const repeats = (text: string): boolean => /^(.{1,4}?)\1{2,}.{0,3}$/su.test(text)

/** Mostly a walk along the keyboard, the alphabet or the digits. */
const walks = (text: string): boolean => {
  const longest = (from: number): number => {
    let length = 0
    while (from + length < text.length && allRuns.some((run) => run.includes(text.slice(from, from + length + 1)))) length++
    return length
  }
  let at = 0
  let walked = 0
  while (at < text.length) {
    const length = longest(at)
    if (length >= 3) walked += length
    at += Math.max(1, length)
  }
  return walked >= text.length - 3
}

/** Pieces of an address or a name that somebody who knows the person would try: four letters at least. */
const piecesOf = (about: readonly string[]): string[] =>
  about
    .flatMap((text) => [text, ...text.split(/[^\p{L}\p{N}]+/u)])
    .map((piece) => piece.toLowerCase().replaceAll(/[^\p{L}\p{N}]/gu, ''))
    .filter((piece) => piece.length >= 4)
    .toSorted((a, b) => b.length - a.length)

/** Whether a password is among the first that would be tried. */
export const isCommonPassword = (password: string, about: readonly string[] = []): boolean => {
  const lower = password.normalize('NFKC').toLowerCase()
  if (repeats(lower) || walks(lower) || new Set(lower).size < 5) return true
  const known = [...piecesOf(about), ...words]
  return (
    [lower, plain(lower)].some((text) => remainder(text.replaceAll(/[\s._-]/g, ''), known).length < 4) && /\p{L}/u.test(lower)
  )
}
