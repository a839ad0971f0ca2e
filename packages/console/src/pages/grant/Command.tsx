import { Copy } from '../../kit/index.ts'
import classes from './grant.module.css'

/** Something to copy into a terminal or a file, with what it is. */
export const Command = ({ label, value, what, long }: { label?: string; value: string; what: string; long?: true }) => (
  <div>
    {label && <p className={classes['label']}>{label}</p>}
    <div className={classes['command']}>
      <pre data-long={long} {...(long && { tabIndex: 0, role: 'region', 'aria-label': what })}>
        {value}
      </pre>
      <Copy value={value} what={what} />
    </div>
  </div>
)
