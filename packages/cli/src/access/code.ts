import { ProblemError } from '@holdfast/contract'
import { say, UsageError, type Io } from '../io.ts'
import { isAppCode, readBytes } from '../input.ts'

const attempts = 3
export const codeQuestion = 'Code of your authenticator app: '

/**
 * A code as it is given on the command line. Six digits work once and for half a minute, so they may stand there; a recovery code lasts, and
 * comes from a file or stdin. Throws {@link UsageError}.
 */
const readCode = async (io: Io, given: string | undefined): Promise<string | undefined> => {
  if (given === undefined || isAppCode(given)) return given
  const file = given === '-' ? '-' : given.startsWith('@') ? given.slice(1) : null
  if (file === null) throw new UsageError('--code takes six digits; a recovery code as @FILE, or - for stdin')
  return (await readBytes(io, file)).toString('utf8').trim()
}

/** The code of the command line. It is used up by one act, so it is handed out once. */
export interface HeldCode {
  take: () => string | undefined
}

export const holdCode = async (io: Io, given: string | undefined): Promise<HeldCode> => {
  let code = await readCode(io, given)
  return {
    take: () => {
      const taken = code
      code = undefined
      return taken
    },
  }
}

/**
 * Calls with `first`, and with other codes as long as the server wants one: the one that is held, then what the person enters. The server
 * decides when a code is needed. Throws what the call throws, and {@link UsageError} where there is nobody to ask.
 */
export const withCode = async <T>(
  io: Io,
  held: HeldCode,
  first: string | undefined,
  call: (code: string | undefined) => Promise<T>,
): Promise<T> => {
  let code = first
  for (let attempt = 1; ; attempt++) {
    try {
      return await call(code)
    } catch (error) {
      const refusal = error instanceof ProblemError ? error.code : ''
      const next = refusal === 'code_needed' ? held.take() : undefined
      if (refusal === 'code_needed' && next === undefined && !io.ask)
        throw new UsageError('a code of your second factor is needed: --code')
      const again = refusal === 'code_needed' || refusal === 'code_refused'
      if (!again || attempt > attempts || (next === undefined && !io.ask)) throw error
      if (refusal === 'code_refused') say(io, 'That code was refused; each works once. Wait for the next one.')
      code = next ?? (await io.ask?.(codeQuestion))
    }
  }
}
