import { Alert, Button } from '@mantine/core'
import { IconAlertTriangle } from '@tabler/icons-react'
import { useEffect, useRef } from 'react'
import { explain, type Explained } from './explain.ts'
import classes from './kit.module.css'

export interface ProblemNoticeProps {
  problem: Explained | null
  /** Offers to try again, for reads. */
  retry?: () => void
}

/** What happened, what was not changed, what to do; the code small beneath. Nothing when there is no problem. */
export const ProblemNotice = ({ problem, retry }: ProblemNoticeProps) => {
  const ref = useRef<HTMLDivElement>(null)
  useEffect(() => {
    ref.current?.scrollIntoView({ block: 'nearest' })
  }, [problem])
  if (!problem) return null
  return (
    <Alert
      ref={ref}
      role="alert"
      variant="outline"
      color="red"
      icon={<IconAlertTriangle size={18} aria-hidden />}
      title={problem.title}
      className={classes['problem']}
    >
      {[problem.effect, problem.advice].filter(Boolean).join(' ')}
      {retry && (
        <div>
          <Button variant="default" size="xs" mt="xs" onClick={retry}>
            Try again
          </Button>
        </div>
      )}
      <div className={classes['code']}>
        {problem.code}
        {problem.instance && ` · ${problem.instance}`}
      </div>
    </Alert>
  )
}

/** The same for a query that failed. `sentences`: the operation's own codes. */
export const ReadProblem = ({
  error,
  retry,
  sentences,
}: {
  error: Error | null
  retry?: () => void
  sentences?: Record<string, string>
}) => (error ? <ProblemNotice problem={explain(error, sentences, 'read')} {...(retry && { retry })} /> : null)
