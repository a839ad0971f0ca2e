/** Filters of RFC 7644 §3.4.2.2, parsed into a small tree. Pure; bounded before and while it is parsed. */
import { ScimRefusal } from './refusal.ts'

export const filterLimits = { length: 1_000, depth: 8, clauses: 20, page: 200 } as const

export const operators = ['eq', 'ne', 'co', 'sw', 'ew', 'gt', 'ge', 'lt', 'le'] as const
export type Operator = (typeof operators)[number]
export type Literal = string | number | boolean | null

export type Filter =
  | { kind: 'compare'; attribute: string; operator: Operator; value: Literal }
  | { kind: 'present'; attribute: string }
  | { kind: 'and' | 'or'; left: Filter; right: Filter }
  | { kind: 'not'; of: Filter }
  /** `emails[type eq "work"]`: what is inside is about one value of the attribute. */
  | { kind: 'within'; attribute: string; of: Filter }

const refuse = (detail: string): ScimRefusal => new ScimRefusal('invalid_filter', detail)

/** A string as JSON writes it, one of `( ) [ ]`, or a word. Nothing in it can be matched in two ways, so it is linear. */
const token = /\s*(?:("(?:[^"\\]|\\.)*")|([()[\]])|([^\s()[\]"]+))/y

export const attributeName = /^(?:urn:[A-Za-z0-9:._-]+:)?[A-Za-z$][A-Za-z0-9_$-]*(?:\.[A-Za-z$][A-Za-z0-9_$-]*)?$/

const tokensOf = (text: string): string[] => {
  if (text.length > filterLimits.length) throw refuse(`A filter has at most ${filterLimits.length} characters.`)
  const tokens: string[] = []
  const source = text.trim()
  token.lastIndex = 0
  while (token.lastIndex < source.length) {
    const [, quoted, bracket, word] = token.exec(source) ?? []
    const found = quoted ?? bracket ?? word
    if (found === undefined) throw refuse('The filter cannot be read: a string has no end.')
    tokens.push(found)
  }
  return tokens
}

const literalOf = (word: string | undefined): Literal => {
  if (word === undefined) throw refuse('The filter ends where a value should be.')
  try {
    const value: unknown = JSON.parse(word)
    if (value === null || ['string', 'number', 'boolean'].includes(typeof value)) return value as Literal
  } catch {
    if (/^(?:true|false)$/i.test(word)) return word.toLowerCase() === 'true'
  }
  throw refuse(`${word.slice(0, 40)} is no value; put text into double quotes.`)
}

class Parser {
  readonly #tokens: readonly string[]
  #at = 0
  #clauses = 0
  constructor(tokens: readonly string[]) {
    this.#tokens = tokens
  }
  #next(): string | undefined {
    return this.#tokens[this.#at++]
  }
  #peek(): string {
    return this.#tokens[this.#at]?.toLowerCase() ?? ''
  }
  #expect(bracket: string): void {
    if (this.#next() !== bracket) throw refuse(`The filter lacks a ${bracket}`)
  }
  whole(): Filter {
    const filter = this.#or(0)
    if (this.#at < this.#tokens.length) throw refuse(`The filter goes on where it should end: ${this.#peek().slice(0, 40)}`)
    return filter
  }
  #or(depth: number): Filter {
    if (depth > filterLimits.depth) throw refuse(`A filter is nested at most ${filterLimits.depth} deep.`)
    let left = this.#and(depth)
    while (this.#peek() === 'or') {
      this.#at++
      left = { kind: 'or', left, right: this.#and(depth) }
    }
    return left
  }
  #and(depth: number): Filter {
    let left = this.#term(depth)
    while (this.#peek() === 'and') {
      this.#at++
      left = { kind: 'and', left, right: this.#term(depth) }
    }
    return left
  }
  #term(depth: number): Filter {
    if (this.#peek() === 'not') {
      this.#at++
      this.#expect('(')
      const of = this.#or(depth + 1)
      this.#expect(')')
      return { kind: 'not', of }
    }
    if (this.#peek() === '(') {
      this.#at++
      const inner = this.#or(depth + 1)
      this.#expect(')')
      return inner
    }
    return this.#clause(depth)
  }
  #clause(depth: number): Filter {
    if (++this.#clauses > filterLimits.clauses) throw refuse(`A filter has at most ${filterLimits.clauses} comparisons.`)
    const attribute = this.#next() ?? ''
    if (!attributeName.test(attribute)) throw refuse(`${attribute.slice(0, 40) || 'Nothing'} is no attribute.`)
    if (this.#peek() === '[') {
      this.#at++
      const of = this.#or(depth + 1)
      this.#expect(']')
      return { kind: 'within', attribute, of }
    }
    const operator = (this.#next() ?? '').toLowerCase()
    if (operator === 'pr') return { kind: 'present', attribute }
    if (!(operators as readonly string[]).includes(operator))
      throw refuse(`${operator.slice(0, 40) || 'Nothing'} is no operator.`)
    return { kind: 'compare', attribute, operator: operator as Operator, value: literalOf(this.#next()) }
  }
}

/** Throws `invalid_filter`. */
export const parseFilter = (text: string): Filter => new Parser(tokensOf(text)).whole()

const plain = (value: unknown): unknown => (typeof value === 'string' ? value.toLowerCase() : value)

const compare = (held: unknown, operator: Operator, wanted: Literal): boolean => {
  const [left, right] = [plain(held), plain(wanted)]
  if (operator === 'eq') return left === right
  if (operator === 'ne') return left !== right
  if (typeof left !== 'string' || typeof right !== 'string') return false
  switch (operator) {
    case 'co':
      return left.includes(right)
    case 'sw':
      return left.startsWith(right)
    case 'ew':
      return left.endsWith(right)
    case 'gt':
      return left > right
    case 'ge':
      return left >= right
    case 'lt':
      return left < right
    default:
      return left <= right
  }
}

/** Whether one value of a multi-valued attribute is meant (in the path of a PATCH). `read`: its field of that name. */
export const holds = (filter: Filter, read: (name: string) => unknown): boolean => {
  switch (filter.kind) {
    case 'and':
      return holds(filter.left, read) && holds(filter.right, read)
    case 'or':
      return holds(filter.left, read) || holds(filter.right, read)
    case 'not':
      return !holds(filter.of, read)
    case 'present':
      return read(filter.attribute) !== undefined
    case 'compare':
      return compare(read(filter.attribute), filter.operator, filter.value)
    default:
      throw refuse('A filter inside brackets holds no further brackets.')
  }
}

/** What must be equal for the filter to hold: the value to create where `emails[type eq "work"].value` finds none. */
export const equalities = (filter: Filter): [name: string, value: Literal][] => {
  if (filter.kind === 'compare') return filter.operator === 'eq' ? [[filter.attribute, filter.value]] : []
  return filter.kind === 'and' ? [...equalities(filter.left), ...equalities(filter.right)] : []
}
