import { grant, type GrantId } from '@holdfast/contract'
import { Skeleton } from '@mantine/core'
import { lazy, Suspense, useState } from 'react'
import { Page, ReadProblem, Section, useMay, useParam, useQueryOf, useSession } from '../../kit/index.ts'
import { Timeline } from '../LazyTimeline.tsx'
import { Acts } from './Acts.tsx'
import { Connect } from './Connect.tsx'
import { found } from './explanations.ts'
import { GrantFacts } from './GrantFacts.tsx'
import { GrantStateOf, nameOf } from './GrantBits.tsx'
import { Lead } from './Lead.tsx'
import { Proof } from './Proof.tsx'
import { proofInWords } from './proof.ts'
import type { Detail } from './words.ts'

const Sessions = lazy(async () => ({ default: (await import('./Sessions.tsx')).Sessions }))
const Certificates = lazy(async () => ({ default: (await import('./Certificates.tsx')).Certificates }))

/** Whether it may change by itself while somebody looks: others answer, sessions come and go, the proof arrives. */
const isMoving = (detail: Detail): boolean =>
  detail.state === 'requested' || detail.state === 'approved' || (detail.proof !== null && proofInWords(detail)?.kind !== 'good')

/** Asks every two seconds while it may change, and now and then after that. */
const useLiveGrant = (id: GrantId) => {
  const [moving, setMoving] = useState(true)
  const query = useQueryOf(grant.read, { id }, { everyMs: moving ? 2_000 : 60_000 })
  const moves = query.data === undefined || isMoving(query.data)
  if (moves !== moving) setMoving(moves)
  return query
}

const parent = { to: '/access', title: 'Server access' }

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
      {data.personId === me && data.extendsId === null && <Connect detail={data} />}
      <GrantFacts detail={data} />
      {data.extendsId === null && data.startsAt !== null && (
        <Suspense fallback={<Skeleton height={160} />}>
          <Sessions rows={data.sessions} hostName={data.hostName} />
          <Certificates detail={data} />
        </Suspense>
      )}
      {may('ledger:read') && (
        <Section title="Timeline" about="What the ledger recorded about it.">
          <Timeline targets={[data.id]} />
        </Section>
      )}
    </Page>
  )
}
