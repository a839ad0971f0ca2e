import { Button, Group, Skeleton, Stack } from '@mantine/core'
import { obligations, recovery, type RecoveryId } from '@holdfast/contract'
import { useState } from 'react'
import {
  Facts,
  Id,
  Page,
  ProblemNotice,
  ReadProblem,
  Section,
  State,
  Time,
  useCommandOf,
  useMay,
  useParam,
  useQueryOf,
  useSession,
} from '../../kit/index.ts'
import { By } from '../By.tsx'
import { CodeField, plainCode } from '../CodeField.tsx'
import { Timeline } from '../LazyTimeline.tsx'
import { ReasonDialog } from '../ReasonDialog.tsx'
import { refused, stateWords, type Recovery } from '../recoveryWords.ts'

const changes = [recovery.list, recovery.read, obligations.mine] as const

const Refuse = ({ id }: { id: RecoveryId }) => {
  const [opened, setOpened] = useState(false)
  const { recovery_not_found, not_open, own_recovery } = refused
  const { run, running, problem } = useCommandOf(recovery.refuse, {
    refresh: changes,
    done: 'Refused.',
    onDone: () => setOpened(false),
    explain: { recovery_not_found, not_open, own_recovery },
  })
  return (
    <>
      <Button variant="default" c="var(--hf-bad)" onClick={() => setOpened(true)}>
        Refuse
      </Button>
      <ReasonDialog
        opened={opened}
        onClose={() => setOpened(false)}
        title="Refuse the recovery?"
        consequences={['The person keeps only the factors they have, and is told by mail.']}
        undo="They can ask again."
        verb="Refuse"
        danger
        read="Stands in the ledger"
        running={running}
        problem={problem}
        onConfirm={(reason) => void run({ id, reason })}
      />
    </>
  )
}

const Confirm = ({ found }: { found: Recovery }) => {
  const { id } = found
  const [code, setCode] = useState('')
  const { run, running, problem } = useCommandOf(recovery.confirm, {
    refresh: changes,
    done: 'Confirmed.',
    explain: {
      ...refused,
      already_confirmed: 'You have confirmed it already. Somebody else must be the second.',
      owner_needed: 'It is an Owner’s: one of the two must be an Owner.',
      no_factor: 'You need a second factor for this. Add one first.',
      code_refused: 'That code was not accepted. Wait for the next one.',
      passkey_refused: 'That passkey was not accepted. It may have taken too long: try again.',
      code_needed: 'Enter a code, or use a passkey.',
    },
  })
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault()
        void run({ id, code: plainCode(code) })
      }}
    >
      <Stack gap="md">
        <CodeField
          value={code}
          onChange={setCode}
          for="this confirmation"
          act={{ operation: recovery.confirm, input: { id } }}
          onPasskey={(passkey) => run({ id, passkey })}
        />
        <ProblemNotice problem={problem} />
        <Group gap="xs">
          <Button type="submit" loading={running} disabled={code.trim() === ''}>
            It is them
          </Button>
        </Group>
      </Stack>
    </form>
  )
}

const Decide = ({ found }: { found: Recovery }) => {
  const me = useSession().person.id
  const given = found.confirmations.some(({ personId }) => personId === me)
  if (found.personId === me || found.state !== 'asked') return null
  return (
    <Section
      title="Is it them?"
      about="Speak to them, face to face or by a number you knew before: whoever wrote this knows their password, and perhaps nothing else."
    >
      {given ? <p>You have confirmed. Another Owner or Admin must be the second.</p> : <Confirm found={found} />}
    </Section>
  )
}

const Confirmations = ({ found }: { found: Recovery }) => (
  <>
    {found.confirmations.length === 0 && `nobody yet; two are needed${found.ownerNeeded ? ', one of them an Owner' : ''}`}
    {found.confirmations.map(({ personId, at }) => (
      <div key={personId}>
        <By id={personId} />, <Time at={at} />
      </div>
    ))}
  </>
)

/** One member's lost second factor: what happened, who confirmed, from when a new one can be enrolled. */
export const RecoveryPage = () => {
  const id = useParam('id') as RecoveryId
  const may = useMay()
  const me = useSession().person.id
  const { data, error, refetch } = useQueryOf(recovery.read, { id })
  const parent = { to: '/members', title: 'Members' }
  if (!data)
    return (
      <Page title="Lost second factor" parent={parent} permission="member:write">
        {error ? <ReadProblem error={error} sentences={refused} retry={() => void refetch()} /> : <Skeleton height={240} />}
      </Page>
    )
  const [kind, words] = stateWords[data.state]
  const open = data.state === 'asked' || data.state === 'confirmed'
  return (
    <Page
      title="Lost second factor"
      about="Two of you confirm; a day passes in which the person can stop it; then they enrol a new one, once."
      parent={parent}
      badge={<State kind={kind}>{words}</State>}
      permission="member:write"
      action={open && data.personId !== me && <Refuse id={data.id} />}
    >
      <Facts
        rows={[
          ['Whose', <By key="whose" id={data.personId} />],
          ['What happened', data.reason],
          ['Asked by', <By key="by" id={data.askedBy} />],
          ['Asked', <Time key="asked" at={data.askedAt} full />],
          ['Confirmed by', <Confirmations key="given" found={data} />],
          [
            'New factor from',
            data.readyAt === null ? 'a day after the second confirmation' : <Time key="from" at={data.readyAt} full />,
          ],
          ['Until', data.readyUntil === null ? 'three days later' : <Time key="until" at={data.readyUntil} full />],
          ['Id', <Id key="id" value={data.id} what="the id of the recovery" />],
        ]}
      />
      <Decide found={data} />
      {may('ledger:read') && (
        <Section title="Timeline" about="What the ledger recorded about it.">
          <Timeline targets={[data.id]} />
        </Section>
      )}
    </Page>
  )
}
