import { reject, type Rejection } from './verdict.ts'

/**
 * A reader of the small part of XML that SAML needs, strict where parsers forgive. No DOCTYPE, CDATA or processing instruction, no
 * comment unless asked for, ASCII names, no attribute twice. One pass, so that nothing a stranger sends costs more than its length.
 */
export interface Element {
  /** As written, with its prefix. */
  name: string
  local: string
  namespace: string | null
  attributes: readonly { name: string; local: string; namespace: string | null; value: string }[]
  children: readonly (Element | string)[]
}

export interface Limits {
  characters: number
  elements: number
  depth: number
  /** Metadata that people edit has comments; a response has no reason for one, and they cut text in two. */
  comments?: true
}

export class XmlRefused extends Error {
  readonly rejection: Rejection
  constructor(rejection: Rejection) {
    super(rejection.what)
    this.rejection = rejection
  }
}

const refuse = (...args: Parameters<typeof reject>): never => {
  throw new XmlRefused(reject(...args))
}
const ours = 'If the provider sent exactly this, tell its support; otherwise something between it and us changes what is sent.'
const sendLess = 'Let the provider send fewer attributes, above all fewer groups.'
const malformed = (what: string): never => refuse('well_formed', `The document is not well-formed XML: ${what}.`, ours)

const declaration =
  /<\?xml version=(?:"1\.0"|'1\.0')(?: encoding=(?:"utf-8"|'utf-8'))?(?: standalone=(?:"(?:yes|no)"|'(?:yes|no)'))? ?\?>/iy
const startName = /<([A-Za-z_][\w.-]*(?::[A-Za-z_][\w.-]*)?)/y
const attribute = /[ \t\n]+([A-Za-z_][\w.-]*(?::[A-Za-z_][\w.-]*)?)[ \t\n]*=[ \t\n]*(?:"([^"<]*)"|'([^'<]*)')/y
const tagEnd = /[ \t\n]*(\/?)>/y
const endTag = /<\/([A-Za-z_][\w.-]*(?::[A-Za-z_][\w.-]*)?)[ \t\n]*>/y
const notCharacters = /[^\t\n\u0020-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]/u
const named = new Map([
  ['lt', '<'],
  ['gt', '>'],
  ['amp', '&'],
  ['quot', '"'],
  ['apos', "'"],
])
const mostAttributes = 64
const xmlNamespace = 'http://www.w3.org/XML/1998/namespace'

const character = (reference: string): string => {
  const code = reference.startsWith('#x') ? Number.parseInt(reference.slice(2), 16) : Number.parseInt(reference.slice(1), 10)
  const text = code <= 0x10ffff ? String.fromCodePoint(code) : ''
  return text === '' || (notCharacters.test(text) && text !== '\r')
    ? malformed('a reference to something that is no character')
    : text
}

const unescaped = (text: string): string =>
  text.includes('&')
    ? text.replace(/&(?:(#x[0-9a-fA-F]{1,6}|#[0-9]{1,7}|[A-Za-z][\w.-]{0,30});)?/g, (_, reference: string | undefined) => {
        if (reference === undefined) return malformed('“&” that begins no reference')
        if (reference.startsWith('#')) return character(reference)
        return named.get(reference) ?? refuse('markup', 'The document uses an entity of its own.', ours)
      })
    : text

type Scope = ReadonlyMap<string, string>

interface Open {
  element: Element & { children: (Element | string)[] }
  scope: Scope
}

interface Cursor {
  text: string
  at: number
}

const match = (pattern: RegExp, cursor: Cursor): RegExpExecArray | null => {
  pattern.lastIndex = cursor.at
  const found = pattern.exec(cursor.text)
  if (found) cursor.at += found[0].length
  return found
}

const split = (name: string): [prefix: string | null, local: string] => {
  const colon = name.indexOf(':')
  return colon < 0 ? [null, name] : [name.slice(0, colon), name.slice(colon + 1)]
}

const readAttributes = (cursor: Cursor): Map<string, string> => {
  const written = new Map<string, string>()
  for (let found = match(attribute, cursor); found; found = match(attribute, cursor)) {
    const [, name = '', double, single] = found
    if (written.has(name)) malformed('an attribute stands twice')
    // XML 1.0 § 3.3.3: literal line breaks and tabs in values are spaces.
    written.set(name, unescaped((double ?? single ?? '').replace(/[\t\n]/g, ' ')))
    if (written.size > mostAttributes) refuse('elements', `An element has more than ${mostAttributes} attributes.`, ours)
  }
  return written
}

/** The namespaces an element's own attributes declare, over those it stands in. */
const scopeOf = (written: ReadonlyMap<string, string>, outer: Scope): Scope => {
  let scope: Map<string, string> | null = null
  for (const [name, value] of written) {
    const [prefix, local] = split(name)
    if (name !== 'xmlns' && prefix !== 'xmlns') continue
    if (prefix === 'xmlns' && (value === '' || local === 'xml' || local === 'xmlns'))
      malformed('a prefix that must not be declared so')
    scope ??= new Map(outer)
    scope.set(prefix === 'xmlns' ? local : '', value)
    if (scope.size > mostAttributes) refuse('elements', `More than ${mostAttributes} namespaces are declared.`, ours)
  }
  return scope ?? outer
}

const namespaceOf = (prefix: string, scope: Scope): string =>
  prefix === 'xml' ? xmlNamespace : (scope.get(prefix) ?? malformed('a prefix that was not declared'))

const startElement = (name: string, cursor: Cursor, outer: Scope): Open => {
  const written = readAttributes(cursor)
  const scope = scopeOf(written, outer)
  const [prefix, local] = split(name)
  const namespace = prefix === null ? scope.get('') || null : namespaceOf(prefix, scope)
  const seen = new Set<string>()
  const attributes = [...written].flatMap(([full, value]) => {
    const [before, rest] = split(full)
    if (full === 'xmlns' || before === 'xmlns') return []
    const within = before === null ? null : namespaceOf(before, scope)
    if (seen.size === seen.add(`${within ?? ''} ${rest}`).size) malformed('an attribute stands twice')
    return [{ name: full, local: rest, namespace: within, value }]
  })
  return { element: { name, local, namespace, attributes, children: [] }, scope }
}

/** Steps over what is neither an element nor text; true when there was such a thing. */
const skipped = (cursor: Cursor, comments: boolean): boolean => {
  const { text, at } = cursor
  const next = text.charAt(at + 1)
  if (next === '?') refuse('markup', 'The document has a processing instruction.', ours)
  if (next !== '!') return false
  if (text.startsWith('<!--', at)) {
    if (!comments) refuse('markup', 'The document has a comment.', ours)
    const end = text.indexOf('-->', at + 4)
    if (end < 0) malformed('a comment does not end')
    cursor.at = end + 3
    return true
  }
  return refuse(
    'markup',
    text.startsWith('<![CDATA[', at) ? 'The document has a CDATA section.' : 'The document has a DOCTYPE.',
    ours,
  )
}

const takeText = (text: string, inner: Open | undefined): void => {
  if (!inner) return /[^ \t\n]/.test(text) ? malformed('text outside the element') : undefined
  if (text.includes(']]>')) malformed('“]]>” in text')
  if (text !== '') inner.element.children.push(unescaped(text))
}

const takeTag = (cursor: Cursor, open: Open[]): Element | null => {
  const inner = open.at(-1)
  const closing = match(endTag, cursor)
  if (closing) {
    if (inner?.element.name !== closing[1]) malformed('an end without its beginning')
    open.pop()
    return null
  }
  const name = match(startName, cursor)?.[1] ?? malformed('“<” that begins no element')
  const started = startElement(name, cursor, inner?.scope ?? new Map())
  const end = match(tagEnd, cursor) ?? malformed('a tag does not end')
  inner?.element.children.push(started.element)
  if (end[1] === '') open.push(started)
  return started.element
}

/** The root element. Throws `XmlRefused`. `text` has no carriage returns (`inLines`). */
export const readXml = (text: string, limits: Limits): Element => {
  const { characters, elements, depth, comments = false } = limits
  if (text.length > characters) refuse('size', `The document is larger than ${characters >> 10} KiB.`, sendLess)
  if (notCharacters.test(text)) malformed('it has control characters')
  const cursor: Cursor = { text, at: 0 }
  match(declaration, cursor)
  const open: Open[] = []
  let root: Element | null = null
  let count = 0
  for (let next = text.indexOf('<', cursor.at); next >= 0; next = text.indexOf('<', cursor.at)) {
    takeText(text.slice(cursor.at, next), open.at(-1))
    cursor.at = next
    if (skipped(cursor, comments)) continue
    const outermost = open.length === 0
    const element = takeTag(cursor, open)
    if (!element) continue
    if (outermost && root) malformed('more than one element at the top')
    root ??= element
    if (++count > elements) refuse('elements', `The document has more than ${elements} elements.`, sendLess)
    if (open.length > depth) refuse('depth', `Elements are nested deeper than ${depth}.`, ours)
  }
  takeText(text.slice(cursor.at), open.at(-1))
  return open.length > 0 || !root ? malformed('it ends too early') : root
}

/** XML 1.0 § 2.11: what a parser has to make of line ends. */
export const inLines = (text: string): string => text.replace(/\r\n?/g, '\n')

export const elementsOf = ({ children }: Element): Element[] => children.filter((child) => typeof child !== 'string')

export const isNamed = (element: Element, namespace: string, local: string): boolean =>
  element.local === local && element.namespace === namespace

export const childrenOf = (element: Element, namespace: string, local: string): Element[] =>
  elementsOf(element).filter((child) => isNamed(child, namespace, local))

/** An attribute without a prefix. */
export const attributeOf = ({ attributes }: Element, name: string): string | null =>
  attributes.find((attr) => attr.namespace === null && attr.local === name)?.value ?? null

/** The text of an element that holds nothing else; null where it holds elements. */
export const textOf = ({ children }: Element): string | null => {
  let text = ''
  for (const child of children) {
    if (typeof child !== 'string') return null
    text += child
  }
  return text
}

/** The element and everything in it. */
export const everyElement = function* (element: Element): Generator<Element> {
  yield element
  for (const child of element.children) if (typeof child !== 'string') yield* everyElement(child)
}
