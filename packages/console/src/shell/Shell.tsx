import { Skeleton } from '@mantine/core'
import { ProblemError, session } from '@holdfast/contract'
import { useQueryClient } from '@tanstack/react-query'
import { Outlet } from '@tanstack/react-router'
import { lazy, Suspense, useEffect, useRef, useState } from 'react'
import { lazyDialog } from '../kit/lazyDialog.tsx'
import { useGo } from '../kit/PageLink.tsx'
import { ReadProblem } from '../kit/ProblemNotice.tsx'
import { useQueryOf } from '../kit/queries.ts'
import { SessionProvider, useMay, useSession, type Session } from '../kit/session.tsx'
import { useChangedElsewhere } from './changed.ts'
import { useIdleLock } from './lock.ts'
import { rememberNext } from './next.ts'
import { placeGroups } from './places.ts'
import { Plain } from './Plain.tsx'
import { PhoneBar } from './PhoneBar.tsx'
import { Rail } from './Rail.tsx'
import classes from './Shell.module.css'
import { useShortcuts } from './shortcuts.ts'
import { LeaveButton, StaffBanner } from './StaffBanner.tsx'

const HelpDialog = lazyDialog(async () => (await import('./HelpDialog.tsx')).HelpDialog)
const ChangedElsewhereDialog = lazyDialog(async () => (await import('./ChangedElsewhereDialog.tsx')).ChangedElsewhereDialog)
const Palette = lazy(() => import('./Palette.tsx'))

/** Loaded once the page is there: nothing on it waits for news. */
const useAccessNews = (): void => {
  const client = useQueryClient()
  useEffect(() => {
    let left = false
    let stop = (): void => undefined
    void import('../kit/news.ts').then(({ followWhileVisible }) => {
      if (!left) stop = followWhileVisible(client)
    })
    return () => {
      left = true
      stop()
    }
  }, [client])
}

const Frame = () => {
  const may = useMay()
  const go = useGo()
  useIdleLock(useSession().lockMinutes)
  useAccessNews()
  const [palette, setPalette] = useState(0)
  const [help, setHelp] = useState(false)
  const openPalette = () => setPalette((count) => count + 1)
  useShortcuts({
    palette: openPalette,
    help: () => setHelp(true),
    go: (letter) => {
      const place = placeGroups.flatMap(({ places }) => places).find(({ key }) => key === letter)
      if (!place || !may(place.permission)) return false
      if (place.outside) location.assign(place.to)
      else go(place.to)
      return true
    },
  })
  return (
    <>
      <a href="#main" className={classes['skip']}>
        Skip to the page
      </a>
      <div className={classes['frame']}>
        <Rail openPalette={openPalette} openHelp={() => setHelp(true)} />
        <PhoneBar openPalette={openPalette} openHelp={() => setHelp(true)} />
        <main id="main" className={classes['main']} tabIndex={-1}>
          <StaffBanner />
          <Suspense fallback={<PageSkeleton />}>
            <Outlet />
          </Suspense>
        </main>
      </div>
      <HelpDialog opened={help} onClose={() => setHelp(false)} />
      {palette > 0 && (
        <Suspense fallback={null}>
          <Palette asked={palette} openHelp={() => setHelp(true)} />
        </Suspense>
      )}
      <ChangedElsewhereDialog opened={useChangedElsewhere()} />
    </>
  )
}

/** The shape of a page while its code or data loads. */
export const PageSkeleton = () => (
  <div style={{ padding: '1.75rem 2rem', maxWidth: '76rem' }} aria-hidden>
    <Skeleton height={24} width={180} mb={10} />
    <Skeleton height={12} width="min(28rem, 80%)" mb={28} />
    <Skeleton height={260} />
  </div>
)

const useLeaveWhen = (to: string | null): void => {
  const go = useGo()
  const left = useRef(false)
  useEffect(() => {
    if (to === null || left.current) return
    left.current = true
    rememberNext(location.pathname + location.search + location.hash)
    go(to, { replace: true })
  }, [to, go])
}

const Signed = ({ current }: { current: Session }) => {
  useLeaveWhen(current.next === 'done' ? null : '/factor')
  if (current.next !== 'done') return null
  return (
    // Another organisation is another set of pages: nothing typed in one may be sent in the other.
    <SessionProvider value={current} key={current.organisation.id}>
      <Frame />
    </SessionProvider>
  )
}

/** The frame around every page of somebody signed in. Others are led to the sign-in by the API's doors. */
export const Shell = () => {
  const current = useQueryOf(session.current, {}, { everyMs: 60_000 })
  if (current.error instanceof ProblemError && current.error.code === 'staff_access_ended')
    return (
      <Plain title="Your access has ended">
        <p>The customer ended it, or its time is over. Ask again where you still need it.</p>
        <LeaveButton />
      </Plain>
    )
  if (current.data) return <Signed current={current.data} />
  if (!current.error) return <PageSkeleton />
  return (
    <Plain title="Holdfast is not reachable">
      <ReadProblem error={current.error} retry={() => void current.refetch()} />
    </Plain>
  )
}
