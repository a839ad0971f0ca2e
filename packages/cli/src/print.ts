/** Control characters (terminal escapes among them) and direction overrides, which could make a terminal show what is not there. */
const hidden = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/g

/** Text of strangers, safe to show on a terminal. */
export const plain = (text: string): string =>
  text.replace(hidden, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`)

type Row = Record<string, unknown>
const isRow = (value: unknown): value is Row => typeof value === 'object' && value !== null && !Array.isArray(value)

/** `createdAt` → `created at` */
const label = (name: string): string => plain(name).replace(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`)

const scalar = (value: unknown): string => {
  if (value === null || value === undefined || value === '') return '–'
  if (typeof value === 'boolean') return value ? 'yes' : 'no'
  if (typeof value === 'string') return plain(value)
  return typeof value === 'number' ? String(value) : plain(JSON.stringify(value))
}

const isRows = (value: unknown): value is Row[] => Array.isArray(value) && value.length > 0 && value.every(isRow)

/** A value in one line: lists of words joined, lists of records counted. */
const cell = (value: unknown): string => {
  if (!Array.isArray(value)) return scalar(value).replaceAll('\n', '↵')
  if (isRows(value)) return `${value.length} …`
  return value.length === 0 ? '–' : value.map(scalar).join(', ')
}

/** Fields of records inside a row become columns of their own: `actor.name`. */
const flatten = (row: Row, prefix = ''): Row =>
  Object.fromEntries(
    Object.entries(row).flatMap(([name, value]): [string, unknown][] =>
      isRow(value) ? Object.entries(flatten(value, `${prefix}${name}.`)) : [[prefix + name, value]],
    ),
  )

const width = (text: string): number => [...text].length
const pad = (text: string, columns: number): string => text + ' '.repeat(Math.max(0, columns - width(text)))

/** Rows under a head. Where they are wider than the terminal, each becomes a record instead: nothing is cut off. */
const table = (rows: readonly Row[], columns: number | null): string[] => {
  const flat = rows.map((row) => flatten(row))
  const names = [...new Set(flat.flatMap((row) => Object.keys(row)))]
  const lines = [names.map(label), ...flat.map((row) => names.map((name) => cell(row[name])))]
  const widths = names.map((_, index) => Math.max(...lines.map((line) => width(line[index] ?? ''))))
  const total = widths.reduce((sum, each) => sum + each + 2, -2)
  if (columns !== null && total > columns)
    return rows.flatMap((row, index) => [...(index > 0 ? [''] : []), ...record(row, columns)])
  return lines.map((line) =>
    line
      .map((text, index) => pad(text, widths[index] ?? 0))
      .join('  ')
      .trimEnd(),
  )
}

const indented = (lines: readonly string[]): string[] => lines.map((line) => (line ? `  ${line}` : ''))

/** A field a line; what has several lines stands below its name. */
const record = (row: Row, columns: number | null): string[] => {
  const inner = columns === null ? null : columns - 2
  const names = Math.max(
    0,
    ...Object.entries(row).map(([name, value]) => (isRow(value) || isRows(value) ? 0 : width(label(name)))),
  )
  return Object.entries(row).flatMap(([name, value]) => {
    if (isRow(value)) return [label(name), ...indented(record(value, inner))]
    if (isRows(value)) return [label(name), ...indented(table(value, inner))]
    const text = Array.isArray(value) ? cell(value) : scalar(value)
    return text.includes('\n') ? [label(name), ...indented(text.trimEnd().split('\n'))] : [`${pad(label(name), names)}  ${text}`]
  })
}

/** An answer for people: lists as tables, records as fields. `columns` is the terminal's width, null when there is none. */
export const render = (value: unknown, columns: number | null): string => {
  if (!isRow(value)) return `${scalar(value)}\n`
  const { rows, next: _next, ...rest } = value
  if (!Array.isArray(rows)) return `${record(value, columns).join('\n')}\n`
  const list = isRows(rows) ? table(rows, columns) : ['Nothing here.']
  const others = Object.keys(rest).length > 0 ? ['', ...record(rest, columns)] : []
  return `${[...list, ...others].join('\n')}\n`
}
