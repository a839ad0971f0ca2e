import { useBlocker } from '@tanstack/react-router'
import { useRef } from 'react'

/** Asks before a page with unsaved text is left, inside the console or by closing the tab. Call the answer once it is saved. */
export const useUnsaved = (unsaved: boolean): (() => void) => {
  const saved = useRef(false)
  const holds = () => unsaved && !saved.current
  useBlocker({
    shouldBlockFn: () => holds() && !confirm('Leave this page? What you wrote is not saved.'),
    enableBeforeUnload: holds,
  })
  return () => {
    saved.current = true
  }
}
