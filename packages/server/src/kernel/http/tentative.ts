import type { Access } from '../access-log.ts'
import type { Handler } from '../handle.ts'
import type { Principal } from '../principal.ts'
import { run, type Outcome, type Path, type Request } from '../run.ts'

type Read = Exclude<Handler, { scope: 'download' | 'events' }>

const sameValue = (a: unknown, b: unknown): boolean => {
  if (a instanceof Date && b instanceof Date) return +a === +b
  if (Array.isArray(a) && Array.isArray(b)) return a.length === b.length && a.every((value, index) => value === b[index])
  return a === b
}

/** Whether nothing about the caller has changed: not the role, not the second factor, not the organisation. */
export const sameCaller = (a: Principal | null, b: Principal): boolean => {
  if (a === null) return false
  const [left, right] = [a as unknown as Record<string, unknown>, b as unknown as Record<string, unknown>]
  const names = Object.keys(right)
  return names.length === Object.keys(left).length && names.every((name) => sameValue(left[name], right[name]))
}

/**
 * Runs a read for the caller that its credential last proved to be, while the database is asked whether it still is: one round trip instead
 * of two. Nothing leaves before the answer: where it is another one, null is returned and the read never was. `request.principal` is the
 * caller assumed. `confirm` asks; what it throws is thrown.
 */
export const runTentatively = async (
  path: Path,
  handler: Read,
  input: unknown,
  request: Request,
  assumed: Principal,
  confirm: () => Promise<Principal | null>,
): Promise<Outcome | null> => {
  const noted: Access[] = []
  const holding: Path = { ...path, accessLog: { ...path.accessLog, note: (access) => void noted.push(access) } }
  const confirming = confirm()
  const [confirmed, outcome] = await Promise.allSettled([confirming, run(holding, handler, input, request)])
  if (confirmed.status === 'rejected') throw confirmed.reason
  if (!sameCaller(confirmed.value, assumed)) return null
  if (outcome.status === 'rejected') {
    try {
      noted.forEach(path.accessLog.note)
    } catch (full) {
      path.services.ground.onError(full) // a log that cannot take a refusal must not hide it
    }
    throw outcome.reason
  }
  noted.forEach(path.accessLog.note)
  return outcome.value
}
