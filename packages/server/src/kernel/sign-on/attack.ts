import { SignOnRefused } from './refusal.ts'

/** Something that must be refused. */
export interface Attack {
  what: string
  answer: () => Promise<unknown>
}

/** A refusal counts where the check of the answer itself made it; whatever else went wrong shows nothing. */
const isRefused = ({ answer }: Attack): Promise<boolean> =>
  answer().then(
    () => false,
    (error: unknown) => error instanceof SignOnRefused,
  )

/** Tries the genuine answer, which must be accepted, for else every refusal would mean nothing; then each attack. */
export const flawsAmong = async (
  genuine: string,
  answer: () => Promise<unknown>,
  attacks: readonly Attack[],
): Promise<{ tried: number; flaws: string[] }> => {
  const accepted = await answer().then(
    () => true,
    () => false,
  )
  const flaws = accepted ? [] : [`${genuine} was refused`]
  for (const attack of attacks) if (!(await isRefused(attack))) flaws.push(`${attack.what} was not refused`)
  return { tried: attacks.length, flaws }
}
