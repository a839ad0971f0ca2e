import { session } from '@holdfast/contract'
import { useQueryClient } from '@tanstack/react-query'
import { useEffect, useRef } from 'react'
import { attendedAt, noteAttended, watchHands } from '../kit/attended.ts'
import { api } from '../kit/doors.ts'
import { useGo } from '../kit/PageLink.tsx'
import { rememberNext } from './next.ts'

/** Locks the session at the server, takes what was read off the screen and out of the page, and asks for a proof. */
export const useLock = (): (() => Promise<void>) => {
  const client = useQueryClient()
  const go = useGo()
  const locking = useRef(false)
  return async () => {
    if (locking.current) return
    locking.current = true
    rememberNext(location.pathname + location.search + location.hash)
    // Without a network the page locks all the same; the server does by itself.
    await api.call(session.lock, {}).catch(() => undefined)
    client.clear()
    go('/factor', { replace: true })
  }
}

/** Locks once no hand was on any tab for so long. A hand that comes too late does not count: the lock comes first. */
export const useIdleLock = (lockMinutes: number | null): void => {
  const lock = useLock()
  const latest = useRef(lock)
  useEffect(() => {
    latest.current = lock
  })
  useEffect(() => {
    const late = (): boolean => lockMinutes !== null && Date.now() - attendedAt() > lockMinutes * 60_000
    const look = (): void => void (late() && latest.current())
    const release = watchHands(() => (late() ? look() : noteAttended()))
    if (attendedAt() === 0) noteAttended() // the first visit of this browser
    look()
    const timer = setInterval(look, 5_000)
    return () => {
      release()
      clearInterval(timer)
    }
  }, [lockMinutes])
}
