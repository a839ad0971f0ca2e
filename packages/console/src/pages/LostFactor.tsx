import { Anchor, Button, Stack, Textarea } from '@mantine/core'
import { recovery } from '@holdfast/contract'
import { useState } from 'react'
import { ProblemNotice, ReadProblem, Time, useCommandOf, useFormOf, useQueryOf } from '../kit/index.ts'
import { useSessionChanged } from '../shell/changed.ts'
import { takeNext } from '../shell/next.ts'
import { EnrolFactor } from './EnrolPasskey.tsx'
import { askRefused, type Recovery } from './recoveryWords.ts'

const Ask = ({ onBack }: { onBack: () => void }) => {
  const { run, running, problem } = useCommandOf(recovery.ask, { refresh: [recovery.mine], done: null, explain: askRefused })
  const form = useFormOf(recovery.ask, { reason: '' }, problem)
  return (
    <form onSubmit={form.submit(run)}>
      <Stack gap="md">
        <p>
          If you still have a recovery code, go back and use it: that is faster. Otherwise two Owners or Admins must confirm that
          it is you. Then a day passes, in which you can stop it by a link in your mail; after it you enrol a new factor, and the
          old ones stop working.
        </p>
        <Textarea
          label="What happened"
          description="They read it, and will speak to you"
          required
          autosize
          minRows={2}
          maxLength={500}
          {...form.text('reason')}
        />
        <ProblemNotice problem={problem} />
        <Button type="submit" loading={running}>
          Ask them
        </Button>
        <Anchor component="button" type="button" onClick={onBack}>
          Back
        </Anchor>
      </Stack>
    </form>
  )
}

const Waiting = ({ found }: { found: Recovery }) => {
  if (found.state === 'asked')
    return (
      <p>
        {found.confirmations.length === 0 ? 'Nobody has confirmed yet.' : 'One of the two has confirmed.'} Speak to your Owners
        and Admins; each step comes to you by mail as well.
      </p>
    )
  return (
    <p>
      Two have confirmed. You can enrol a new factor from <Time at={found.readyAt} full /> on; sign in again then. If you did not
      want this, stop it with the link in your mail.
    </p>
  )
}

const isReady = ({ state, readyAt, readyUntil }: Recovery): boolean =>
  state === 'confirmed' &&
  readyAt !== null &&
  readyUntil !== null &&
  Date.parse(readyAt) <= Date.now() &&
  Date.now() < Date.parse(readyUntil)

/** How far it is, or how to begin it. What was found on arrival stays: the recovery codes of the new factor are shown to their end. */
const Found = ({ found, onBack }: { found: Recovery | null; onBack: () => void }) => {
  const changed = useSessionChanged()
  const [ready] = useState(found !== null && isReady(found))
  if (ready) return <EnrolFactor onDone={() => changed(takeNext())} />
  const open = found !== null && (found.state === 'asked' || found.state === 'confirmed')
  return open ? <Waiting found={found} /> : <Ask onBack={onBack} />
}

/** For whoever has lost their second factor and all recovery codes; only from the session that asks for it. */
export const LostFactor = ({ onBack }: { onBack: () => void }) => {
  const mine = useQueryOf(recovery.mine, {})
  if (mine.error) return <ReadProblem error={mine.error} retry={() => void mine.refetch()} />
  if (!mine.data) return null
  const found = mine.data.recovery
  return <Found key={found === null ? 'none' : found.id + found.state} found={found} onBack={onBack} />
}
