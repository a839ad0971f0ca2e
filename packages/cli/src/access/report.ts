import { say, type Io } from '../io.ts'
import type { Grant } from './types.ts'

/** What happened, as a sentence for people, or with `--json` as an event of one line; both on stderr: stdout is the remote command's. */
export type Report = (event: string, words: string, facts?: Record<string, unknown>) => void

export const createReport =
  (io: Io, json: boolean): Report =>
  (event, words, facts = {}) =>
    say(io, json ? JSON.stringify({ event, message: words, ...facts }) : words)

/** What of a grant stands in an event. */
export const factsOf = ({ id, state, targetName, login, endsAt, requestExpiresAt }: Grant): Record<string, unknown> => ({
  grantId: id,
  ...{ state, host: targetName, login, endsAt, requestExpiresAt },
})
