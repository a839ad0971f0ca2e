/** A customer's directory that provisions over HTTPS, as Okta and Entra do; in this process, with a listener of its own. */
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { directory, type DirectoryId } from '@holdfast/contract'
import { defaultConnectionLimits } from '../src/kernel/http/connections.ts'
import { createKnownCallers } from '../src/kernel/http/known-callers.ts'
import { createLargeBodies } from '../src/kernel/http/large-bodies.ts'
import { createLoadShedding, defaultLoadLimits } from '../src/kernel/http/load-shedding.ts'
import { createRateLimits, defaultPolicies, type RatePolicies } from '../src/kernel/http/rate-limit.ts'
import { createHttpServer } from '../src/kernel/http/server.ts'
import { makeTestCertificate } from './certificate.ts'
import { createAsk, type Answer } from './http/started.ts'
import { startPlatform, type Caller, type Platform } from './platform.ts'

/** JSON of an answer that may be anything; tests look into it and fail where it is something else. */
// oxlint-disable-next-line typescript/no-explicit-any
export type Json = Record<string, any>

export interface Replied {
  status: number
  headers: Answer['headers']
  body: Json
}

export type ScimAsk = (method: string, path: string, body?: unknown, headers?: Record<string, string>) => Promise<Replied>

export interface ScimServer {
  /** Asks below /scim/v2 with a token. */
  as: (token: string | null) => ScimAsk
  /** Asks any path. */
  ask: ReturnType<typeof createAsk>
  endpoint: { name: string; host: string; port: number; ca: string }
  close: () => Promise<void>
}

export const serveScim = async (platform: Platform, limits: Partial<RatePolicies> = {}): Promise<ScimServer> => {
  const folder = await mkdtemp(join(tmpdir(), 'holdfast-scim-'))
  const tls = await makeTestCertificate(folder)
  await writeFile(join(folder, 'index.html'), '<!doctype html>')
  const shedding = createLoadShedding({ ...defaultLoadLimits, loopDelayMs: Infinity }) // other tests share the machine
  const { path, handlers, edges, authenticate } = platform.composition
  const generous = Object.fromEntries(Object.keys(defaultPolicies).map((name) => [name, { quota: 100_000, windowSeconds: 60 }]))
  const app = await createHttpServer({
    ...{ path, handlers, edges, authenticate, shedding, known: createKnownCallers(), large: createLargeBodies() },
    ...{ publicUrl: platform.services.publicUrl, consoleDir: folder, proxies: [], connections: defaultConnectionLimits },
    limits: createRateLimits({ ...(generous as RatePolicies), ...limits }),
    tls: { cert: await readFile(tls.cert, 'utf8'), key: await readFile(tls.key, 'utf8') },
    log: (_, { cause }) => void platform.errors.push(cause),
    pages: () => {},
  })
  await app.listen({ host: '127.0.0.1', port: 0 })
  const { port } = app.server.address() as AddressInfo
  const ask = createAsk(`https://127.0.0.1:${port}`, tls.ca)
  return {
    ask,
    endpoint: { name: 'https', host: '127.0.0.1', port, ca: tls.ca },
    as:
      (token) =>
      async (method, at, body, headers = {}) => {
        const own = {
          ...(token !== null && { authorization: `Bearer ${token}` }),
          ...(body !== undefined && { 'content-type': 'application/scim+json' }),
        }
        const answer = await ask(method, `/scim/v2${at}`, {
          headers: { ...own, ...headers },
          ...(body !== undefined && { body }),
        })
        return {
          status: answer.status,
          headers: answer.headers,
          body: answer.text === '' ? {} : (JSON.parse(answer.text) as Json),
        }
      },
    close: async () => {
      shedding.stop()
      await app.close()
      await rm(folder, { recursive: true, force: true })
    },
  }
}

/** Sets the connection of the caller's organisation up; a token for it. */
export const connectDirectory = async (
  platform: Platform,
  owner: Caller,
): Promise<{ directoryId: DirectoryId; token: string; credentialId: string }> => {
  const { id: directoryId } = await platform.call(directory.create, { name: 'Okta', defaultRole: 'member' }, owner)
  const { secret, credential } = await platform.call(directory.issueCredential, { kind: 'bearer' }, owner)
  return { directoryId, token: secret, credentialId: credential.id }
}

/** A founded installation with a directory that provisions into it. */
export const setDirectoryStage = async () => {
  const platform = await startPlatform()
  const founded = await platform.found()
  const server = await serveScim(platform)
  const { token } = await connectDirectory(platform, founded.owner)
  const close = async (): Promise<void> => {
    await server.close()
    await platform.close()
  }
  return { platform, founded, server, token, scim: server.as(token), close }
}
export type DirectoryStage = Awaited<ReturnType<typeof setDirectoryStage>>

export const userBody = (userName: string, more: Json = {}): Json => ({
  schemas: ['urn:ietf:params:scim:schemas:core:2.0:User'],
  userName,
  name: { givenName: 'Ada', familyName: 'Byron' },
  emails: [{ value: userName, type: 'work', primary: true }],
  active: true,
  ...more,
})

export const patchBody = (...Operations: Json[]): Json => ({
  schemas: ['urn:ietf:params:scim:api:messages:2.0:PatchOp'],
  Operations,
})

export const filterOf = (filter: string): string => `filter=${encodeURIComponent(filter)}`
