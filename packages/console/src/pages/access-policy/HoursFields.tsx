import { Checkbox, NativeSelect, Stack, TextInput } from '@mantine/core'
import type { Form } from '../../kit/index.ts'
import classes from './access-policy.module.css'
import type { Rules } from './newRules.ts'

type Hours = NonNullable<Rules['hours']>

const weekdays = ['Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat', 'Sun']
const zones = [...new Set(['UTC', ...Intl.supportedValuesOf('timeZone')])]

const office = (): Hours => ({
  timeZone: Intl.DateTimeFormat().resolvedOptions().timeZone,
  weekdays: [1, 2, 3, 4, 5],
  from: '08:00',
  to: '18:00',
})

const Fields = ({ hours, set }: { hours: Hours; set: (hours: Hours) => void }) => (
  <Stack gap="md" pl="lg">
    <div className={classes['roles']} role="group" aria-label="Days">
      {weekdays.map((name, index) => (
        <Checkbox
          key={name}
          label={name}
          checked={hours.weekdays.includes(index + 1)}
          onChange={({ currentTarget: { checked } }) =>
            set({
              ...hours,
              weekdays: checked
                ? [...hours.weekdays, index + 1].toSorted((a, b) => a - b)
                : hours.weekdays.filter((day) => day !== index + 1),
            })
          }
        />
      ))}
    </div>
    <div className={classes['thirds']}>
      <TextInput
        type="time"
        label="From"
        value={hours.from}
        onChange={(event) => set({ ...hours, from: event.currentTarget.value })}
      />
      <TextInput type="time" label="To" value={hours.to} onChange={(event) => set({ ...hours, to: event.currentTarget.value })} />
      <NativeSelect
        label="Time zone"
        data={zones.includes(hours.timeZone) ? zones : [hours.timeZone, ...zones]}
        value={hours.timeZone}
        onChange={(event) => set({ ...hours, timeZone: event.currentTarget.value })}
      />
    </div>
  </Stack>
)

/** At any time, or within hours; a grant ends with them at the latest. */
export const HoursFields = ({ form }: { form: Form<Rules> }) => {
  const { hours } = form.values
  return (
    <>
      <Checkbox
        label="At certain hours only"
        description="A grant ends when they do, at the latest."
        checked={hours !== null}
        onChange={(event) => form.set('hours', event.currentTarget.checked ? office() : null)}
        error={form.error('hours')}
      />
      {hours && <Fields hours={hours} set={(next) => form.set('hours', next)} />}
    </>
  )
}
