import { promiseAreas, promiseIds, promises, type PromiseArea, type PromiseId, type PromiseState } from '@holdfast/contract'
import { checkStaleMinutes } from '../../kernel/promise.ts'

export interface CheckRow {
  promise: string
  kept: boolean
  proof: string
  checkedAt: Date
}

export interface PublicPromise {
  id: PromiseId
  area: PromiseArea
  title: string
  state: PromiseState
  checkedAt: string | null
  proof: string
}

const notBuilt = 'Not built yet: nothing checks it.'

const stateOf = (
  id: PromiseId,
  registered: boolean,
  row: CheckRow | undefined,
  now: Date,
): Pick<PublicPromise, 'state' | 'checkedAt' | 'proof'> => {
  if (!registered) return { state: 'not_built', checkedAt: null, proof: notBuilt }
  if (!row) return { state: 'not_kept', checkedAt: null, proof: 'Its check has not run yet.' }
  const ageMinutes = (now.getTime() - row.checkedAt.getTime()) / 60_000
  const checkedAt = row.checkedAt.toISOString()
  if (ageMinutes > checkStaleMinutes)
    return { state: 'not_kept', checkedAt, proof: `The last check is too old to count. It found: ${row.proof}` }
  return { state: row.kept ? 'kept' : 'not_kept', checkedAt, proof: row.proof }
}

/** All promises in the order of their areas. Only a fresh, passed check makes one kept. */
export const publicPromises = (registered: ReadonlySet<PromiseId>, rows: readonly CheckRow[], now: Date): PublicPromise[] => {
  const byId = new Map(rows.map((row) => [row.promise, row]))
  return promiseIds.map((id) => ({
    id,
    area: promises[id].area,
    title: promises[id].title,
    ...stateOf(id, registered.has(id), byId.get(id), now),
  }))
}

export const areas = Object.entries(promiseAreas) as [PromiseArea, string][]
