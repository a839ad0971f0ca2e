import { useEffect, useRef } from 'react'

const storedAs = 'holdfast-single-keys'

/** Single-key shortcuts can be switched off (WCAG 2.1.4). */
export const singleKeysOn = (): boolean => localStorage.getItem(storedAs) !== 'off'
export const setSingleKeys = (on: boolean): void => localStorage.setItem(storedAs, on ? 'on' : 'off')

const isTyping = (target: EventTarget | null): boolean =>
  target instanceof HTMLElement && (target.isContentEditable || ['INPUT', 'TEXTAREA', 'SELECT'].includes(target.tagName))

const dialogOpen = (): boolean => document.querySelector('[role="dialog"], [role="menu"]') !== null

export interface Shortcuts {
  palette: () => void
  help: () => void
  /** The letter after `g`. True when it led somewhere. */
  go: (letter: string) => boolean
}

/** Ctrl-K or Cmd-K anywhere; `g` and a letter, `/` and `?` where nobody types. */
export const useShortcuts = (shortcuts: Shortcuts): void => {
  const current = useRef(shortcuts)
  current.current = shortcuts
  useEffect(() => {
    let pendingSince = 0
    const onKey = (event: KeyboardEvent) => {
      const { palette, help, go } = current.current
      if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === 'k') {
        event.preventDefault()
        palette()
        return
      }
      if (event.ctrlKey || event.metaKey || event.altKey || isTyping(event.target) || dialogOpen() || !singleKeysOn()) return
      const pending = event.timeStamp - pendingSince < 1200 && pendingSince > 0
      pendingSince = 0
      if (pending && go(event.key)) event.preventDefault()
      else if (event.key === 'g') pendingSince = event.timeStamp
      else if (event.key === '?') help()
      else if (event.key === '/') {
        event.preventDefault()
        const search = document.querySelector<HTMLInputElement>('main input[type="search"]')
        if (search) search.focus()
        else palette()
      }
    }
    document.addEventListener('keydown', onKey)
    return () => document.removeEventListener('keydown', onKey)
  }, [])
}
