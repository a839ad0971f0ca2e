import { operations, type InputOf } from '@holdfast/contract'
import type { Connection } from '../call.ts'
import { UsageError, type Io } from '../io.ts'
import { plain } from '../print.ts'
import { easiest, loginsOf, policiesFor, type Wish } from './choose.ts'
import { codeQuestion, withCode, type HeldCode } from './code.ts'
import { durationWords, parseDuration } from './duration.ts'
import { factsOf, type Report } from './report.ts'
import type { Choice, Grant, Policy } from './types.ts'

/** The options of a request, as commander collects them. */
export interface RequestOptions {
  login?: string
  for?: number
  reason?: string
  ticket?: string
  policy?: string
  extension?: string[]
  code?: string
}

export interface Asking {
  io: Io
  connection: Connection
  report: Report
  options: RequestOptions
  /** The code of the command line. */
  held: HeldCode
}

type Input = InputOf<typeof operations.grant.request>

const commonDuration = 1800

/** Asks for what is missing, or remembers that it is: without a terminal all of it is told at once. */
const interviewer = (io: Io) => {
  const missing: string[] = []
  return {
    missing,
    need: async (option: string, question: string, fallback?: string): Promise<string> => {
      if (!io.ask) {
        missing.push(option)
        return ''
      }
      for (;;) {
        const answer = (await io.ask(question)) || fallback
        if (answer) return answer
      }
    },
  }
}

type Interview = ReturnType<typeof interviewer>

const loginFor = async (interview: Interview, choice: Choice, given: string | undefined): Promise<string> => {
  const logins = loginsOf(choice)
  const [only = ''] = logins
  if (given !== undefined || logins.length === 1) return given ?? only
  const names = logins.map(plain).join(', ')
  return (await interview.need(`--login (${names})`, `Login (${names}): `)) || only
}

const secondsFor = async (interview: Interview, policies: readonly Policy[], given: number | undefined): Promise<number> => {
  if (given !== undefined) return given
  const longest = Math.max(...policies.map(({ maxSeconds }) => maxSeconds))
  const usual = Math.min(commonDuration, longest)
  const words = `${durationWords(usual)}; at most ${durationWords(longest)}`
  for (;;) {
    const answer = await interview.need(`--for (at most ${durationWords(longest)})`, `For how long? [${words}] `, `${usual}s`)
    const seconds = answer === '' ? usual : parseDuration(answer)
    if (seconds !== null) return seconds
  }
}

/** What will be asked, so that it can be shown before a code confirms it. Throws {@link UsageError} naming everything that is missing. */
const draft = async ({ io, options }: Asking, choice: Choice): Promise<{ input: Input; policy: Policy }> => {
  const interview = interviewer(io)
  const login = await loginFor(interview, choice, options.login)
  const wish: Wish = {
    login,
    extensions: options.extension ?? [],
    ...(options.policy !== undefined && { policy: options.policy }),
  }
  const seconds = await secondsFor(interview, policiesFor(choice, wish), options.for)
  const policy = easiest(policiesFor(choice, { ...wish, seconds }))
  const { reasonRequired, ticketPattern, apiKeysMayAsk } = policy
  const reason = options.reason ?? (reasonRequired ? await interview.need('--reason', 'Reason: ') : '')
  const form = ticketPattern === null ? '' : plain(ticketPattern)
  const ticket = options.ticket ?? (form ? await interview.need(`--ticket (${form})`, `Ticket (${form}): `) : undefined)
  if (!io.ask && options.code === undefined && !apiKeysMayAsk) interview.missing.push('--code')
  if (interview.missing.length > 0) throw new UsageError(`missing ${interview.missing.join(', ')}`)
  const { extensions } = operations.grant.request.input.pick({ extensions: true }).parse({ extensions: wish.extensions })
  const input: Input = { ...choice.target, login, seconds, reason, extensions, policyId: policy.id }
  return { policy, input: ticket === undefined ? input : { ...input, ticket } }
}

const shown = (choice: Choice, { login, seconds, reason, ticket, extensions = [] }: Input, policy: Policy): string =>
  [
    `Access to ${plain(choice.name)} (${choice.about.map(plain).join(', ')}) as ${plain(login)}`,
    `  for      ${durationWords(seconds)}, from the approval on`,
    reason && `  reason   ${plain(reason)}`,
    ticket !== undefined && `  ticket   ${plain(ticket)}`,
    extensions.length > 0 && `  with     ${extensions.join(', ')}`,
    `  policy   ${plain(policy.name)}; ${policy.approvals === 1 ? 'one person must approve' : `${policy.approvals} people must approve`}`,
  ]
    .filter(Boolean)
    .join('\n')

/** Asks for access; a code of the second factor confirms what is shown. */
export const requestAccess = async (asking: Asking, choice: Choice): Promise<Grant> => {
  const { io, connection, report, held } = asking
  const { input, policy } = await draft(asking, choice)
  report('asking', shown(choice, input, policy), { request: input, policyName: policy.name })
  const parsed = operations.grant.request.input.safeParse(input)
  if (!parsed.success)
    throw new UsageError(parsed.error.issues.map(({ path, message }) => `--${path.join('.')}: ${message}`).join('\n'))
  const first = held.take() ?? (policy.apiKeysMayAsk || !io.ask ? undefined : await io.ask(codeQuestion))
  const { value, ledgerSeq } = await withCode(io, held, first, (code) =>
    connection.call(operations.grant.request, { ...input, ...(code !== undefined && { code }) }),
  )
  report('requested', `Asked as ${value.id}. Recorded as #${ledgerSeq ?? '?'}.`, { ...factsOf(value), ledgerSeq })
  return value
}
