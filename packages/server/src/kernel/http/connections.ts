import type { Server, Socket } from 'node:net'
import type { AgentId } from '@holdfast/contract'
import { placeOf } from '../network.ts'
import { createTally } from './tally.ts'

export interface ConnectionLimits {
  /** Open connections of this process. */
  total: number
  /** Open connections of one address (or IPv6 /64). */
  perAddress: number
  /** Open connections of one agent that has proved itself; beyond these they count by address. */
  perAgent: number
}

/** Each agent of a host holds two: its stream, and one for requests; and for a while those whose end nobody noticed. */
export const defaultConnectionLimits: ConnectionLimits = { total: 4_000, perAddress: 256, perAgent: 8 }

export interface Connections {
  state: () => { open: number; refused: number }
  /** This connection counts as its agent's from now on, and no more as its address's: a thousand hosts may stand behind one. */
  vouch: (socket: Pick<Socket, 'remoteAddress' | 'remotePort'>, agent: AgentId) => void
}

/** The same for the connection and for the TLS over it, which are two objects of Node's. */
const nameOf = ({ remoteAddress, remotePort }: Pick<Socket, 'remoteAddress' | 'remotePort'>): string =>
  `${remoteAddress} ${remotePort}`

/**
 * Closes connections beyond the limit of their address before the TLS handshake, which is what costs (O10, O11). Proxies are not limited: they
 * speak for many.
 */
export const limitConnections = (
  server: Server,
  { total, perAddress, perAgent }: ConnectionLimits,
  isProxy: (address: string) => boolean,
): Connections => {
  server.maxConnections = total
  const held = createTally()
  /** What each open connection counts as. */
  const countedAs = new Map<string, string>()
  let open = 0
  let refused = 0
  server.on('drop', () => refused++)
  const accept = server.listeners('connection')
  server.removeAllListeners('connection')
  server.on('connection', (socket: Socket) => {
    const [place, name] = [placeOf(socket.remoteAddress ?? ''), nameOf(socket)]
    if (held.of(place) >= perAddress && !isProxy(socket.remoteAddress ?? '')) {
      refused++
      socket.destroy()
      return
    }
    open++
    held.more(place)
    countedAs.set(name, place)
    socket.once('close', () => {
      open--
      held.fewer(countedAs.get(name) ?? place)
      countedAs.delete(name)
    })
    for (const listener of accept) Reflect.apply(listener, server, [socket])
  })
  return {
    state: () => ({ open, refused }),
    vouch: (socket, agent) => {
      const name = nameOf(socket)
      const counted = countedAs.get(name)
      if (counted === undefined || counted === agent || held.of(agent) >= perAgent) return
      held.fewer(counted)
      held.more(agent)
      countedAs.set(name, agent)
    },
  }
}
