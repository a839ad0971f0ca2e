import { obligations } from '@holdfast/contract'
import { Button, Textarea, TextInput } from '@mantine/core'
import { useState } from 'react'
import { ConfirmDialog, useCommandOf, useDo, useGo } from '../../kit/index.ts'
import { ReasonDialog } from '../ReasonDialog.tsx'
import type { Detail } from './words.ts'

const answers = [obligations.read, obligations.list, obligations.mine]
const gone = {
  obligation_not_found: 'That obligation no longer exists.',
  obligation_ended: 'It ended meanwhile: a colleague did it, or it is no longer owed.',
}
const firm = 'This deadline is not ours to move.'

interface Part {
  detail: Detail
  opened: boolean
  onClose: () => void
}

const Reason = ({ value, onChange }: { value: string; onChange: (text: string) => void }) => (
  <Textarea
    label="Why"
    description="Stands in the ledger."
    required
    autosize
    minRows={2}
    maxLength={500}
    value={value}
    onChange={(event) => onChange(event.currentTarget.value)}
  />
)

const Pause = ({ detail, opened, onClose }: Part) => {
  const pause = useCommandOf(obligations.pause, {
    refresh: answers,
    done: 'The clock stands.',
    onDone: onClose,
    explain: {
      ...gone,
      obligation_firm: firm,
      already_paused: 'A colleague paused it first.',
      overdue: 'It is late already. Set another deadline instead.',
    },
  })
  return (
    <ReasonDialog
      opened={opened}
      onClose={onClose}
      title="Stop the clock?"
      consequences={[
        'Nobody is warned and no deadline passes while it stands.',
        'When it goes on, as much time is left as there is now.',
      ]}
      undo="It can be started again at any time."
      verb="Stop the clock"
      running={pause.running}
      problem={pause.problem}
      read="It stands in the ledger."
      onConfirm={(reason) => void pause.run({ id: detail.id, reason })}
    />
  )
}

const Resume = ({ detail, opened, onClose }: Part) => {
  const resume = useCommandOf(obligations.resume, {
    refresh: answers,
    done: 'The clock goes on.',
    onDone: onClose,
    explain: { ...gone, not_paused: 'A colleague started it first.' },
  })
  return (
    <ReasonDialog
      opened={opened}
      onClose={onClose}
      title="Start the clock again?"
      consequences={['As much time is left as there was when it stopped, and every warning comes anew.']}
      undo="It can be stopped again."
      verb="Start the clock"
      running={resume.running}
      problem={resume.problem}
      read="It stands in the ledger."
      onConfirm={(reason) => void resume.run({ id: detail.id, reason })}
    />
  )
}

const Rebase = ({ detail, opened, onClose }: Part) => {
  const [reason, setReason] = useState('')
  const [at, setAt] = useState('')
  const go = useGo()
  const rebase = useCommandOf(obligations.rebase, {
    refresh: answers,
    done: 'There is a new deadline.',
    onDone: ({ id }) => {
      onClose()
      go(`/due/${id}`)
    },
    explain: { ...gone, obligation_firm: firm, due_in_the_past: 'Choose a moment that is still to come.' },
  })
  const due = new Date(at)
  const known = !Number.isNaN(due.getTime())
  return (
    <ConfirmDialog
      opened={opened}
      onClose={onClose}
      title="Set another deadline?"
      consequences={[
        'This obligation ends as it is, with its history; a new one takes its place and names your reason.',
        'Warnings and escalations follow the new deadline.',
      ]}
      undo="The old deadline stays on record; a further one can be set."
      verb="Set the deadline"
      running={rebase.running}
      problem={rebase.problem}
      ready={known && reason.trim() !== ''}
      onConfirm={() => void rebase.run({ id: detail.id, dueAt: due.toISOString(), reason })}
    >
      <TextInput
        type="datetime-local"
        label="New deadline"
        description={`In your time zone, ${Intl.DateTimeFormat().resolvedOptions().timeZone}.`}
        required
        value={at}
        onChange={(event) => setAt(event.currentTarget.value)}
      />
      <Reason value={reason} onChange={setReason} />
    </ConfirmDialog>
  )
}

/** Pause, resume, another deadline: for those who may, while it is owed and where the deadline is ours to move. */
export const Move = ({ detail }: { detail: Detail }) => {
  const pause = useDo('pause')
  const resume = useDo('resume')
  const rebase = useDo('rebase')
  const { state, late, firm: fixed } = detail
  if (fixed || (state !== 'running' && state !== 'paused')) return null
  return (
    <>
      {state === 'paused' ? (
        <Button variant="default" onClick={resume.open}>
          Start the clock
        </Button>
      ) : (
        !late && (
          <Button variant="default" onClick={pause.open}>
            Stop the clock
          </Button>
        )
      )}
      <Button variant="default" onClick={rebase.open}>
        Set another deadline
      </Button>
      <Pause detail={detail} opened={pause.opened} onClose={pause.close} />
      <Resume detail={detail} opened={resume.opened} onClose={resume.close} />
      <Rebase detail={detail} opened={rebase.opened} onClose={rebase.close} />
    </>
  )
}
