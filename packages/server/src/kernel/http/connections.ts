import type { Server, Socket } from 'node:net'
import { placeOf } from '../network.ts'

export interface ConnectionLimits {
  /** Open connections of this process. */
  total: number
  /** Open connections of one address (or IPv6 /64). */
  perAddress: number
}

/** Each agent of a host holds two: its stream, and one for requests. */
export const defaultConnectionLimits: ConnectionLimits = { total: 4_000, perAddress: 256 }

export interface Connections {
  state: () => { open: number; refused: number }
}

/**
 * Closes connections beyond the limit of their address before the TLS handshake, which is what costs (O10, O11). Proxies are not limited: they
 * speak for many.
 */
export const limitConnections = (
  server: Server,
  { total, perAddress }: ConnectionLimits,
  isProxy: (address: string) => boolean,
): Connections => {
  server.maxConnections = total
  const byPlace = new Map<string, number>()
  let open = 0
  let refused = 0
  server.on('drop', () => refused++)
  const accept = server.listeners('connection')
  server.removeAllListeners('connection')
  server.on('connection', (socket: Socket) => {
    const place = placeOf(socket.remoteAddress ?? '')
    const ofPlace = byPlace.get(place) ?? 0
    if (ofPlace >= perAddress && !isProxy(socket.remoteAddress ?? '')) {
      refused++
      socket.destroy()
      return
    }
    open++
    byPlace.set(place, ofPlace + 1)
    socket.once('close', () => {
      open--
      const left = (byPlace.get(place) ?? 1) - 1
      if (left > 0) byPlace.set(place, left)
      else byPlace.delete(place)
    })
    for (const listener of accept) Reflect.apply(listener, server, [socket])
  })
  return { state: () => ({ open, refused }) }
}
