import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { plain, render } from './print.ts'

describe('plain', () => {
  it('shows control characters instead of obeying them', () => {
    expect(plain('\u001b[2Jgone\u0007\r')).toBe('\\u001b[2Jgone\\u0007\\u000d')
    expect(plain('abc\u202etxt.exe')).toBe('abc\\u202etxt.exe')
  })

  it('leaves ordinary text, tabs and line breaks alone', () => {
    expect(plain('Zoë ☂\tand\nmore')).toBe('Zoë ☂\tand\nmore')
  })

  it('never lets an escape through, whatever the text', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: 'binary' }),
        (text) => !/[\u001b\u009b\r\u0008]/.test(render({ text, rows: [{ text }] }, 80)),
      ),
    )
  })
})

describe('render', () => {
  it('writes a record as aligned fields', () => {
    expect(
      render({ id: 'po_1', createdAt: '2026-11-23T09:00:00.000Z', retired: false, note: null, promises: ['H4', 'L1'] }, null),
    ).toBe(
      [
        'id          po_1',
        'created at  2026-11-23T09:00:00.000Z',
        'retired     no',
        'note        –',
        'promises    H4, L1',
        '',
      ].join('\n'),
    )
  })

  it('writes rows as a table under a head, fields of inner records as columns', () => {
    const rows = [
      { seq: 1, actor: { type: 'person', name: 'Ada' } },
      { seq: 20, actor: { type: 'system', name: null } },
    ]
    expect(render({ rows, next: null }, null)).toBe(
      ['seq  actor.type  actor.name', '1    person      Ada', '20   system      –', ''].join('\n'),
    )
  })

  it('writes rows that are wider than the terminal as records: nothing is cut off', () => {
    const rows = [
      { id: 'po_1', title: 'Access control' },
      { id: 'po_2', title: 'Backups' },
    ]
    expect(render({ rows, next: null }, 15)).toBe(
      ['id     po_1', 'title  Access control', '', 'id     po_2', 'title  Backups', ''].join('\n'),
    )
  })

  it('says so when a list is empty', () => {
    expect(render({ rows: [], next: null }, 80)).toBe('Nothing here.\n')
  })

  it('keeps what stands beside the rows', () => {
    expect(render({ rows: [{ id: 'fa_1' }], recoveryCodesLeft: 8 }, 80)).toBe('id\nfa_1\n\nrecovery codes left  8\n')
  })

  it('sets inner records and lists of records below their name, and long text too', () => {
    const value = { version: { number: 2 }, changes: [{ field: 'title' }], content: '# One\n\nTwo\n' }
    expect(render(value, 80)).toBe(
      ['version', '  number  2', 'changes', '  field', '  title', 'content', '  # One', '', '  Two', ''].join('\n'),
    )
  })

  it('answers something for anything', () => {
    fc.assert(
      fc.property(fc.jsonValue(), fc.option(fc.integer({ min: 1, max: 200 })), (value, columns) =>
        render(value, columns).endsWith('\n'),
      ),
    )
  })
})
