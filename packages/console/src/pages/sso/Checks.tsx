import { State } from '../../kit/index.ts'
import type { Check } from './answers.ts'
import classes from './sso.module.css'

const kindOf = ({ passed, needed }: Check) => (passed ? 'good' : needed ? 'bad' : 'warn')
const wordOf = ({ passed, needed }: Check) => (passed ? 'passed' : needed ? 'failed' : 'not so')

/** Checks in plain words, each with what came of it. `open`: they were not tried and failed, they are still to do. */
export const Checks = ({ checks, label, open = false }: { checks: readonly Check[]; label: string; open?: boolean }) => (
  <ul className={classes['checks']} aria-label={label}>
    {checks.map((check) => (
      <li key={check.name}>
        <span className={classes['checkName']}>{check.name}</span>
        <State kind={open && !check.passed ? 'quiet' : kindOf(check)}>
          {open ? (check.passed ? 'done' : 'to do') : wordOf(check)}
        </State>
        <span className={classes['checkDetail']}>{check.detail}</span>
      </li>
    ))}
  </ul>
)
