import { cloneElement, useEffect, useId, useRef, useState, type HTMLAttributes, type ReactElement, type ReactNode } from 'react'
import { lazyDialog } from './lazyDialog.tsx'
import type { TipLoadedProps } from './TipLoaded.tsx'

const Loaded = lazyDialog<TipLoadedProps>(async () => (await import('./TipLoaded.tsx')).TipLoaded)

const openDelayMs = 250

/** Open while the mouse rests on the element or the keyboard is on it; Escape closes (WCAG 1.4.13). */
const useResting = () => {
  const [opened, setOpened] = useState(false)
  const delay = useRef(0)
  const close = () => {
    clearTimeout(delay.current)
    setOpened(false)
  }
  const openSoon = () => {
    clearTimeout(delay.current)
    delay.current = window.setTimeout(() => setOpened(true), openDelayMs)
  }
  useEffect(() => () => clearTimeout(delay.current), [])
  useEffect(() => {
    if (!opened) return
    const onKey = (event: KeyboardEvent) => event.key === 'Escape' && setOpened(false)
    document.addEventListener('keydown', onKey)
    return () => document.removeEventListener('keydown', onKey)
  }, [opened])
  return { opened, setOpened, openSoon, close }
}

type Child = ReactElement<HTMLAttributes<HTMLElement>>

/**
 * A few words on one element. What draws them is fetched when they are first asked for: a table has hundreds of such elements, and most
 * visits read none. The element itself stays in place, so that it keeps the focus.
 */
export const Tip = ({ label, children }: { label: ReactNode; children: Child }) => {
  const { opened, setOpened, openSoon, close } = useResting()
  const [target, setTarget] = useState<HTMLElement | null>(null)
  const id = useId()
  return (
    <>
      {target && <Loaded id={id} target={target} opened={opened} label={label} />}
      {cloneElement(children, {
        'aria-describedby': opened ? id : undefined,
        onMouseEnter: (event) => {
          setTarget(event.currentTarget)
          openSoon()
        },
        onMouseLeave: close,
        onFocus: (event) => {
          if (!event.currentTarget.matches(':focus-visible')) return
          setTarget(event.currentTarget)
          setOpened(true)
        },
        onBlur: close,
      })}
    </>
  )
}
