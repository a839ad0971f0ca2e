import { PageLink } from '../../kit/index.ts'
import classes from './policy.module.css'
import type { PolicyRow } from './steps.ts'

/** What waits for the reader, named, above the list. Nothing when nothing waits. */
export const Duties = ({ rows }: { rows: readonly PolicyRow[] }) => {
  const open = rows.filter((row) => !row.acknowledgedByMe && row.publishedVersion !== null && !row.retired)
  if (open.length === 0) return null
  return (
    <div className={classes['step']} data-mine>
      <div>
        <strong>{open.length === 1 ? 'One policy waits for you' : `${open.length} policies wait for you`}</strong>
        <p>
          Read and acknowledge{' '}
          {open.slice(0, 4).map((row, index) => (
            <span key={row.id}>
              {index > 0 && ', '}
              <PageLink to={`/policies/${row.id}`} td="underline">
                {row.title}
              </PageLink>
            </span>
          ))}
          {open.length > 4 && ` and ${open.length - 4} more`}.
        </p>
      </div>
    </div>
  )
}
