import { useQueryClient } from '@tanstack/react-query'
import { useEffect, useState } from 'react'
import { useGo } from '../kit/PageLink.tsx'

const channelName = 'holdfast-session'

/** The session became another one (signed in, out, or moved): forget every answer, tell other tabs, go on at `to`. */
export const useSessionChanged = (): ((to: string) => void) => {
  const client = useQueryClient()
  const go = useGo()
  return (to) => {
    client.removeQueries({ type: 'inactive' })
    // What is on the screen is asked again as the new session; after signing out there is nobody to ask as.
    if (to !== '/sign-in') void client.resetQueries()
    const channel = new BroadcastChannel(channelName)
    channel.postMessage('changed')
    channel.close()
    go(to, { replace: true })
  }
}

/** True once another tab changed the session, so that nobody acts in an organisation they do not see. */
export const useChangedElsewhere = (): boolean => {
  const [changed, setChanged] = useState(false)
  useEffect(() => {
    const channel = new BroadcastChannel(channelName)
    channel.onmessage = () => setChanged(true)
    return () => channel.close()
  }, [])
  return changed
}
