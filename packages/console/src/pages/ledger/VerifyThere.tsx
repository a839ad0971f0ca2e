import { ledger } from '@holdfast/contract'
import { Button } from '@mantine/core'
import { IconAlertTriangle, IconCircleCheck } from '@tabler/icons-react'
import { useEffect, useRef, useState } from 'react'
import { api, explain, PageLink, ProblemNotice, Progress as Bar, Section, type Explained } from '../../kit/index.ts'
import { readServerVerdict, type Progress, type ServerVerdict } from '../../verify/serverVerdict.ts'
import classes from './verify.module.css'

/** The server checks itself: quick and for everybody, and as believable as the server is. */
export const VerifyThere = () => {
  const [progress, setProgress] = useState<Progress | null>(null)
  const [running, setRunning] = useState(false)
  const [verdict, setVerdict] = useState<ServerVerdict | null>(null)
  const [problem, setProblem] = useState<Explained | null>(null)
  const controller = useRef<AbortController | null>(null)
  useEffect(() => () => controller.current?.abort(), [])
  const run = async () => {
    const { signal } = (controller.current = new AbortController())
    setRunning(true)
    setProblem(null)
    setVerdict(null)
    setProgress(null)
    try {
      const { body } = await api.open(ledger.verify, {}, { signal })
      if (body) setVerdict(await readServerVerdict(body, setProgress))
    } catch (error) {
      if (!signal.aborted) setProblem(explain(error, {}, 'read'))
    } finally {
      setRunning(false)
    }
  }
  return (
    <Section
      title="On the server"
      about="The server recomputes its own chain. It is quick and needs no download, but it asks the server to judge itself: only the check in this browser and the one offline need no trust in it."
    >
      <div>
        <Button variant="default" onClick={() => void run()} loading={running}>
          Verify on the server
        </Button>
      </div>
      {running && progress && <Bar label="The server verifies" done={progress.entries} total={progress.total} unit="entries" />}
      {verdict && (
        <div className={classes['verdict']} data-ok={verdict.ok} role="status">
          {verdict.ok ? <IconCircleCheck size={22} aria-hidden /> : <IconAlertTriangle size={22} aria-hidden />}
          <div>
            <h3>{verdict.ok ? 'The server finds its chain whole' : 'The server finds its chain broken'}</h3>
            <p>
              {verdict.message}{' '}
              {!verdict.ok && verdict.seq !== undefined && (
                <PageLink to={`/ledger/${verdict.seq}`} td="underline">
                  Look at entry #{verdict.seq}
                </PageLink>
              )}
            </p>
          </div>
        </div>
      )}
      <ProblemNotice problem={problem} />
    </Section>
  )
}
