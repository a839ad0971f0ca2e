import {
  contentsOf,
  entitlements,
  operator,
  planNames,
  plans,
  type Entitlement,
  type OutputOf,
  type Plan,
} from '@holdfast/contract'
import { Button, Group, NativeSelect, Stack, TextInput } from '@mantine/core'
import { useState } from 'react'
import { ProblemNotice, useCommandOf } from '../../kit/index.ts'

const titles = (names: readonly Entitlement[]): string => names.map((name) => entitlements[name].title).join('; ')

/** "Growth: Single sign-on …" for a list to choose from. */
export const planChoices = plans.map((value) => ({ value, label: planNames[value] }))

const consequence = (plan: Plan): string => {
  const { includes, frozen } = contentsOf(plan)
  return frozen.length === 0
    ? `Contains: ${titles(includes)}.`
    : `Does not contain: ${titles(frozen)}. Where that is set up already it keeps working, and cannot be changed.`
}

/** The end of the day chosen, here; empty: no end. */
const endOf = (day: string): string | null => (day === '' ? null : new Date(`${day}T23:59:59.999`).toISOString())

export const SetPlan = ({
  row,
  onClose,
}: {
  row: OutputOf<typeof operator.organisations>['rows'][number]
  onClose: () => void
}) => {
  const [plan, setPlan] = useState<Plan>(row.plan)
  const [day, setDay] = useState('')
  const set = useCommandOf(operator.setPlan, {
    refresh: [operator.organisations],
    done: 'Plan set. It holds from the next request on.',
    onDone: onClose,
    explain: {
      organisation_not_found: 'There is no such organisation any more.',
      operator_organisation: 'The organisation that runs the installation is always on Enterprise.',
      ends_in_the_past: 'Choose a day that is not over yet.',
    },
  })
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault()
        void set.run({ id: row.id, plan, endsAt: endOf(day) })
      }}
    >
      <Stack gap="sm">
        <NativeSelect
          label="Plan"
          description={consequence(plan)}
          data={planChoices}
          value={plan}
          onChange={(event) => setPlan(event.currentTarget.value as Plan)}
        />
        <TextInput
          label="Until"
          description="Then it becomes Starter. Leave it empty for no end."
          type="date"
          value={day}
          onChange={(event) => setDay(event.currentTarget.value)}
        />
        <ProblemNotice problem={set.problem} />
        <Group justify="flex-end" gap="xs">
          <Button variant="default" onClick={onClose}>
            Cancel
          </Button>
          <Button type="submit" loading={set.running}>
            Set the plan
          </Button>
        </Group>
      </Stack>
    </form>
  )
}
