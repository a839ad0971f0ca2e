import type { Clocks, MetBy, Obligation, ObligationId, OpenedBy, Operation, PersonId, WithdrawnBy } from '@holdfast/contract'
import type { Entered } from '../handle.ts'
import { obligationsIn, type About, type OpeningOf } from './obligations.ts'

/** `context.obligations`: the deadlines that the operation declares, and no others. */
export interface DeclaredObligations<O> {
  /** Starts the clock; where the same thing is owed already, the clock that runs goes on untouched. Returns the obligation's id. */
  open: <K extends OpenedBy<O>>(kind: K, opening: OpeningOf<K>) => Promise<ObligationId>
  /** There is nothing to do about this kind this time. */
  unneeded: (kind: OpenedBy<O> | MetBy<O> | WithdrawnBy<O>) => void
  /** It was done. Returns how many were owed. */
  meet: (kind: MetBy<O>, about: About) => Promise<number>
  /** It is no longer owed. Returns how many were. */
  withdraw: (kind: WithdrawnBy<O>, about: About, reason: string) => Promise<number>
}

/** An operation that declares every kind; what a handler may really do is what its own type says, and is checked again here. */
type Anything = Required<Clocks>

/** The handler's way to its obligations; `settled` throws when it has forgotten one that its operation declares. */
export const declaredObligations = (operation: Operation, entered: () => Entered, now: Date, by: () => PersonId | null) => {
  const dealtWith = { opens: new Set<Obligation>(), meets: new Set<Obligation>(), withdraws: new Set<Obligation>() }
  type Verb = keyof typeof dealtWith
  const declared = (verb: Verb): readonly Obligation[] => (operation.kind === 'command' ? operation[verb] : [])
  const note = (verb: Verb, kind: Obligation): void => {
    if (!declared(verb).includes(kind)) throw new Error(`${operation.name} does not declare that it ${verb} ${kind.name}`)
    dealtWith[verb].add(kind)
  }
  const obligations: DeclaredObligations<Anything> = {
    open: (kind, opening) => {
      note('opens', kind)
      return obligationsIn(entered(), now, by()).open(kind, opening)
    },
    unneeded: (kind) => {
      for (const noted of Object.values(dealtWith)) noted.add(kind)
    },
    meet: (kind, about) => {
      note('meets', kind)
      return obligationsIn(entered(), now, by()).meet(kind, about)
    },
    withdraw: (kind, about, reason) => {
      note('withdraws', kind)
      return obligationsIn(entered(), now, by()).withdraw(kind, about, reason)
    },
  }
  const settled = (): void => {
    for (const verb of ['opens', 'meets', 'withdraws'] as const) {
      const forgotten = declared(verb).find((kind) => !dealtWith[verb].has(kind))
      if (forgotten) throw new Error(`${operation.name} ${verb} ${forgotten.name}, and its handler did not`)
    }
  }
  return { obligations, settled }
}
