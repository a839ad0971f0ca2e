import type { CurrentSession, Permission } from '@holdfast/contract'
import { createContext, useContext } from 'react'
import type { z } from 'zod'

export type Session = z.infer<typeof CurrentSession>

const SessionContext = createContext<Session | null>(null)
export const SessionProvider = SessionContext.Provider

/** Who is signed in, where, and what they may do. Only below the shell. */
export const useSession = (): Session => {
  const session = useContext(SessionContext)
  if (!session) throw new Error('useSession is for pages inside the shell')
  return session
}

/** Whether the role here holds a permission. The server decides again; this only keeps from offering what it would refuse. */
export const useMay = (): ((permission: Permission) => boolean) => {
  const { permissions } = useSession()
  return (permission) => permission === 'public' || permission === 'self' || permissions.includes(permission)
}
