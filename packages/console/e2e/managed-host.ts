/** A server with its agent, as far as the API sees one: for the console's pages no sshd is needed. */
import { generateKeyPairSync } from 'node:crypto'
import { apiBase, operations, requestOf, type InputOf, type Operation, type OutputOf } from '@holdfast/contract'
import type { Browser } from 'playwright-core'
import type { RunningSystem } from '../../server/test/system.ts'
import { enrolFactor, type Visitor } from './browsing.ts'

/** A line of an Ed25519 public key (RFC 8709 §4). */
export const newSshKey = (): string => {
  const { x } = generateKeyPairSync('ed25519').publicKey.export({ format: 'jwk' })
  const part = (bytes: Buffer): Buffer => {
    const length = Buffer.alloc(4)
    length.writeUInt32BE(bytes.length)
    return Buffer.concat([length, bytes])
  }
  const blob = Buffer.concat([part(Buffer.from('ssh-ed25519')), part(Buffer.from(x ?? '', 'base64url'))])
  return `ssh-ed25519 ${blob.toString('base64')}`
}

/** Calls as a program: no cookies, its own key. */
const programCall = async (browser: Browser, { url }: RunningSystem, key?: string) => {
  const context = await browser.newContext({ ignoreHTTPSErrors: true })
  return async <O extends Operation>(operation: O, input: InputOf<O>): Promise<OutputOf<O>> => {
    const { method, path, body } = requestOf(operation, input as Record<string, unknown>)
    const headers = {
      origin: url,
      'content-type': 'application/json',
      ...(key !== undefined && { authorization: `Bearer ${key}` }),
    }
    const answer = await context.request.fetch(url + path, { method, headers, ...(body !== undefined && { data: body }) })
    if (!answer.ok()) throw new Error(`${operation.name} at ${apiBase}: ${answer.status()} ${await answer.text()}`)
    return (await answer.json()) as OutputOf<O>
  }
}

export type Agent = Awaited<ReturnType<typeof enrolAgent>>

/** Brings a registered server in by its token. */
export const enrolAgent = async (browser: Browser, system: RunningSystem, token: string) => {
  const stranger = await programCall(browser, system)
  const enrolled = await stranger(operations.agent.enrol, { token, hostPublicKey: newSshKey(), agentVersion: '0.1.0' })
  const call = await programCall(browser, system, enrolled.agentKey)
  return {
    hostId: enrolled.hostId,
    call,
    /** Fetches the state and says that it is in force, with what else there is to tell. */
    report: async (more: Omit<InputOf<typeof operations.agent.report>, 'acknowledged'> = {}) => {
      const { sequence } = await call(operations.agent.state, {})
      return call(operations.agent.report, { acknowledged: sequence, ...more })
    },
  }
}

/** A second factor for whoever has none, and codes for acts: each works once, whatever the clock says. */
export const codesOf = async (visitor: Visitor, enrolled = false): Promise<() => string> => {
  if (!enrolled) await enrolFactor(visitor)
  const { recoveryCodes } = await visitor.call(operations.factor.renewRecoveryCodes, {})
  return () => {
    const code = recoveryCodes.pop()
    if (code === undefined) throw new Error('all recovery codes are used up')
    return code
  }
}
