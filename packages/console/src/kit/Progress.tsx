import { Progress as Bar } from '@mantine/core'
import classes from './kit.module.css'

const numbers = new Intl.NumberFormat('en')
export const count = (n: number): string => numbers.format(n)

export interface ProgressProps {
  done: number
  /** Null when it is not known yet. */
  total: number | null
  /** What is counted: "entries". */
  unit: string
  label: string
}

/** A bar with its numbers: "12,000 of 48,210 entries". */
export const Progress = ({ done, total, unit, label }: ProgressProps) => {
  const percent = total === null || total === 0 ? 0 : Math.min(100, (done / total) * 100)
  return (
    <div className={classes['progress']}>
      <Bar.Root size="sm">
        <Bar.Section
          value={total === null ? 100 : percent}
          animated={total === null}
          striped={total === null}
          aria-label={label}
        />
      </Bar.Root>
      <span aria-live="off">
        {count(done)} {total !== null && `of ${count(total)} `}
        {unit}
      </span>
    </div>
  )
}
