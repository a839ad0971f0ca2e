import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { DOMParser, type DomElement } from './libraries.fixture.ts'
import { attributeOf, elementsOf, inLines, readXml, textOf, XmlRefused, type Element, type Limits } from './read-xml.ts'
import { escaped } from './request.ts'

const limits: Limits = { characters: 100_000, elements: 500, depth: 64 }
const checkOf = (xml: string, more: Partial<Limits> = {}): string => {
  try {
    readXml(xml, { ...limits, ...more })
    return 'read'
  } catch (error) {
    if (error instanceof XmlRefused) return error.rejection.check
    throw error
  }
}

interface Tree {
  name: string
  attributes: [string, string][]
  children: (Tree | string)[]
}
const name = fc.stringMatching(/^[A-Za-z_][A-Za-z0-9_.-]{0,6}$/).filter((text) => !/^xml/i.test(text))
const text = fc.string({ unit: fc.constantFrom('a', 'é', '<', '&', '"', "'", '>', ' ', '😀', ']'), minLength: 1, maxLength: 6 })
const { tree } = fc.letrec<{ tree: Tree }>((tie) => ({
  tree: fc.record({
    name,
    attributes: fc.uniqueArray(fc.tuple(name, text), { maxLength: 3, selector: ([key]) => key }),
    children: fc.array(fc.oneof({ depthSize: 'small' }, text, tie('tree')), { maxLength: 4 }),
  }),
}))
const written = ({ name: tag, attributes, children }: Tree): string =>
  `<${tag}${attributes.map(([key, value]) => ` ${key}="${escaped(value)}"`).join('')}>` +
  `${children.map((child) => (typeof child === 'string' ? escaped(child) : written(child))).join('')}</${tag}>`
const texts = (children: readonly (Tree | string)[]) => children.filter((child) => typeof child === 'string').join('')
const trees = (children: readonly (Tree | string)[]) => children.filter((child) => typeof child !== 'string')

const expectSame = (read: Element, meant: Tree): void => {
  expect(read.name).toBe(meant.name)
  for (const [key, value] of meant.attributes) expect(attributeOf(read, key)).toBe(value)
  expect(read.attributes).toHaveLength(meant.attributes.length)
  expect(read.children.filter((child) => typeof child === 'string').join('')).toBe(texts(meant.children))
  const inside = trees(meant.children)
  expect(elementsOf(read)).toHaveLength(inside.length)
  elementsOf(read).forEach((child, index) => expectSame(child, inside[index]!))
}

describe('reading XML', () => {
  it('gives back any tree that was written', () => {
    fc.assert(fc.property(tree, (meant) => expectSame(readXml(written(meant), { ...limits, elements: 1e5 }), meant)))
  })

  it('never fails but by refusing, whatever it gets, and reads nothing that a common parser reads otherwise', () => {
    const noise = fc.array(
      fc.constantFrom('<', '>', '</', '/>', 'a', 'b:c', ' x="1"', " y='&lt;'", ' xmlns:b="urn:b"', '&amp;', '&#65;', '&x;', ']]>', '<!--', '-->', '<?', '<![CDATA[', '\n', '=', '"', '<a>', '</a>', '\0'), // prettier-ignore
      { maxLength: 30 },
    )
    const quiet = () => undefined
    const common = new DOMParser({ errorHandler: { warning: quiet, error: quiet, fatalError: quiet } })
    let read = 0
    const same = (ours: Element, theirs: DomElement): void => {
      expect([ours.name, ours.namespace]).toEqual([theirs.tagName, theirs.namespaceURI ?? null])
      if (elementsOf(ours).length === 0) expect(textOf(ours)).toBe(theirs.textContent)
      const inside = Array.from(theirs.childNodes).filter((node) => node.nodeType === 1)
      expect(elementsOf(ours)).toHaveLength(inside.length)
      elementsOf(ours).forEach((child, index) => same(child, inside[index]!))
    }
    fc.assert(
      fc.property(
        fc.oneof(
          noise,
          noise.map((parts) => ['<a xmlns:b="urn:b">', ...parts, '</a>']),
        ),
        (parts) => {
          const xml = parts.join('')
          if (checkOf(xml) !== 'read') return
          read++
          same(readXml(xml, limits), common.parseFromString(xml, 'text/xml').documentElement)
        },
      ),
      { numRuns: 3_000 },
    )
    expect(read).toBeGreaterThan(20)
  })

  it('refuses what parsers forgive', () => {
    const refused = {
      ...{
        '<a><b></a></b>': 'well_formed',
        '<a': 'well_formed',
        '<a>': 'well_formed',
        '': 'well_formed',
        '<a/><b/>': 'well_formed',
      },
      ...{ 'x<a/>': 'well_formed', '<a/>x': 'well_formed', '<a b=1/>': 'well_formed', '<a b="1" b="2"/>': 'well_formed' },
      ...{ '<a b="<"/>': 'well_formed', '<a>&</a>': 'well_formed', '<a>&#0;</a>': 'well_formed', '<a>]]></a>': 'well_formed' },
      ...{ '<b:a/>': 'well_formed', '<a b:c="1"/>': 'well_formed', '<a>\0</a>': 'well_formed', '<a b="1"c="2"/>': 'well_formed' },
      ...{ '<a xmlns:x="urn:1" xmlns:y="urn:1" x:b="" y:b=""/>': 'well_formed', '<a xmlns:x=""/>': 'well_formed' },
      ...{ '<!DOCTYPE a><a/>': 'markup', '<a><![CDATA[]]></a>': 'markup', '<?x?><a/>': 'markup', '<a><!----></a>': 'markup' },
      ...{
        '<a>&nbsp;</a>': 'markup',
        ' <?xml version="1.0"?><a/>': 'markup',
        '<?xml version="1.0" encoding="utf-16"?><a/>': 'markup',
      },
    }
    for (const [xml, check] of Object.entries(refused)) expect([xml, checkOf(xml)]).toEqual([xml, check])
  })

  it('takes a comment where it is told to, without cutting anything', () => {
    const root = readXml('<a><!-- > -->x<!----></a>', { ...limits, comments: true })
    expect(textOf(root)).toBe('x')
    expect(checkOf('<a><!-- </a>', { comments: true })).toBe('well_formed')
  })

  it('costs time in proportion to what it reads, whatever that is', () => {
    const hostile = [
      '<a '.repeat(30_000),
      `<a ${' '.repeat(99_000)}`,
      `<a b="${'x'.repeat(99_000)}`,
      `<${'a'.repeat(99_000)}`,
      `<a>${'&'.repeat(99_000)}`,
      '<a>'.repeat(33_000),
      `<a ${Array.from({ length: 9_000 }, (_, index) => `a${index}=""`).join(' ')}/>`,
      `<a>${'<b xmlns:c="d"/>'.repeat(6_000)}</a>`,
      `<a>${'<!'.repeat(49_000)}`,
    ]
    const begin = performance.now()
    for (const xml of hostile) expect(checkOf(xml)).not.toBe('read')
    expect(performance.now() - begin).toBeLessThan(500)
  })

  it('makes of line ends what XML asks for', () => {
    expect(inLines('a\r\nb\rc\nd')).toBe('a\nb\nc\nd')
    expect(attributeOf(readXml('<a b="1\n\t2"/>', limits), 'b')).toBe('1  2')
  })
})
