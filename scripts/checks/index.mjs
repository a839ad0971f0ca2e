import { artefacts } from './artefacts.mjs'
import { dependencies } from './dependencies.mjs'
import { direction } from './direction.mjs'
import { format, lint, types, unused } from './tools.mjs'
import { houseRules } from './house-rules.mjs'
import { secrets } from './secrets.mjs'

/**
 * The checks in the order they run. Each resolves to `{ ok, summary, output }`: a line for the table, and what to show when
 * it failed. A check must say how much it looked at, so that one that looked at nothing is seen.
 */
export const steps = { types, lint, format, direction, unused, secrets, artefacts, dependencies, rules: houseRules }
