import { Burger, Button, Drawer, Modal, Skeleton } from '@mantine/core'
import { session } from '@holdfast/contract'
import { Outlet, useLocation } from '@tanstack/react-router'
import { lazy, Suspense, useEffect, useRef, useState } from 'react'
import { useGo } from '../kit/PageLink.tsx'
import { ReadProblem } from '../kit/ProblemNotice.tsx'
import { useQueryOf } from '../kit/queries.ts'
import { SessionProvider, useMay, useSession, type Session } from '../kit/session.tsx'
import { useChangedElsewhere } from './changed.ts'
import { rememberNext } from './next.ts'
import { placeGroups } from './places.ts'
import { Plain } from './Plain.tsx'
import { Places, Rail, SearchButton } from './Rail.tsx'
import { AccountMenu } from './AccountMenu.tsx'
import { OrganisationSwitch } from './OrganisationSwitch.tsx'
import classes from './Shell.module.css'
import { useShortcuts } from './shortcuts.ts'

const HelpDialog = lazy(async () => ({ default: (await import('./HelpDialog.tsx')).HelpDialog }))
const Palette = lazy(() => import('./Palette.tsx'))

const Phone = ({ openPalette, openHelp }: { openPalette: () => void; openHelp: () => void }) => {
  const [opened, setOpened] = useState(false)
  const { organisation } = useSession()
  const { pathname } = useLocation()
  useEffect(() => setOpened(false), [pathname])
  return (
    <div className={classes['topbar']}>
      <Burger size="sm" opened={opened} onClick={() => setOpened(true)} aria-label="Open the menu" aria-expanded={opened} />
      <strong>{organisation.name}</strong>
      <Drawer
        opened={opened}
        onClose={() => setOpened(false)}
        size="18rem"
        title="Holdfast"
        closeButtonProps={{ 'aria-label': 'Close the menu' }}
      >
        <div className={classes['drawerRail']}>
          <OrganisationSwitch />
          <SearchButton
            onClick={() => {
              setOpened(false)
              openPalette()
            }}
          />
          <Places onGo={() => setOpened(false)} />
          <AccountMenu openHelp={openHelp} />
        </div>
      </Drawer>
    </div>
  )
}

/** The person acts here on what they see; another tab changed who or where they are. */
const ChangedElsewhere = () => (
  <Modal
    opened={useChangedElsewhere()}
    onClose={() => location.assign('/')}
    title="Your session changed in another tab"
    withCloseButton={false}
  >
    <p>You signed in, signed out or switched organisation there. What is shown here may not be where you work now.</p>
    <Button onClick={() => location.assign('/')} data-autofocus>
      Go on there
    </Button>
  </Modal>
)

const Frame = () => {
  const may = useMay()
  const go = useGo()
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
        <Phone openPalette={openPalette} openHelp={() => setHelp(true)} />
        <main id="main" className={classes['main']} tabIndex={-1}>
          <Suspense fallback={<PageSkeleton />}>
            <Outlet />
          </Suspense>
        </main>
      </div>
      {help && (
        <Suspense fallback={null}>
          <HelpDialog opened onClose={() => setHelp(false)} />
        </Suspense>
      )}
      {palette > 0 && (
        <Suspense fallback={null}>
          <Palette asked={palette} openHelp={() => setHelp(true)} />
        </Suspense>
      )}
      <ChangedElsewhere />
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
  if (current.data) return <Signed current={current.data} />
  if (!current.error) return <PageSkeleton />
  return (
    <Plain title="Holdfast is not reachable">
      <ReadProblem error={current.error} retry={() => void current.refetch()} />
    </Plain>
  )
}
