import { accessPolicy } from '@holdfast/contract'
import { Skeleton } from '@mantine/core'
import { lazy, Suspense, type ReactNode } from 'react'
import { Hash, PageLink, Time, useNow, useQueryOf, useSession } from '../../kit/index.ts'
import { peopleInWords } from '../accessRules.ts'
import { useNames } from '../people.tsx'
import { Requester } from '../Requester.tsx'
import { By } from '../By.tsx'
import classes from './grant.module.css'
import { Left } from './Left.tsx'
import { durationInWords, extensionWords } from '../accessWords.ts'
import { isRunning, type Detail } from '../grantWords.ts'

/** Fields and refusals of a decision, for whoever has one to make. */
const Decide = lazy(async () => ({ default: (await import('./Decide.tsx')).Decide }))

interface BoxProps {
  kind?: 'accent' | 'good' | 'warn' | 'bad'
  title: ReactNode
  children?: ReactNode
  clock?: ReactNode
  clockOf?: string
}

const Box = ({ kind, title, children, clock, clockOf }: BoxProps) => (
  <section className={classes['lead']} data-kind={kind} aria-label="Where it stands">
    <div>
      <strong>{title}</strong>
      {children}
    </div>
    {clock && (
      <div className={classes['clock']} role="timer" aria-label={clockOf}>
        {clock}
        <small>{clockOf}</small>
      </div>
    )}
  </section>
)

/** Exactly what an approval lets happen. */
export const AskedInWords = ({ detail }: { detail: Detail }) => (
  <p data-plain>
    <Requester of={detail} linked />
    {detail.serviceAccount && (
      <>
        , for which <By id={detail.serviceAccount.ownerId} /> answers,
      </>
    )}{' '}
    {detail.extendsId ? 'asks for more time as' : 'asks to log in as'} <code>{detail.login}</code> on{' '}
    <strong>{detail.targetName}</strong> ({detail.environment}) for <strong>{durationInWords(detail.seconds)}</strong>
    {detail.extendsId ? (
      ' beyond the end that is set; open sessions go on'
    ) : detail.notBefore ? (
      <>
        {' from '}
        <Time at={detail.notBefore} full />
      </>
    ) : (
      ' from the moment of approval'
    )}
    {detail.extensions.length > 0 && `, with ${detail.extensions.map((each) => extensionWords[each]).join(', ')}`}
    {detail.sourceNetworks.length > 0 && `, only from ${detail.sourceNetworks.join(', ')}`}.{' '}
    {detail.ticket && (
      <>
        Ticket <code>{detail.ticket}</code>.{' '}
      </>
    )}
    {detail.reason === '' ? 'No reason was given.' : <q>{detail.reason}</q>}
  </p>
)

const Approvers = ({ detail }: { detail: Detail }) => {
  const { data } = useQueryOf(accessPolicy.read, { id: detail.policyId })
  const names = useNames()
  if (!data) return null
  return (
    <>
      Who may approve: {peopleInWords(data.approvers, names)},{' '}
      {detail.serviceAccount ? 'but nobody who may hold its secret' : 'but not whoever asks'}.{' '}
    </>
  )
}

const Waits = ({ detail }: { detail: Detail }) => {
  const me = useSession().person.id
  const mine = detail.approvals.some(({ personId }) => personId === me)
  const missing = detail.approvalsNeeded - detail.approvals.length
  return (
    <Box
      kind="warn"
      title={
        mine ? 'You approved; a second person must too' : `Waits for ${missing === 1 ? 'one approval' : `${missing} approvals`}`
      }
      clock={<Left until={detail.requestExpiresAt} over="lapsing" />}
      clockOf="until it lapses unanswered"
    >
      <p>
        <Approvers detail={detail} />
        This page shows the answer as soon as it is there.
      </p>
    </Box>
  )
}

const ToDecide = ({ detail }: { detail: Detail }) => (
  <Box
    kind="accent"
    title={detail.approvals.length > 0 ? 'Waits for you: the second approval' : 'Waits for your answer'}
    clock={<Left until={detail.requestExpiresAt} over="lapsing" />}
    clockOf="until it lapses unanswered"
  >
    <AskedInWords detail={detail} />
    <div className={classes['exactly']}>
      {detail.approvalsNeeded - detail.approvals.length > 1 && 'After you a second person must approve it, too. '}
      Your approval is bound to exactly this request, by its hash <Hash value={detail.requestHash} what="the request hash" />
    </div>
    <Suspense fallback={<Skeleton height={64} mt="sm" />}>
      <Decide detail={detail} />
    </Suspense>
  </Box>
)

const whatEnds = ({ hostId, sessions }: Detail): string => {
  if (hostId === null) return 'At the end every connection is cut, and the roles made under it are removed from the database.'
  const open = sessions.filter(({ endedAt }) => endedAt === null).length
  const now = open === 0 ? 'Nobody is logged in under it now.' : open === 1 ? '1 session is open.' : `${open} sessions are open.`
  return `${now} At the end the server closes every session and ends what was started in them.`
}

const Approved = ({ detail }: { detail: Detail }) => {
  const now = useNow(1000)
  if (detail.startsAt === null || detail.endsAt === null) return null
  if (isRunning(detail, now))
    return (
      <Box kind="good" title="Access is open" clock={<Left until={detail.endsAt} over="over" warn />} clockOf="left">
        <p>{whatEnds(detail)}</p>
      </Box>
    )
  return Date.parse(detail.startsAt) > now ? (
    <Box
      kind="accent"
      title="Approved for later"
      clock={<Left until={detail.startsAt} over="beginning" />}
      clockOf="until it begins"
    >
      <p>
        It begins <Time at={detail.startsAt} full />. No certificate or credentials are given before that.
      </p>
    </Box>
  ) : (
    <Box title="Its time ran out">
      <p>The proof of its end follows in a moment.</p>
    </Box>
  )
}

const Denied = ({ detail }: { detail: Detail }) => (
  <Box kind="bad" title="Denied">
    <p>
      {detail.endedBy && (
        <>
          By <By id={detail.endedBy} />.{' '}
        </>
      )}
      {detail.decisionReason && <q>{detail.decisionReason}</q>}
    </p>
  </Box>
)

const Applied = ({ detail }: { detail: Detail }) => (
  <Box kind="good" title={`The end was moved by ${durationInWords(detail.seconds)}`}>
    <p>
      {detail.extendsId && (
        <PageLink to={`/access/grants/${detail.extendsId}`} td="underline">
          See the grant that runs
        </PageLink>
      )}
    </p>
  </Box>
)

/** Where it stands and what comes next, at the top of its page. */
export const Lead = ({ detail }: { detail: Detail }) => {
  switch (detail.state) {
    case 'requested':
      return detail.mayApprove ? <ToDecide detail={detail} /> : <Waits detail={detail} />
    case 'approved':
      return <Approved detail={detail} />
    case 'denied':
      return <Denied detail={detail} />
    case 'cancelled':
      return <Box title="Taken back before it was answered" />
    case 'lapsed':
      return (
        <Box title="Nobody answered in time">
          <p>Ask anew if it is still needed; a word to an approver helps.</p>
        </Box>
      )
    case 'applied':
      return <Applied detail={detail} />
    case 'ended':
      return null // The proof says it all.
  }
}
