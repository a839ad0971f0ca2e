import type { StateKind } from '../../kit/index.ts'
import { laterInWords } from '../accessWords.ts'
import { databaseProofInWords } from './databaseProof.ts'
import { type Detail } from '../grantWords.ts'

export interface ProofLine {
  kind: Extract<StateKind, 'good' | 'bad' | 'warn' | 'quiet'>
  text: string
  /** When it was, where that is known. */
  at: string | null
  /** How long after the end: "340 ms after the end". */
  later: string
}
export interface ProofWords {
  kind: Extract<StateKind, 'good' | 'bad' | 'warn'>
  /** The verdict, in a few words. */
  word: string
  lines: readonly ProofLine[]
}

type Proof = NonNullable<Detail['proof']>

const sessionsInWords = (count: number): string => (count === 1 ? '1 session' : `${count} sessions`)

const toldLine = (proof: Proof, { targetName, endedAt }: Detail): ProofLine => {
  if (proof.announcedAs === null && proof.toldAt === null)
    return {
      kind: 'quiet',
      text: `${targetName} knew the end from the beginning, and needed no word from us.`,
      at: null,
      later: '',
    }
  if (proof.unheard)
    return {
      kind: 'bad',
      text: `${targetName} was retired and never said that nobody is in. Look on the machine itself: nothing more will be heard from it.`,
      at: null,
      later: '',
    }
  if (proof.toldAt === null)
    return {
      kind: 'warn',
      text: `${targetName} has not yet said that it knows. No new certificate is issued; those that exist run out within 15 minutes.`,
      at: null,
      later: '',
    }
  return {
    kind: 'good',
    text: `${targetName} said that it knows, and refuses every further login.`,
    at: proof.toldAt,
    later: endedAt ? laterInWords(endedAt, proof.toldAt) : '',
  }
}

const sessionsLine = (proof: Proof, { sessions, endedAt }: Detail): ProofLine => {
  if (proof.openSessions > 0)
    return { kind: 'bad', text: `${sessionsInWords(proof.openSessions)} not yet reported as ended.`, at: null, later: '' }
  if (sessions.length === 0) return { kind: 'good', text: 'No session was ever opened under it.', at: null, later: '' }
  const byThemselves = sessions.every(({ endReason }) => endReason === 'closed')
  // By the clock of the server: a little before our own end where the two disagree.
  const later = endedAt && proof.deadAt ? laterInWords(endedAt, proof.deadAt) : ''
  return byThemselves && later === ''
    ? { kind: 'good', text: `${sessionsInWords(sessions.length)}, all closed before the end.`, at: proof.deadAt, later: '' }
    : { kind: 'good', text: 'The last session was dead.', at: proof.deadAt, later }
}

const survivorsLine = (proof: Proof, { targetName, sessions }: Detail): ProofLine[] => {
  if (sessions.length === 0) return []
  if (proof.survivors === null)
    return [{ kind: 'warn', text: `${targetName} has not yet counted what is left of them.`, at: null, later: '' }]
  return proof.survivors === 0
    ? [{ kind: 'good', text: `${targetName} counted the processes left: none, detached ones included.`, at: null, later: '' }]
    : [
        {
          kind: 'bad',
          text: `${targetName} counted ${proof.survivors} ${proof.survivors === 1 ? 'process' : 'processes'} that outlived it. Look at once.`,
          at: null,
          later: '',
        },
      ]
}

/** That access ended, in plain words; null until it did (C6, D9). */
export const proofInWords = (detail: Detail): ProofWords | null => {
  const { proof } = detail
  if (proof === null) return databaseProofInWords(detail)
  const lines = [toldLine(proof, detail), sessionsLine(proof, detail), ...survivorsLine(proof, detail)]
  const has = (kind: ProofLine['kind']): boolean => lines.some((line) => line.kind === kind)
  if ((proof.survivors ?? 0) > 0) return { kind: 'bad', word: 'Something outlived it', lines }
  if (proof.unheard) return { kind: 'bad', word: 'Not proved', lines }
  if (has('bad')) return { kind: 'bad', word: 'Not over yet', lines }
  if (has('warn')) return { kind: 'warn', word: 'Waits for the server', lines }
  return { kind: 'good', word: 'Over, and proved', lines }
}
