import type pg from 'pg'
import { gather } from './gather.ts'
import { statement } from './tenancy/batch.ts'
import type { Reads } from './tenancy/shared-reads.ts'

/**
 * The few questions that must be answered before an organisation is known (sign-in, session check, links). Each calls one
 * `security definer` function that returns the least; no tenant data can be reached from here.
 */
export interface Gate {
  /** Calls `name(...values)` and returns its rows, columns as the database names them. */
  ask: <T>(name: GateFunction, values: readonly unknown[]) => Promise<T[]>
  /** The one row that `name(id)` returns, if any. For what every request asks: those of one moment share a statement. */
  find: <T>(name: CallerFunction, id: string) => Promise<T | undefined>
}

type CallerFunction = 'gate_session' | 'gate_api_key' | 'gate_agent' | 'gate_directory'

export type GateFunction =
  | 'gate_setup_needed'
  | 'operator_org'
  | 'gate_person_by_email'
  | 'gate_session'
  | 'gate_person_orgs'
  | 'gate_invitation'
  | 'gate_reset'
  | 'gate_api_key'
  | 'gate_agent'
  | 'gate_enrolment'
  | 'gate_membership'
  | 'gate_recovery'
  | 'gate_passkey'
  | 'passkey_challenge_use'
  | 'gate_sso_domain'
  | 'gate_sso_holder'
  | 'gate_sso_connection'
  | 'gate_sso_enforced'
  | 'sso_use'
  | 'guess_begin'
  | 'guess_right'

const statementsAtOnce = 1

const finderOf = (reads: Reads, name: CallerFunction) =>
  gather(async (ids) => {
    const text = `select asked.id as asked, found.* from unnest($1::text[]) as asked (id), ${name}(asked.id) as found`
    const [found] = await reads([statement(text, [ids])])
    return new Map(found?.rows.map((row) => [row['asked'] as string, row]))
  }, statementsAtOnce)

/** `reads` for what is asked before anything is open, `aside` for what may be asked while a transaction is. */
export const gateOver = (reads: Reads, aside: pg.Pool): Gate => {
  const finders = {
    gate_session: finderOf(reads, 'gate_session'),
    gate_api_key: finderOf(reads, 'gate_api_key'),
    gate_agent: finderOf(reads, 'gate_agent'),
    gate_directory: finderOf(reads, 'gate_directory'),
  }
  return {
    ask: async <T>(name: GateFunction, values: readonly unknown[]) => {
      const slots = values.map((_, index) => `$${index + 1}`).join(', ')
      const { rows } = await aside.query({ name, text: `select * from ${name}(${slots})`, values: [...values] })
      return rows as T[]
    },
    find: async <T>(name: CallerFunction, id: string) => (await finders[name](id)) as T | undefined,
  }
}
