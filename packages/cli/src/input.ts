import { readFile } from 'node:fs/promises'
import type { z } from 'zod'
import type { Operation } from '@holdfast/contract'
import { fileTrouble } from './file-trouble.ts'
import { readFlag, type Flag } from './flags.ts'
import { readStdin, UsageError, type Io } from './io.ts'

/** What commander collected for an operation's own options, by field. */
export type Given = Record<string, unknown>

const pdfMagic = '%PDF-'

export const readBytes = async (io: Io, path: string): Promise<Buffer> => {
  if (path === '-') return readStdin(io)
  try {
    return await readFile(path)
  } catch (error) {
    throw new UsageError(`cannot read ${path}: ${fileTrouble(error)}`, { cause: error })
  }
}

const decode = (bytes: Buffer, name: string): string => {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch {
    throw new UsageError(`${name} is neither UTF-8 text nor a PDF`)
  }
}

/** `@FILE` and `-` name what to read; null for a plain value. */
const fileNamed = (raw: string): string | null => {
  if (raw === '-') return '-'
  return raw.startsWith('@') && raw.length > 1 ? raw.slice(1) : null
}

/** Of an authenticator app. */
export const isAppCode = (text: string): boolean => /^\d{6}$/.test(text)

/** What an option whose value must not stand on a command line names: a file or stdin. */
const readSecret = async (io: Io, flag: Flag, raw: string): Promise<string> => {
  if (flag.source === 'code' && isAppCode(raw)) return raw
  const file = fileNamed(raw)
  if (file === null) {
    throw new UsageError(`--${flag.name} takes @FILE, or - for stdin: what stands on a command line can be read by others`)
  }
  return decode(await readBytes(io, file), `--${flag.name}`).replace(/\r?\n$/, '')
}

/** A document for a field: text as it is, a PDF as base64 (its format with it). */
const readDocument = async (io: Io, flag: Flag, raw: string): Promise<{ text: string; pdf: boolean }> => {
  const file = fileNamed(raw)
  if (file === null) return { text: raw, pdf: false }
  const bytes = await readBytes(io, file)
  const pdf = bytes.subarray(0, pdfMagic.length).toString('latin1') === pdfMagic
  return { text: pdf ? bytes.toString('base64') : decode(bytes, file === '-' ? `--${flag.name}` : file), pdf }
}

const readJsonInput = async (io: Io, path: string): Promise<Record<string, unknown>> => {
  let value: unknown
  try {
    value = JSON.parse(decode(await readBytes(io, path), '--input'))
  } catch (error) {
    if (error instanceof UsageError) throw error
    throw new UsageError(`--input: ${path === '-' ? 'stdin' : path} is not JSON`, { cause: error })
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw new UsageError('--input takes a JSON object')
  return value as Record<string, unknown>
}

/** Puts one option into the input. A PDF brings its format along. */
const take = async (io: Io, flag: Flag, given: unknown, input: Record<string, unknown>, hasFormat: boolean): Promise<void> => {
  if (typeof given === 'boolean') input[flag.field] = given
  else if (Array.isArray(given)) input[flag.field] = given.map((raw) => readFlag(flag, String(raw)))
  else if (flag.source === 'secret' || flag.source === 'code') input[flag.field] = await readSecret(io, flag, String(given))
  else if (flag.source === 'argument') input[flag.field] = readFlag(flag, String(given))
  else {
    const { text, pdf } = await readDocument(io, flag, String(given))
    input[flag.field] = text
    if (!pdf || !hasFormat) return
    if (input.format !== undefined && input.format !== 'pdf')
      throw new UsageError(`--${flag.name} is a PDF, but --format says otherwise`)
    input.format = 'pdf'
  }
}

/** What is wrong with a value, where the schema has no sentence of its own for it. */
const inWords = (issue: z.core.$ZodIssue): string => {
  const unit = 'origin' in issue && issue.origin === 'string' ? ' characters' : ''
  if (issue.code === 'too_small' && unit && issue.minimum === 1) return 'may not be empty'
  if (issue.code === 'too_small') return `at least ${issue.minimum}${unit}`
  if (issue.code === 'too_big') return `at most ${issue.maximum}${unit}`
  if (issue.code === 'invalid_format' && issue.format === 'email') return 'an e-mail address, such as ada@example.org'
  if (issue.code === 'invalid_format' && issue.message.startsWith('Invalid string'))
    return `does not match ${issue.pattern ?? 'its form'}`
  return issue.message
}

/** One line a field that is not as the operation wants it. Values are left out: they may be secret. */
const complaint = (flags: readonly Flag[], issues: readonly z.core.$ZodIssue[]): string =>
  issues
    .slice(0, 10)
    .map((issue) => {
      const { path } = issue
      const flag = flags.find(({ field }) => field === path[0])
      return `  ${flag ? `--${flag.name}` : path.join('.') || 'the input'}: ${inWords(issue)}`
    })
    .join('\n')

/**
 * The input of an operation: the JSON of `--input`, overridden by the options. It is checked here as the server will check it, so that a slip
 * costs no round trip, and is sent as it was given. Throws {@link UsageError}.
 */
export const collectInput = async (
  io: Io,
  operation: Operation,
  flags: readonly Flag[],
  given: Given,
  inputFile?: string,
): Promise<Record<string, unknown>> => {
  const input = inputFile === undefined ? {} : await readJsonInput(io, inputFile)
  const unknown = Object.keys(input).filter((field) => !(field in operation.input.shape))
  if (unknown.length > 0) throw new UsageError(`--input: there is no field ${unknown.join(', ')}`)
  const hasFormat = 'format' in operation.input.shape
  for (const flag of flags) {
    if (given[flag.field] !== undefined) await take(io, flag, given[flag.field], input, hasFormat)
  }
  const missing = flags.filter(({ field, required }) => required && input[field] === undefined)
  if (missing.length > 0) throw new UsageError(`missing ${missing.map(({ name }) => `--${name}`).join(', ')}`)
  const parsed = operation.input.safeParse(input)
  if (!parsed.success) throw new UsageError(`the input is not valid:\n${complaint(flags, parsed.error.issues)}`)
  return input
}
