import type { z } from 'zod'

const inWords = (issue: z.core.$ZodIssue): string => {
  if (issue.code === 'too_small' && issue.origin === 'string')
    return issue.minimum === 1 ? 'Fill this in.' : `At least ${issue.minimum} characters.`
  if (issue.code === 'too_big' && issue.origin === 'string') return `At most ${issue.maximum} characters.`
  if (issue.code === 'too_small') return `At least ${issue.minimum}.`
  if (issue.code === 'too_big') return `At most ${issue.maximum}.`
  if (issue.code === 'invalid_format' && issue.format === 'email') return 'Enter an e-mail address, such as ada@example.org.'
  if (issue.code === 'invalid_format' && issue.format === 'url') return 'Enter an address that begins with https://.'
  if (issue.code === 'invalid_type') return 'Fill this in.'
  if (issue.code === 'invalid_value') return 'Choose one.'
  return `${issue.message.charAt(0).toUpperCase()}${issue.message.slice(1)}.`.replace(/\.\.$/, '.')
}

/** A field of something in a list: `profiles.0.name`. */
const isWithinList = (path: readonly PropertyKey[]): boolean => path.length === 3 && typeof path[1] === 'number'

/** One sentence for each field that breaks the schema, and for each of things in a list; empty when all is well. */
export const messagesOf = (schema: z.ZodType, values: unknown): Record<string, string> => {
  const { error } = schema.safeParse(values)
  const messages: Record<string, string> = {}
  for (const issue of error?.issues ?? []) {
    // The nearer one first: it is where the focus goes.
    if (isWithinList(issue.path)) messages[issue.path.join('.')] ??= inWords(issue)
    messages[String(issue.path[0] ?? '')] ??= inWords(issue)
  }
  return messages
}
