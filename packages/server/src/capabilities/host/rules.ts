import type { NewestChange } from '../../kernel/access/sequence.ts'

/** A host that has not acknowledged a change for so long lags. */
export const lagMs = 10_000
/** An agent fetches the state at least every two minutes; half a minute for the way. */
export const silentMs = 150_000
export const tokenMinutes = 60
/** Nobody is told of a host that is a minute late. */
export const untoldMs = 60_000
/** As long as a certificate may last that was made before the end. */
export const endKnownWithinMs = 15 * 60_000

interface Heard {
  state: 'waiting' | 'enrolled' | 'retired'
  acknowledged: number
  lastSeenAt: Date | null
  enrolledAt: Date | null
  /** When the oldest change was that it has not acknowledged; null where there is none. */
  waitingSince: Date | null
}

export type Standing = 'current' | 'catching_up' | 'behind' | 'silent' | 'none'

/**
 * How far what a host knows is what we know, by its own word: `current` is nobody who has not acknowledged the newest change. Changes that keep coming make nobody less late.
 */
export const standingOf = (
  { state, acknowledged, lastSeenAt, enrolledAt, waitingSince }: Heard,
  newest: NewestChange,
  now: Date,
): Standing => {
  if (state !== 'enrolled') return 'none'
  const since = (at: Date | null): number => now.getTime() - (at ?? now).getTime()
  if (since(lastSeenAt ?? enrolledAt) > silentMs) return 'silent'
  if (acknowledged >= newest.sequence) return 'current'
  return since(waitingSince ?? newest.at) > lagMs ? 'behind' : 'catching_up'
}

export const enrolCommand = (publicUrl: string, token: string, caFingerprint: string | null): string =>
  [
    `sudo holdfast agent install --server ${publicUrl} --token ${token}`,
    ...(caFingerprint === null ? [] : [`--ca-fingerprint ${caFingerprint}`]),
  ].join(' ')
