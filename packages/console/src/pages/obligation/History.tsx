import { Due, roleNames, Time } from '../../kit/index.ts'
import { PersonName } from '../people.tsx'
import classes from './obligation.module.css'
import { aheadInWords, happenedInWords, type Detail } from './words.ts'

/** What the clock will do if nobody does anything. */
export const NextSteps = ({ next }: { next: Detail['next'] }) => (
  <ol className={classes['steps']}>
    {next.map((step) => (
      <li key={`${step.kind} ${step.at} ${step.to ?? ''}`} data-kind={step.kind}>
        <span>{aheadInWords(step, roleNames)}</span>
        {step.kind === 'breached' ? <Due at={step.at} /> : <Time at={step.at} />}
      </li>
    ))}
  </ol>
)

/** What happened to it, oldest first; none of it can be changed. */
export const History = ({ events }: { events: Detail['events'] }) => (
  <ol className={classes['steps']}>
    {events.map((event, index) => (
      <li key={index} data-kind={event.kind}>
        <span>{happenedInWords(event, roleNames)}</span>
        {event.personId !== null && (
          <span>
            by <PersonName id={event.personId} />
          </span>
        )}
        <Time at={event.at} full />
        {event.kind === 'resumed' && (
          <span>
            now <Due at={event.dueAt} />
          </span>
        )}
        {event.reason && <q>{event.reason}</q>}
      </li>
    ))}
  </ol>
)
