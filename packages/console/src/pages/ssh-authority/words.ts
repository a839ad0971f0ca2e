import { spanInWords } from '../../kit/index.ts'
import type { OutputOf, sshAuthority } from '@holdfast/contract'
import type { StateKind } from '../../kit/index.ts'

export type Status = OutputOf<typeof sshAuthority.status>
export type Rotation = Status['rotations'][number]
export type Purpose = Rotation['purpose']
export type Version = Status['authorities'][number]['versions'][number]

export const authorityWords: Record<Purpose, { title: string; about: string; short: string }> = {
  user: {
    title: 'Certificates of people',
    short: 'people’s certificates',
    about: 'Every server lets in what this authority signed, for the account and the time that the certificate names.',
  },
  host: {
    title: 'Certificates of servers',
    short: 'servers’ certificates',
    about: 'By it the command line knows that what answers is that server.',
  },
  revocations: {
    title: 'What servers are told',
    short: 'what servers are told',
    about: 'Servers take the list of what to believe and what to refuse only with this signature.',
  },
}

export const standingWords: Record<Version['standing'], { kind: StateKind; word: string }> = {
  signs: { kind: 'good', word: 'Signs' },
  believed: { kind: 'warn', word: 'Believed' },
  retired: { kind: 'quiet', word: 'Retired' },
}

export const isRunning = ({ state }: Rotation): boolean => state !== 'done'

/** Where a rotation stands, and what it waits for. */
export const stepInWords = ({ state, purpose, servers, waitingFor }: Rotation): string => {
  const left = waitingFor.length
  const through = `${servers - left} of ${servers} servers`
  if (state === 'making') return 'The new key is being made.'
  if (state === 'done') return 'The old key is retired.'
  if (state === 'announced')
    return purpose === 'host'
      ? 'Clients learn the new key with their next certificates; the old one signs for a quarter of an hour.'
      : `${through} believe the new key. Until all do, the old one signs.`
  if (purpose === 'host' && left > 0) return `The new key signs. ${through} show a certificate of it.`
  return left > 0
    ? `The new key signs. ${through} believe it: the others let nobody in until they have heard of it.`
    : 'The new key signs. The old one is retired when nothing lives that it signed.'
}

/** What the next step by hand does, and to whom. */
export const hastenWords = ({ state, waitingFor }: Rotation): { verb: string; consequences: string[] } => {
  const shut = waitingFor.length > 0 && `Not through yet: ${waitingFor.map(({ name }) => name).join(', ')}.`
  const before = shut ? [shut] : []
  return state === 'announced'
    ? {
        verb: 'Sign with the new key',
        consequences: [...before, 'The new key signs from now on. A server that does not believe it yet lets nobody in.'],
      }
    : {
        verb: 'Retire the old key',
        consequences: [
          ...before,
          'Everything that the old key signed is refused as soon as a server hears of it, running sessions excepted.',
          'A server that does not know the new key for its instructions has to be enrolled again.',
        ],
      }
}

export const ageInWords = ({ ageDays }: Version): string => (ageDays === 0 ? 'today' : spanInWords(ageDays * 86_400_000))
