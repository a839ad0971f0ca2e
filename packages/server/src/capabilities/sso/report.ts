import type { ConnectionKind } from '@holdfast/contract'
import type { SignOnRefused } from '../../kernel/sign-on/refusal.ts'

/** The checks of an answer in their order: what came before the one that failed passed, what comes after was not reached. */
export const reportOf = (names: Readonly<Record<string, string>>, refused: Pick<SignOnRefused, 'message' | 'check'> | null) => {
  const order = Object.keys(names)
  const failedAt = refused ? order.indexOf(refused.check) : order.length
  return order.map((check, index) => ({
    name: names[check] ?? check,
    passed: index < failedAt,
    needed: true,
    detail: index < failedAt ? 'As it should be.' : index === failedAt ? (refused?.message ?? '') : 'Not reached.',
  }))
}

const shown = ['iss', 'sub', 'aud', 'email', 'email_verified', 'xms_edov', 'name', 'amr', 'acr', 'auth_time', 'exp'] as const

/** What the provider said of whoever tries it out, for their own eyes: it is stored nowhere. */
export const saidIn = (kind: ConnectionKind, claims: Readonly<Record<string, unknown>>): { claim: string; value: string }[] =>
  (kind === 'oidc' ? shown : Object.keys(claims).slice(0, 20))
    .filter((claim) => claims[claim] !== undefined)
    .map((claim) => {
      const value = claims[claim]
      return { claim: claim.slice(0, 200), value: (typeof value === 'string' ? value : JSON.stringify(value)).slice(0, 500) }
    })
