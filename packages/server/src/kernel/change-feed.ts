import type pg from 'pg'
import type { OrgId } from '@holdfast/contract'

/**
 * On these channels the database tells of changes, as `<org> <number>`: of those that hosts must hear of, by the organisation's sequence, and by a third
 * word of an agent that is to be let go; and of those that concern people who wait for access, or for whom it waits.
 */
const channels = { hosts: 'holdfast_access', people: 'holdfast_people' } as const
type Audience = keyof typeof channels

export interface Following {
  audience: Audience
  orgId: OrgId
  name: string
  current: () => Promise<number>
  signal: AbortSignal
  /** Is told what has changed, and so asks for nothing. */
  given?: boolean
}

/** What changes, told to whoever listens: one connection a node, however many listen. */
export interface ChangeFeed {
  /**
   * Numbers of an organisation's changes, newest only, `current` first. A second follower of one name ends the first. It ends with `signal`,
   * and when the database cannot be heard any more: who follows comes back, or asks by itself meanwhile.
   */
  follow: (follower: Following) => AsyncIterable<number>
  /** How many follow an organisation here. */
  followersOf: (audience: Audience, orgId: OrgId) => number
  state: () => { followers: number }
  close: () => Promise<void>
}

interface Wave {
  followers: number
  everyMs: number
}
/**
 * Whoever is told of a change asks for more. All of a fleet of a thousand hosts at the same moment were more than a node takes in work at once: most
 * were refused, and asked again and again. Who is given what has changed costs us no more than the telling, which lets others' work in between.
 */
export const waves = {
  asking: { followers: 60, everyMs: 100 },
  given: { followers: 100, everyMs: 20 },
} as const satisfies Record<string, Wave>

interface Follower {
  channel: string
  orgId: OrgId
  given: boolean
  newest: number | null
  ended: boolean
  wake: () => void
}

export const createChangeFeed = (connect: () => Promise<pg.Client>, onError: (error: unknown) => void): ChangeFeed => {
  const followers = new Map<string, Follower>()
  let listening: Promise<pg.Client> | null = null
  let closed = false

  const end = (follower: Follower | undefined): void => {
    if (!follower) return
    follower.ended = true
    follower.wake()
  }
  /** A connection that breaks says so twice; by the second time there may be another already. */
  const lost = (connection: Promise<pg.Client>, error?: unknown): void => {
    if (listening !== connection) return
    listening = null
    if (error !== undefined && !closed) onError(error)
    for (const follower of followers.values()) end(follower)
  }
  /** One wave after the other. Who was told, or has left, by the time of its wave loses nothing by being woken again. */
  const wake = (some: readonly Follower[], wave: Wave): void => {
    for (const follower of some.slice(0, wave.followers)) follower.wake()
    if (some.length > wave.followers) setTimeout(wake, wave.everyMs, some.slice(wave.followers), wave).unref()
  }
  const followersOf = (orgId: string | undefined, channel: string): Follower[] =>
    [...followers.values()].filter((follower) => follower.orgId === orgId && follower.channel === channel)
  const hear = ({ channel, payload = '' }: pg.Notification): void => {
    const [orgId, sequence, leaving] = payload.split(' ')
    const concerned = followersOf(orgId, channel)
    for (const follower of concerned) follower.newest = Math.max(follower.newest ?? 0, Number(sequence))
    const [given, asking] = [true, false].map((which) => concerned.filter((follower) => follower.given === which))
    wake(given ?? [], waves.given)
    wake(asking ?? [], waves.asking)
    if (leaving !== undefined) end(followers.get(leaving))
  }
  const listen = (): Promise<pg.Client> => {
    const connection: Promise<pg.Client> = connect().then(async (client) => {
      client.on('notification', hear)
      client.on('error', (error) => lost(connection, error))
      client.on('end', () => lost(connection))
      for (const channel of Object.values(channels)) await client.query(`listen ${channel}`)
      return client
    })
    connection.catch(() => lost(connection)) // whoever follows is told by their own await
    return connection
  }
  const listeningNow = (): Promise<pg.Client> => {
    if (closed) return Promise.reject(new Error('the feed is closed'))
    return (listening ??= listen())
  }

  return {
    async *follow({ audience, orgId, name, current, signal, given = false }) {
      end(followers.get(name))
      const channel = channels[audience]
      const follower: Follower = { channel, orgId, given, newest: null, ended: signal.aborted, wake: () => {} }
      followers.set(name, follower)
      const leave = (): void => end(follower)
      signal.addEventListener('abort', leave, { once: true })
      try {
        await listeningNow() // first: a change between asking and listening must not be missed
        follower.newest = Math.max(follower.newest ?? 0, await current())
        while (!follower.ended) {
          const { newest } = follower
          follower.newest = null
          if (newest !== null) yield newest
          else await new Promise<void>((resolve) => (follower.wake = resolve))
        }
      } finally {
        signal.removeEventListener('abort', leave)
        if (followers.get(name) === follower) followers.delete(name)
      }
    },
    followersOf: (audience, orgId) => followersOf(orgId, channels[audience]).length,
    state: () => ({ followers: followers.size }),
    close: async () => {
      closed = true
      const client = await listening?.catch(() => null)
      for (const follower of followers.values()) end(follower)
      listening = null
      await client?.end()
    },
  }
}
