import { Copy } from '../../kit/index.ts'
import classes from './sso.module.css'

/** A value to be entered elsewhere, exactly. */
export const Copied = ({ value, what }: { value: string; what: string }) => (
  <span className={classes['copied']}>
    <code>{value}</code>
    <Copy value={value} what={what} />
  </span>
)
