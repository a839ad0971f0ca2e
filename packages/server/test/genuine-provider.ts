/** `oidc-provider`, as somebody would run it: what a real provider says, not what we believe it says. */
import { createServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import Provider, { type Configuration } from 'oidc-provider'
import { clientId, clientSecret } from './provider.ts'

export interface GenuineOptions {
  tls: { cert: string; key: string }
  /** The addresses it sends people back to. */
  redirectUris: string[]
}

const configurationOf = (redirectUris: string[]): Configuration => ({
  clients: [{ client_id: clientId, client_secret: clientSecret, redirect_uris: redirectUris }],
  cookies: { keys: ['a key of the test'] },
  claims: { openid: ['sub'], email: ['email', 'email_verified'], profile: ['name'] },
  pkce: { required: () => true },
  features: { devInteractions: { enabled: true } },
  // Whoever says who they are, by their address, is believed; any password will do.
  findAccount: (_, id) => ({
    accountId: id,
    claims: () => ({ sub: id, email: id, email_verified: true, name: `Somebody at ${id.split('@')[1]}` }),
  }),
})

/** Its clients are known when it starts: name the redirect addresses by `register` and it begins anew on the same port. */
export const startGenuineProvider = async ({ tls, redirectUris }: GenuineOptions) => {
  let callback: ReturnType<Provider['callback']> | null = null
  const server = createServer(tls, (request, response) => void callback?.(request, response))
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  server.unref()
  const issuer = `https://localhost:${(server.address() as AddressInfo).port}`
  const register = (uris: string[]): void => {
    callback = new Provider(issuer, configurationOf(uris)).callback()
  }
  register(redirectUris)
  return { issuer, register, close: () => new Promise<void>((resolve) => server.close(() => resolve())) }
}
