import type { ClearanceSource } from '../../kernel/clearance.ts'
import { hasFactor } from '../../kernel/identity/factors.ts'

/** Risky work needs a second factor (C8). */
export const hasSecondFactor: ClearanceSource = async (person, _, entered) =>
  (await hasFactor(entered, person)) ? [] : [{ code: 'second_factor_missing', detail: 'A second factor must be enrolled.' }]
