import { operations, type InputOf, type Operation, type OutputOf } from '@holdfast/contract'
import { clientOf } from '../call.ts'
import type { Io } from '../io.ts'
import { plain } from '../print.ts'
import { findServer, trust, type ServerOptions } from '../server.ts'
import type { Grant } from './types.ts'

/** What a shell can be offered that only the server knows. */
export const offerKinds = ['hosts', 'databases', 'host-ids', 'grants', 'requests'] as const
export type OfferKind = (typeof offerKinds)[number]

interface Offer {
  word: string
  about: string
}

/** Nobody waits longer for a word to complete itself. */
const patienceMs = 2000

type Ask = <O extends Operation>(operation: O, input: InputOf<O>) => Promise<OutputOf<O>>

const offerGrant = ({ id, targetName, login, state }: Grant): Offer => ({ word: id, about: `${targetName} ${login}, ${state}` })

const offersOf: Record<OfferKind, (ask: Ask) => Promise<Offer[]>> = {
  hosts: async (ask) => {
    const { rows } = await ask(operations.grant.options, { limit: 100 })
    return rows.map(({ hostName, environment }) => ({ word: hostName, about: environment }))
  },
  databases: async (ask) => {
    const { rows } = await ask(operations.grant.databaseOptions, { limit: 100 })
    return rows.map(({ databaseName, environment }) => ({ word: databaseName, about: environment }))
  },
  'host-ids': async (ask) => {
    const { rows } = await ask(operations.host.list, { limit: 100 })
    return rows.map(({ id, name }) => ({ word: id, about: name }))
  },
  grants: async (ask) => {
    const of = (state: Grant['state']) => ask(operations.grant.list, { limit: 100, state })
    return (await Promise.all([of('approved'), of('requested')])).flatMap(({ rows }) => rows.map(offerGrant))
  },
  requests: async (ask) => (await ask(operations.grant.list, { limit: 100, show: 'to_approve' })).rows.map(offerGrant),
}

/** `complete KIND`: one offer a line, for completion scripts. Nothing at all where the server cannot be asked: somebody is typing. */
export const offer = async (io: Io, kind: OfferKind, options: ServerOptions & { describe?: true }): Promise<void> => {
  try {
    const server = await findServer(io, options)
    trust(server.ca)
    const client = clientOf(server)
    const signal = AbortSignal.timeout(patienceMs)
    const offers = await offersOf[kind](async (operation, input) => (await client.call(operation, input, { signal })).value)
    for (const { word, about } of offers)
      io.stdout.write(`${plain(word)}${options.describe ? `\t${plain(about).replaceAll(/\s+/g, ' ')}` : ''}\n`)
  } catch (error) {
    if (io.env.DEBUG) throw error
  }
}
