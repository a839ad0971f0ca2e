import { Button, Group } from '@mantine/core'
import { IconPlayerStop, IconShieldCheck } from '@tabler/icons-react'
import { useState } from 'react'
import { count, dateInWords, ProblemNotice, Progress, Refusal, Section, useMay, useNow, useSession } from '../../kit/index.ts'
import { seenOf } from '../../verify/memory.ts'
import type { OutsideCheckpoint } from '../../verify/notes.ts'
import { FileDrop } from '../FileDrop.tsx'
import { FindingView } from './FindingView.tsx'
import { Outside } from './Outside.tsx'
import { rateInWords } from './rate.ts'
import { useVerification, type VerificationState } from './useVerification.ts'
import classes from './verify.module.css'

const Running = ({ state, cancel }: { state: VerificationState & { at: 'running' }; cancel: () => void }) => {
  const now = useNow(500)
  return (
    <div className={classes['running']}>
      <Progress label="Verifying" done={state.progress?.entries ?? 0} total={state.progress?.total ?? null} unit="entries" />
      <Group gap="sm">
        <span className={classes['quiet']}>
          {state.progress ? rateInWords(state.progress, now - state.startedAt) : 'Asking for the entries …'}
        </span>
        <Button variant="default" size="xs" leftSection={<IconPlayerStop size={14} aria-hidden />} onClick={cancel}>
          Cancel
        </Button>
      </Group>
    </div>
  )
}

const Memory = ({ org }: { org: string }) => {
  const seen = seenOf(org, localStorage)
  if (!seen)
    return (
      <p className={classes['quiet']}>
        This browser has not verified this organisation before. From now on it remembers how long the chain was and its root, and
        finds on the next visit what was rewritten since.
      </p>
    )
  return (
    <p className={classes['quiet']}>
      This browser has seen <strong>{count(seen.size)} entries</strong> on {dateInWords(seen.at)}. A chain that does not continue
      those is found.
    </p>
  )
}

/** The check that needs no trust in the server: this browser recomputes every hash. */
export const VerifyHere = ({ verifierKeys }: { verifierKeys: string[] }) => {
  const { organisation } = useSession()
  const mayExport = useMay()('ledger:export')
  const [held, setHeld] = useState<OutsideCheckpoint[]>([])
  const { state, verifyServer, verifyFile, cancel } = useVerification(organisation.id, held)
  const running = state.at === 'running'
  return (
    <Section
      title="In this browser"
      about="Every entry comes here and every hash is computed anew, by this browser. Nothing the server says about the chain is believed."
    >
      <Memory org={organisation.id} />
      <Outside org={organisation.id} verifierKeys={verifierKeys} held={held} onHeld={setHeld} />
      {mayExport ? null : <Refusal permission="ledger:export" />}
      <div className={classes['start']}>
        {mayExport && (
          <Button leftSection={<IconShieldCheck size={16} aria-hidden />} onClick={verifyServer} disabled={running}>
            Verify in this browser
          </Button>
        )}
        <FileDrop
          verb="Choose an export"
          accept=".jsonl,.ndjson,application/jsonl"
          text={
            mayExport ? 'or verify an export that you have: drop it here' : 'Somebody else’s export can be verified here: drop it'
          }
          onFiles={([file]) => file && void verifyFile(file)}
        />
      </div>
      {running && <Running state={state} cancel={cancel} />}
      {state.at === 'done' && <FindingView finding={state.finding} source={state.source} />}
      {state.at === 'failed' && state.problem.code !== 'step_up_required' && <ProblemNotice problem={state.problem} />}
    </Section>
  )
}
