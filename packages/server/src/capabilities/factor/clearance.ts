import type { Missing, ClearanceSource } from '../../kernel/clearance.ts'
import { peopleWithFactor } from '../../kernel/identity/factors.ts'

const missing: Missing = { code: 'second_factor_missing', detail: 'A second factor must be enrolled.' }

/** Risky work needs a second factor (C8). */
export const hasSecondFactor: ClearanceSource = async (people, risk, entered) => {
  if (risk === 'invited_role') return new Map()
  const enrolled = await peopleWithFactor(entered, people)
  return new Map(people.filter((person) => !enrolled.has(person)).map((person) => [person, [missing]]))
}
