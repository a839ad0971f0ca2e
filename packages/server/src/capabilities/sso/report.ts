import type { SignOnRefused } from '../../kernel/sign-on/refusal.ts'

/** The checks of an answer in their order: what came before the one that failed passed, what comes after was not reached. */
export const reportOf = <Check extends string>(
  order: readonly Check[],
  names: Readonly<Record<Check, string>>,
  refused: (Pick<SignOnRefused, 'message'> & { check: Check }) | null,
) => {
  const failedAt = refused ? order.indexOf(refused.check) : order.length
  return order.map((check, index) => ({
    name: names[check],
    passed: index < failedAt,
    needed: true,
    detail: index < failedAt ? 'As it should be.' : index === failedAt ? (refused?.message ?? '') : 'Not reached.',
  }))
}

const shown = ['iss', 'sub', 'aud', 'email', 'email_verified', 'xms_edov', 'name', 'amr', 'acr', 'auth_time', 'exp'] as const

/** What the provider said of whoever tries it out, for their own eyes: it is stored nowhere. */
export const saidIn = (claims: Readonly<Record<string, unknown>>): { claim: string; value: string }[] =>
  shown
    .filter((claim) => claims[claim] !== undefined)
    .map((claim) => {
      const value = claims[claim]
      return { claim, value: (typeof value === 'string' ? value : JSON.stringify(value)).slice(0, 500) }
    })
