import { grant, type GrantId } from '@holdfast/contract'
import { Skeleton } from '@mantine/core'
import { lazy, Suspense, useEffect, useState } from 'react'
import { Page, ReadProblem, Section, useCalm, useMay, useNow, useParam, useQueryOf, useSession } from '../../kit/index.ts'
import { Timeline } from '../LazyTimeline.tsx'
import { Acts } from './Acts.tsx'
import { Connect } from './Connect.tsx'
import { found } from './explanations.ts'
import { GrantFacts } from './GrantFacts.tsx'
import { GrantStateOf } from './GrantBits.tsx'
import { Lead } from './Lead.tsx'
import { Proof } from './Proof.tsx'
import { isSettled } from './databaseProof.ts'
import { proofInWords } from './proof.ts'
import { nameOf, type Detail } from '../grantWords.ts'

const DatabaseConnect = lazy(async () => ({ default: (await import('./DatabaseConnect.tsx')).DatabaseConnect }))
const DatabaseRoles = lazy(async () => ({ default: (await import('./DatabaseRoles.tsx')).DatabaseRoles }))
const Sessions = lazy(async () => ({ default: (await import('../Sessions.tsx')).Sessions }))
const GrantRecordings = lazy(async () => ({ default: (await import('./GrantRecordings.tsx')).GrantRecordings }))
const Certificates = lazy(async () => ({ default: (await import('./Certificates.tsx')).Certificates }))

/** Whether it may change by itself while somebody looks: others answer, sessions come and go, the proof arrives. */
const isMoving = (detail: Detail): boolean =>
  detail.state === 'requested' ||
  detail.state === 'approved' ||
  (detail.proof !== null && proofInWords(detail)?.kind !== 'good') ||
  !isSettled(detail)

const quietAfterMs = 120_000

/** Asks every two seconds while it may change, less often when nothing did for two minutes, and now and then after its end; while it waits for its answer, only where nobody would tell of that. */
const useLiveGrant = (id: GrantId) => {
  const [everyMs, setEveryMs] = useState(2_000)
  const [changedAt, setChangedAt] = useState(() => Date.now())
  const [waiting, setWaiting] = useState(false)
  const told = useCalm(everyMs)
  const query = useQueryOf(grant.read, { id }, { everyMs: waiting ? told : everyMs })
  const { data } = query
  if (waiting !== (data?.state === 'requested')) setWaiting(!waiting)
  // An answer like the one before is the same object.
  useEffect(() => setChangedAt(Date.now()), [data])
  const quiet = useNow(10_000) - changedAt > quietAfterMs
  const calm = data?.state === 'ended' ? 30_000 : 5_000
  const wanted = data !== undefined && !isMoving(data) ? 60_000 : quiet ? calm : 2_000
  if (wanted !== everyMs) setEveryMs(wanted)
  return query
}

const parent = { to: '/access', title: 'Temporary access' }

/** One request and grant: what was asked, who answered, how long it runs, and the proof that it ended (C6). */
export const GrantPage = () => {
  const id = useParam('id') as GrantId
  const { data, error, refetch } = useLiveGrant(id)
  const may = useMay()
  const me = useSession().person.id
  if (!data)
    return (
      <Page title="Access" parent={parent} permission="access:request">
        {error ? <ReadProblem error={error} sentences={found} retry={() => void refetch()} /> : <Skeleton height={240} />}
      </Page>
    )
  return (
    <Page
      title={nameOf(data)}
      parent={parent}
      badge={<GrantStateOf row={data} />}
      permission="access:request"
      action={<Acts detail={data} />}
    >
      <Lead detail={data} />
      <Proof detail={data} />
      {data.personId === me && data.hostId !== null && data.extendsId === null && <Connect detail={data} />}
      {data.databaseId !== null && data.extendsId === null && data.startsAt !== null && (
        <Suspense fallback={<Skeleton height={160} />}>
          {data.personId === me && <DatabaseConnect detail={data} />}
          <DatabaseRoles detail={data} />
        </Suspense>
      )}
      <GrantFacts detail={data} />
      {data.extendsId === null && data.hostId !== null && data.startsAt !== null && (
        <Suspense fallback={<Skeleton height={160} />}>
          <Sessions rows={data.sessions} hostName={data.targetName} />
          {may('recording:read') && <GrantRecordings grantId={data.id} />}
          <Certificates detail={data} />
        </Suspense>
      )}
      {may('ledger:read') && (
        <Section title="Timeline" about="What the ledger recorded about it.">
          <Timeline targets={[data.id]} of={data} />
        </Section>
      )}
    </Page>
  )
}
