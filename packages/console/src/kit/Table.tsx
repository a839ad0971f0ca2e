import { Button, Skeleton } from '@mantine/core'
import { IconArrowDown, IconArrowUp } from '@tabler/icons-react'
import { useState, type ReactNode } from 'react'
import { isPlainClick, PageLink, useGo } from './PageLink.tsx'
import { ReadProblem } from './ProblemNotice.tsx'
import { count } from './Progress.tsx'
import { sorted, turned, type Sorting } from './sorting.ts'
import { Empty } from './State.tsx'
import classes from './Table.module.css'

export interface Column<R> {
  key: string
  title: string
  render: (row: R) => ReactNode
  /** What the column sorts by; absent, it does not sort. */
  sort?: (row: R) => string | number | null
  /** Figures stand to the right. */
  align?: 'right'
  /** Left out on a phone. */
  wide?: boolean
  /** Takes what width is left. */
  grow?: boolean
  /** A column of buttons: the title is for screen readers only. */
  actions?: boolean
}

export interface TableProps<R> {
  /** What the table lists, for screen readers: "Members". */
  label: string
  columns: readonly Column<R>[]
  /** Undefined while the first rows load. */
  rows: readonly R[] | undefined
  rowKey: (row: R) => string | number
  /** The record page of a row. The first column becomes its link; a click anywhere on the row follows it. */
  to?: (row: R) => string
  error?: Error | null
  retry?: () => void
  /** Shown in place of the table when there are no rows: what this is, and one button. */
  empty: { title: string; text: ReactNode; action?: ReactNode }
  more?: (() => void) | null
  loadingMore?: boolean
  stale?: boolean
  initialSort?: Sorting
}

const Head = <R,>({
  columns,
  sorting,
  onSort,
}: {
  columns: readonly Column<R>[]
  sorting: Sorting | null
  onSort: (key: string) => void
}) => (
  <thead>
    <tr>
      {columns.map(({ key, title, sort, align, wide, grow, actions }) => (
        <th
          key={key}
          scope="col"
          data-align={align}
          data-wide={wide || undefined}
          data-grow={grow || undefined}
          {...(sorting?.key === key && { 'aria-sort': sorting.down ? 'descending' : 'ascending' })}
        >
          {sort ? (
            <button type="button" className={classes['sort']} onClick={() => onSort(key)}>
              {title}
              {sorting?.key === key ? (
                sorting.down ? (
                  <IconArrowDown size={13} aria-hidden />
                ) : (
                  <IconArrowUp size={13} aria-hidden />
                )
              ) : null}
            </button>
          ) : actions ? (
            <span className="visually-hidden">{title}</span>
          ) : (
            title
          )}
        </th>
      ))}
    </tr>
  </thead>
)

const widths = ['72%', '48%', '60%', '40%', '55%']
const Skeletons = <R,>({ columns }: { columns: readonly Column<R>[] }) => (
  <tbody aria-hidden>
    {Array.from({ length: 6 }, (_, row) => (
      <tr key={row}>
        {columns.map(({ key, wide }, column) => (
          <td key={key} data-wide={wide || undefined}>
            <Skeleton height={10} my={5} width={widths[(row + column) % widths.length] ?? '50%'} />
          </td>
        ))}
      </tr>
    ))}
  </tbody>
)

/** A click on a link, button or field inside a row is that element's own; selecting text is not a click either. */
const isOwnClick = (target: EventTarget): boolean =>
  (target instanceof Element && target.closest('a, button, input, select, textarea, label, [role="menu"], time') !== null) ||
  (getSelection()?.toString() ?? '') !== ''

const Row = <R,>({ row, columns, to }: { row: R; columns: readonly Column<R>[]; to: ((row: R) => string) | undefined }) => {
  const go = useGo()
  return (
    <tr
      data-link={to ? true : undefined}
      // For the mouse only: the keyboard and screen readers have the link in the first cell.
      onClick={to && ((event) => isPlainClick(event) && !isOwnClick(event.target) && go(to(row)))}
    >
      {columns.map(({ key, render, align, wide, grow, actions }, index) => (
        <td
          key={key}
          data-align={align}
          data-wide={wide || undefined}
          data-grow={grow || undefined}
          data-actions={actions || undefined}
        >
          {index === 0 && to ? (
            <PageLink to={to(row)} className={classes['first'] ?? ''}>
              {render(row)}
            </PageLink>
          ) : (
            render(row)
          )}
        </td>
      ))}
    </tr>
  )
}

/** A list: dense, sticky head, sorting of what is loaded, skeletons of the real shape, cursor paging. */
export const Table = <R,>(props: TableProps<R>) => {
  const { label, columns, rows, rowKey, to, error, retry, empty, more, loadingMore, stale, initialSort } = props
  const [sorting, setSorting] = useState<Sorting | null>(initialSort ?? null)
  if (error && !rows) return <ReadProblem error={error} {...(retry && { retry })} />
  if (rows?.length === 0) return <Empty {...empty} />
  const by = columns.find(({ key }) => key === sorting?.key)?.sort
  return (
    <div>
      {/* Scrolls sideways on narrow screens, so the keyboard must reach it (WCAG 2.1.1). */}
      <div className={classes['scroll']} tabIndex={0} role="region" aria-label={label} aria-busy={!rows || stale || undefined}>
        <table className={classes['table']}>
          <Head columns={columns} sorting={sorting} onSort={(key) => setSorting((now) => turned(now, key))} />
          {rows ? (
            <tbody data-stale={stale || undefined}>
              {sorted(rows, by, sorting?.down ?? false).map((row) => (
                <Row key={rowKey(row)} row={row} columns={columns} to={to} />
              ))}
            </tbody>
          ) : (
            <Skeletons columns={columns} />
          )}
        </table>
      </div>
      {rows && (
        <div className={classes['foot']}>
          <span>
            {count(rows.length)} {more ? 'shown, there are more' : rows.length === 1 ? 'row' : 'rows'}
          </span>
          {more && (
            <Button variant="default" size="xs" onClick={more} loading={loadingMore ?? false}>
              Show more
            </Button>
          )}
        </div>
      )}
    </div>
  )
}
