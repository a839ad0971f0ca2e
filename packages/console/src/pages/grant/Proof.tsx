import { IconAlertTriangle, IconCheck, IconClock, IconInfoCircle } from '@tabler/icons-react'
import { State, Time } from '../../kit/index.ts'
import { Requester } from '../Requester.tsx'
import { By } from '../By.tsx'
import classes from './grant.module.css'
import { proofInWords, type ProofLine } from './proof.ts'
import type { Detail } from '../grantWords.ts'

const marks = { good: IconCheck, bad: IconAlertTriangle, warn: IconClock, quiet: IconInfoCircle }
const spoken = { good: 'Done: ', bad: 'Wrong: ', warn: 'Open: ', quiet: '' }

const Line = ({ line }: { line: ProofLine }) => {
  const Mark = marks[line.kind]
  return (
    <li data-kind={line.kind}>
      <Mark size={18} aria-hidden />
      <span>
        <span className="visually-hidden">{spoken[line.kind]}</span>
        {line.text}
        {line.at && (
          <span className={classes['when']}>
            {' '}
            <Time at={line.at} full />
            {line.later && `, ${line.later}`}
          </span>
        )}
      </span>
    </li>
  )
}

const reasons: Record<NonNullable<Detail['endReason']>, string> = {
  expired: 'Its time ran out',
  returned: 'It was given back',
  revoked: 'It was revoked',
  host_retired: 'The server was retired',
  database_retired: 'The database was retired',
  policy_retired: 'Its access policy was retired',
  account_ended: 'Its service account was disabled, or the secret that asked was revoked or replaced.',
  not_entitled: 'Whoever had it was no longer entitled',
}

const How = ({ detail }: { detail: Detail }) => (
  <>
    {detail.endReason ? reasons[detail.endReason] : 'It ended'}
    {detail.endedBy && (
      <>
        {' by '}
        <By id={detail.endedBy} />
      </>
    )}
    {detail.endedAt && (
      <>
        {', '}
        <Time at={detail.endedAt} full />
      </>
    )}
    . {detail.decisionReason && <q>{detail.decisionReason}</q>}
  </>
)

/** The proof that access ended: who, which server, when it was told, when all was dead, what was left. */
export const Proof = ({ detail }: { detail: Detail }) => {
  const proof = proofInWords(detail)
  if (!proof) return null
  return (
    <section className={classes['lead']} data-kind={proof.kind} aria-label="Proof that it ended">
      <div>
        <State kind={proof.kind}>{proof.word}</State>
        <p data-plain>
          <Requester of={detail} linked /> had <code>{detail.login}</code> on <strong>{detail.targetName}</strong>.{' '}
          <How detail={detail} />
        </p>
        <ol className={classes['proof']}>
          {proof.lines.map((line) => (
            <Line key={line.text} line={line} />
          ))}
        </ol>
      </div>
    </section>
  )
}
