import { ProblemNotice, type Explained } from '../../kit/index.ts'
import classes from './grant.module.css'

/** Why it was refused; where somebody is not cleared, each thing that is missing. */
export const RefusedNotice = ({ problem }: { problem: Explained | null }) => (
  <>
    {problem?.code === 'not_cleared' && (
      <ul className={classes['missing']}>
        {Object.entries(problem.fields).map(([code, detail]) => (
          <li key={code}>{detail}</li>
        ))}
      </ul>
    )}
    <ProblemNotice problem={problem} />
  </>
)
