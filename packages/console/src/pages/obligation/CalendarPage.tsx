import { obligations, type OutputOf } from '@holdfast/contract'
import { Button, Checkbox, Fieldset, NativeSelect, Stack, Textarea } from '@mantine/core'
import { useState } from 'react'
import { Facts, Page, ProblemNotice, ReadProblem, Time, useCommandOf, useMay, useQueryOf } from '../../kit/index.ts'
import { PersonName } from '../people.tsx'
import classes from './obligation.module.css'
import { holidaysOf } from './words.ts'

type Calendar = OutputOf<typeof obligations.readCalendar>

const weekdays = ['Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday', 'Sunday']
const zones = [...new Set(['UTC', ...Intl.supportedValuesOf('timeZone')])]

const linesOf = (holidays: Calendar['holidays']): string => holidays.map(({ on, name }) => `${on} ${name}`).join('\n')

const Fields = ({ calendar }: { calendar: Calendar }) => {
  const mayChange = useMay()('obligation:manage')
  const [timeZone, setTimeZone] = useState(calendar.timeZone)
  const [working, setWorking] = useState<readonly number[]>(calendar.weekdays)
  const [lines, setLines] = useState(linesOf(calendar.holidays))
  const save = useCommandOf(obligations.setCalendar, {
    refresh: [obligations.readCalendar],
    done: 'The working days are set.',
  })
  const holidays = holidaysOf(lines)
  const ready = holidays !== null && working.length > 0
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault()
        if (holidays) void save.run({ timeZone, weekdays: [...working], holidays })
      }}
    >
      <Stack gap="md" maw={520}>
        <NativeSelect
          label="Time zone"
          description="Where a working day begins and ends."
          data={zones.includes(timeZone) ? zones : [timeZone, ...zones]}
          value={timeZone}
          onChange={(event) => setTimeZone(event.currentTarget.value)}
          disabled={!mayChange}
        />
        <Fieldset legend="Working days" disabled={!mayChange}>
          <div className={classes['days']}>
            {weekdays.map((name, index) => (
              <Checkbox
                key={name}
                label={name}
                checked={working.includes(index + 1)}
                onChange={({ currentTarget: { checked } }) =>
                  setWorking((days) => (checked ? [...days, index + 1] : days.filter((day) => day !== index + 1)))
                }
              />
            ))}
          </div>
        </Fieldset>
        <Textarea
          label="Holidays"
          description="One a line: the date, then its name."
          placeholder="2026-12-25 Christmas"
          autosize
          minRows={4}
          maxRows={16}
          value={lines}
          error={holidays === null && 'Each line is a date as 2026-12-25, a space, and a name.'}
          onChange={(event) => setLines(event.currentTarget.value)}
          disabled={!mayChange}
        />
        <ProblemNotice problem={save.problem} />
        {mayChange && (
          <Button type="submit" loading={save.running} disabled={!ready} style={{ alignSelf: 'flex-start' }}>
            Save the working days
          </Button>
        )}
      </Stack>
    </form>
  )
}

/** Which days count for deadlines in business days. */
export const CalendarPage = () => {
  const { data, error, refetch } = useQueryOf(obligations.readCalendar, {})
  return (
    <Page
      title="Working days"
      about="Deadlines in business days count these. A deadline that runs already stays as it is."
      parent={{ to: '/due', title: 'Due' }}
      permission="obligation:read"
      narrow
    >
      {data ? (
        <>
          {data.version > 0 && data.setBy && (
            <Facts
              rows={[
                ['Setting', `number ${data.version}`],
                ['By', <PersonName key="by" id={data.setBy} />],
                ['When', <Time key="at" at={data.setAt} full />],
              ]}
            />
          )}
          <Fields key={data.version} calendar={data} />
        </>
      ) : (
        <ReadProblem error={error} retry={() => void refetch()} />
      )}
    </Page>
  )
}
