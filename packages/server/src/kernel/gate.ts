import type pg from 'pg'

/**
 * The few questions that must be answered before an organisation is known (sign-in, session check, links). Each calls one
 * `security definer` function that returns the least; no tenant data can be reached from here.
 */
export interface Gate {
  /** Calls `name(...values)` and returns its rows, columns as the database names them. */
  ask: <T>(name: GateFunction, values: readonly unknown[]) => Promise<T[]>
}

export type GateFunction =
  | 'gate_setup_needed'
  | 'operator_org'
  | 'gate_person_by_email'
  | 'gate_session'
  | 'gate_person_orgs'
  | 'gate_invitation'
  | 'gate_reset'
  | 'gate_api_key'
  | 'gate_membership'
  | 'guess_begin'
  | 'guess_right'

export const gateOver = (pool: pg.Pool): Gate => ({
  ask: async <T>(name: GateFunction, values: readonly unknown[]) => {
    const slots = values.map((_, index) => `$${index + 1}`).join(', ')
    const { rows } = await pool.query({ name, text: `select * from ${name}(${slots})`, values: [...values] })
    return rows as T[]
  },
})
