import type { Explained } from '../kit/index.ts'
import classes from './Missing.module.css'

/** Where somebody is not cleared, each thing that is missing. */
export const Missing = ({ problem }: { problem: Explained | null }) =>
  problem?.code === 'not_cleared' && (
    <ul className={classes['missing']}>
      {Object.entries(problem.fields).map(([code, detail]) => (
        <li key={code}>{detail}</li>
      ))}
    </ul>
  )
