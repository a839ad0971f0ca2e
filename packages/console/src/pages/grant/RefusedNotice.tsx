import { ProblemNotice, type Explained } from '../../kit/index.ts'
import { Missing } from '../Missing.tsx'

/** Why it was refused; where somebody is not cleared, each thing that is missing. */
export const RefusedNotice = ({ problem }: { problem: Explained | null }) => (
  <>
    <Missing problem={problem} />
    <ProblemNotice problem={problem} />
  </>
)
