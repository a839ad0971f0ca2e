import { laterInWords } from '../accessWords.ts'
import type { ProofLine, ProofWords } from './proof.ts'
import type { Detail } from '../grantWords.ts'

type Role = Detail['databaseRoles'][number]

/** Its name is long; the end of it tells them apart. */
export const shortName = ({ name }: Role): string => `…${name.slice(-6)}`

const later = ({ endedAt }: Detail, at: string): string => (endedAt ? laterInWords(endedAt, at) : '')

const stepsOf = (detail: Detail, role: Role): ProofLine[] => {
  const { noLoginAt, deadAt, backendsEnded } = role
  const cut =
    backendsEnded === 0
      ? 'It had no connection'
      : backendsEnded === 1
        ? '1 connection was cut'
        : `${backendsEnded} connections were cut`
  return [
    ...(noLoginAt
      ? [
          {
            kind: 'good' as const,
            text: `The database refuses log-ins of ${shortName(role)}.`,
            at: noLoginAt,
            later: later(detail, noLoginAt),
          },
        ]
      : []),
    ...(deadAt
      ? [
          {
            kind: 'good' as const,
            text: `${cut}, and none of ${shortName(role)} is left.`,
            at: deadAt,
            later: later(detail, deadAt),
          },
        ]
      : []),
  ]
}

const linesOf = (detail: Detail, role: Role): ProofLine[] => {
  const name = shortName(role)
  if (role.droppedAt !== null && role.madeAt === null)
    return [{ kind: 'quiet', text: `The role ${name} was never made.`, at: null, later: '' }]
  const steps = stepsOf(detail, role)
  if (role.droppedAt !== null)
    return [
      ...steps,
      {
        kind: 'good',
        text: `The role ${name} is gone, with what it owned.`,
        at: role.droppedAt,
        later: later(detail, role.droppedAt),
      },
    ]
  if (role.abandonedAt !== null)
    return [
      ...steps,
      { kind: 'bad', text: `Given up: that the role ${name} is gone was never proved.`, at: role.abandonedAt, later: '' },
    ]
  const why = role.trouble ?? 'It is being ended.'
  return [
    ...steps,
    { kind: role.deadAt === null ? 'bad' : 'warn', text: `The role ${name} is still there. ${why}`, at: role.triedAt, later: '' },
  ]
}

/** Each role, and what is proved of its end; null for servers, and while it runs. */
export const databaseProofInWords = (detail: Detail): ProofWords | null => {
  const { databaseRoles: roles, state, databaseId } = detail
  if (databaseId === null || state !== 'ended') return null
  const lines = roles.flatMap((role) => linesOf(detail, role))
  if (roles.length === 0)
    return {
      kind: 'good',
      word: 'Over, and never used',
      lines: [{ kind: 'good', text: 'No credentials were ever given.', at: null, later: '' }],
    }
  if (roles.some(({ droppedAt, abandonedAt }) => droppedAt === null && abandonedAt !== null))
    return { kind: 'bad', word: 'Not proved', lines }
  if (roles.every(({ droppedAt }) => droppedAt !== null)) return { kind: 'good', word: 'Over, and proved', lines }
  return roles.every(({ droppedAt, deadAt }) => droppedAt !== null || deadAt !== null)
    ? { kind: 'warn', word: 'Nobody is in, the role is still there', lines }
    : { kind: 'bad', word: 'Not over yet', lines }
}

/** Whether nothing is to be expected of its roles: all made while it runs, all gone or given up after. */
export const isSettled = ({ databaseRoles, state }: Detail): boolean =>
  state !== 'ended' || databaseRoles.every(({ droppedAt, abandonedAt }) => droppedAt !== null || abandonedAt !== null)
