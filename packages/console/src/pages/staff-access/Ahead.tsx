import { staffAccess, type StaffRole } from '@holdfast/contract'
import { Button, Checkbox, Group, NativeSelect, Skeleton, Stack } from '@mantine/core'
import { Facts, ProblemNotice, ReadProblem, Time, useCommandOf, useFormOf, useMay, useQueryOf } from '../../kit/index.ts'
import { durationInWords } from '../accessWords.ts'
import { By } from '../By.tsx'
import { staffAnswers } from '../staffAnswers.ts'
import { reachInWords, staffDurations } from '../staffWords.ts'

const Allow = () => {
  const allow = useCommandOf(staffAccess.allowAhead, {
    refresh: staffAnswers,
    done: 'Allowed in advance.',
    explain: {
      own_organisation: 'This is the operator’s own organisation: its people need no access to it.',
      own_request: 'You work for the operator as well: somebody else must allow it.',
    },
  })
  const initial: { role: StaffRole; maxSeconds: number; ticketRequired: boolean } = {
    ...{ role: 'viewer', maxSeconds: 3600, ticketRequired: true },
  }
  const form = useFormOf(staffAccess.allowAhead, initial, allow.problem)
  return (
    <form onSubmit={form.submit(allow.run)} noValidate>
      <Stack gap="sm" maw={420}>
        <NativeSelect
          label="Staff may read as much as a"
          data={[
            { value: 'viewer', label: 'Viewer' },
            { value: 'reviewer', label: 'Reviewer' },
          ]}
          value={form.values.role}
          onChange={(event) => form.set('role', event.currentTarget.value as StaffRole)}
        />
        <NativeSelect
          label="For at most"
          data={staffDurations.map((seconds) => ({ value: String(seconds), label: durationInWords(seconds) }))}
          value={String(form.values.maxSeconds)}
          onChange={(event) => form.set('maxSeconds', Number(event.currentTarget.value))}
        />
        <Checkbox
          label="Only with the number of a ticket"
          checked={form.values.ticketRequired}
          onChange={(event) => form.set('ticketRequired', event.currentTarget.checked)}
        />
        <ProblemNotice problem={allow.problem} />
        <Group>
          <Button type="submit" variant="default" loading={allow.running}>
            Allow in advance
          </Button>
        </Group>
      </Stack>
    </form>
  )
}

const Withdraw = () => {
  const withdraw = useCommandOf(staffAccess.withdraw, {
    refresh: staffAnswers,
    done: 'Withdrawn. Whoever was in by it is out.',
    explain: { nothing_allowed: 'Nothing is allowed in advance.' },
  })
  return (
    <Group>
      <Button color="red" variant="outline" loading={withdraw.running} onClick={() => void withdraw.run({})}>
        Withdraw
      </Button>
      <ProblemNotice problem={withdraw.problem} />
    </Group>
  )
}

/** The standing policy: what it allows, and how to set or withdraw it. */
export const Ahead = () => {
  const may = useMay()
  const { data, error } = useQueryOf(staffAccess.policy, {})
  if (error) return <ReadProblem error={error} />
  if (!data) return <Skeleton height={80} />
  const { policy } = data
  if (!policy) return may('staff-access:decide') ? <Allow /> : <p>Nothing is allowed in advance.</p>
  return (
    <Stack gap="md">
      <Facts
        rows={[
          ['How far', reachInWords({ role: policy.role, write: false })],
          ['For at most', durationInWords(policy.maxSeconds)],
          ['Ticket', policy.ticketRequired ? 'needed' : 'not needed'],
          [
            'Set',
            <span key="set">
              <Time at={policy.setAt} full /> by <By id={policy.setBy} />
            </span>,
          ],
        ]}
      />
      {may('staff-access:decide') && <Withdraw />}
    </Stack>
  )
}
