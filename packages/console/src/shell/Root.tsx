import { Outlet, useLocation } from '@tanstack/react-router'
import { Suspense, useEffect, useRef, useState } from 'react'
import { noteAttended, watchHands } from '../kit/attended.ts'
import { lazyDialog } from '../kit/lazyDialog.tsx'
import { listenStepUp } from './stepUp.ts'

const StepUpDialog = lazyDialog(async () => (await import('./StepUpDialog.tsx')).StepUpDialog)

const StepUp = () => {
  const [asked, setAsked] = useState(false)
  useEffect(() => {
    listenStepUp(setAsked)
    return () => listenStepUp(null)
  }, [])
  return <StepUpDialog opened={asked} />
}

/** After a change of page, reading goes on at its title; the page's code may still be on its way. */
const useFocusOnTitle = (): void => {
  const { pathname } = useLocation()
  const first = useRef(true)
  useEffect(() => {
    if (first.current) {
      first.current = false
      return
    }
    const before = document.getElementById('page-title')
    const began = performance.now()
    let frame = 0
    const look = () => {
      const title = document.getElementById('page-title')
      const settled = title && (title !== before || performance.now() - began > 300)
      if (settled) {
        // A field that asked for focus keeps it.
        if (!(document.activeElement instanceof HTMLInputElement)) title.focus({ preventScroll: true })
      } else if (performance.now() - began < 3000) frame = requestAnimationFrame(look)
    }
    scrollTo(0, 0)
    frame = requestAnimationFrame(look)
    return () => cancelAnimationFrame(frame)
  }, [pathname])
}

/** Whoever types on the pages outside the shell is there as well; inside, the lock looks first whether they come too late. */
const useHandsOutside = (): void => {
  const { pathname } = useLocation()
  const outside = pathname === '/sign-in' || pathname === '/factor'
  useEffect(() => (outside ? watchHands(() => noteAttended()) : undefined), [outside])
}

export const Root = () => {
  useFocusOnTitle()
  useHandsOutside()
  return (
    <>
      <Suspense fallback={null}>
        <Outlet />
      </Suspense>
      <StepUp />
    </>
  )
}
