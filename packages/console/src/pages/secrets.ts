import type { operator, OutputOf, RotatableSecret } from '@holdfast/contract'
import type { z } from 'zod'
import type { StateKind } from '../kit/index.ts'

type SecretRow = OutputOf<typeof operator.keys>['rows'][number]
export type Rotatable = z.infer<typeof RotatableSecret>

/** Which rotation covers a secret; data keys belong to their organisations. */
export const rotationOf: Record<SecretRow['kind'], Rotatable | null> = {
  master_key: 'master',
  data_key: null,
  token_signing_key: 'token-signing',
  checkpoint_key: 'checkpoint-signing',
  database_password: 'database-passwords',
  refresh_key: 'refresh',
}

/** What happens when a secret is rotated, in the order in which it happens. */
export const rotations: Record<Rotatable, { title: string; what: string; consequences: string[] }> = {
  master: {
    title: 'Master key',
    what: 'Wraps every data key. Never leaves the key server.',
    consequences: [
      'The key server makes a new master key; data keys are wrapped again with it, one by one, while requests run.',
      'No stored data is rewritten, and nobody notices.',
    ],
  },
  'token-signing': {
    title: 'Token signing key',
    what: 'Signs the tokens of sessions.',
    consequences: [
      'New tokens are signed by a new key at once.',
      'Tokens signed before stay good until they end by themselves, within minutes. Nobody is signed out.',
    ],
  },
  refresh: {
    title: 'Refresh key',
    what: 'Protects what keeps people signed in.',
    consequences: [
      'New sessions use a new key at once.',
      'Sessions that exist go on; each moves to the new key when it is renewed next.',
    ],
  },
  'database-passwords': {
    title: 'Database passwords',
    what: 'With which the app and its jobs open the database.',
    consequences: ['Each role gets a new random password; open connections go on, new ones use it.', 'No request is lost.'],
  },
  'checkpoint-signing': {
    title: 'Checkpoint signing key',
    what: 'Signs the checkpoints that witnesses keep.',
    consequences: [
      'The next checkpoints are signed by a new key.',
      'Checkpoints signed before stay verifiable: the old public key stays published.',
    ],
  },
}

/** How soon before its day a rotation is announced. */
const soonDays = 14

/** Colour and word for the rotation of a secret. */
export const dueOf = ({
  ageDays,
  rotateEveryDays,
  due,
}: Pick<SecretRow, 'ageDays' | 'rotateEveryDays' | 'due'>): { kind: StateKind; words: string } => {
  const left = rotateEveryDays - ageDays
  if (due || left <= 0) return { kind: 'bad', words: left < 0 ? `${-left} d late` : 'due now' }
  return { kind: left <= soonDays ? 'warn' : 'quiet', words: `due in ${left} d` }
}
