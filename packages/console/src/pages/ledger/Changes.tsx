import type { LedgerChange } from '@holdfast/contract'
import { IconLock } from '@tabler/icons-react'
import type { z } from 'zod'
import { Id } from '../../kit/index.ts'
import { changeInWords, fieldRows } from './changes.ts'
import classes from './ledger.module.css'

type Change = z.infer<typeof LedgerChange>

const Value = ({ value }: { value: string | null }) => {
  if (value === null) return <span className={classes['quiet']}>nothing</span>
  if (value === 'sealed')
    return (
      <span className={classes['sealed']}>
        <IconLock size={12} aria-hidden /> sealed
      </span>
    )
  return <span className={classes['value']}>{value}</span>
}

/** What one operation changed: a table of fields for each row, before and after. */
export const Changes = ({ changes }: { changes: readonly Change[] }) => {
  if (changes.length === 0) return <p className={classes['quiet']}>No rows changed. The entry records that it happened.</p>
  return changes.map((change) => (
    <div className={classes['change']} key={`${change.table} ${change.key}`}>
      <div className={classes['changeHead']}>
        <strong>{changeInWords(change)}</strong> {change.key && <Id value={change.key} what="the row’s key" />}
      </div>
      <div className={classes['scroll']} tabIndex={0} role="region" aria-label={`Fields of ${change.table} ${change.key}`}>
        <table>
          <thead>
            <tr>
              <th scope="col">Field</th>
              {change.kind !== 'insert' && <th scope="col">Before</th>}
              {change.kind !== 'delete' && <th scope="col">After</th>}
            </tr>
          </thead>
          <tbody>
            {fieldRows(change).map(({ name, before, after, changed }) => (
              <tr key={name}>
                <th scope="row">{name}</th>
                {change.kind !== 'insert' && (
                  <td data-side={changed ? 'before' : undefined}>
                    <Value value={before} />
                  </td>
                )}
                {change.kind !== 'delete' && (
                  <td data-side={changed ? 'after' : undefined}>
                    <Value value={after} />
                  </td>
                )}
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </div>
  ))
}
