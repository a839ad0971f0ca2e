import type { CurrentSession, Permission } from '@holdfast/contract'
import { createContext, useContext, type ReactNode } from 'react'
import type { z } from 'zod'
import { Refusal } from './Refusal.tsx'

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

/** Shows its children to whoever holds the permission, and says to others what is missing. */
export const Needs = ({ permission, children }: { permission: Permission; children: ReactNode }) =>
  useMay()(permission) ? children : <Refusal permission={permission} />
