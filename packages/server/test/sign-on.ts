/** Single sign-on set up for tests: a provider, a proved domain, a connection that was tested and is active. */
import { ledger, session, sso, type InputOf, type OutputOf, type SsoConnectionId } from '@holdfast/contract'
import { newCaller, type Caller, type Platform } from './platform.ts'
import { clientId, clientSecret, startProvider, type Said, type TestProvider } from './provider.ts'

export interface SignOn {
  provider: TestProvider
  connectionId: SsoConnectionId
  domain: string
}

/** As somebody of that name at the provider. */
export const saidOf = (domain: string, name = 'sam', more: Partial<Said> = {}): Said => ({
  ...{ sub: `subject-of-${name}`, email: `${name}@${domain}`, email_verified: true, name: `Sam ${name}` },
  ...more,
})

export const createConnection = async (
  platform: Platform,
  as: Caller,
  provider: TestProvider,
  more: Partial<InputOf<typeof sso.create>> = {},
): Promise<SsoConnectionId> => {
  const settings = { kind: 'oidc' as const, issuer: provider.issuer, clientId }
  const { id } = await platform.call(sso.create, { name: 'Our provider', settings, secret: clientSecret, ...more }, as)
  return id
}

/** Adds a domain and sets its record. */
export const proveDomain = async (platform: Platform, as: Caller, domain: string, connectionId: SsoConnectionId | null) => {
  const { record } = await platform.call(sso.addDomain, { domain, connectionId }, as)
  platform.dns.set(record.name, [record.value])
  return platform.call(sso.proveDomain, { domain }, as)
}

export const testConnection = async (
  platform: Platform,
  as: Caller,
  { provider, connectionId: id, domain }: SignOn,
  said: Said = saidOf(domain, 'tester'),
): Promise<OutputOf<typeof sso.finishTest>> => {
  const { url } = await platform.call(sso.beginTest, { id }, as)
  return platform.call(sso.finishTest, { id, parameters: provider.signIn(url, said) }, as)
}

let domains = 0
/** `as` is an Owner or Admin who has just confirmed who they are. */
export const signOnFor = async (
  platform: Platform,
  as: Caller,
  more: Partial<InputOf<typeof sso.create>> = { defaultRole: 'member' },
  domain = `corp${domains++}.example`,
): Promise<SignOn> => {
  const provider = await startProvider(platform.tls)
  const connectionId = await createConnection(platform, as, provider, more)
  const signOn = { provider, connectionId, domain }
  await proveDomain(platform, as, domain, connectionId)
  const report = await testConnection(platform, as, signOn)
  if (!report.passed) throw new Error(JSON.stringify(report.checks.filter(({ passed }) => !passed)))
  await platform.call(sso.activate, { id: connectionId }, as)
  return signOn
}

/** The browser after the provider, with the answer in its hands. */
export const answerFor = async (
  platform: Platform,
  { provider, domain }: SignOn,
  said: Said,
  caller: Caller,
): Promise<string> => {
  const { url } = await platform.call(session.beginSignOn, { domain }, caller)
  return provider.signIn(url, said)
}

/** Signs somebody in; `caller` is their browser. */
export const signOnAs = async (platform: Platform, signOn: SignOn, said: Said, caller: Caller = newCaller()) => {
  const parameters = await answerFor(platform, signOn, said, caller)
  const { next } = await platform.call(session.finishSignOn, { connectionId: signOn.connectionId, parameters }, caller)
  return { caller, next }
}

/** Tries what a provider says of somebody; fails unless it is refused. Returns the reason as `reader` finds it in the ledger. */
export const refusedAnswer = async (platform: Platform, reader: Caller, signOn: SignOn, said: Said): Promise<string> => {
  const caller = newCaller()
  const parameters = await answerFor(platform, signOn, said, caller)
  const { connectionId } = signOn
  const code = await platform.refusal(session.finishSignOn, { connectionId, parameters }, caller)
  if (code !== 'sign_on_refused' || caller.access !== null) throw new Error(`refused by ${code}`)
  const { size } = await platform.call(ledger.head, {}, reader)
  const { reason, action } = await platform.call(ledger.read, { seq: size - 1 }, reader)
  if (action !== 'session.sign_on_refused') throw new Error(`the last entry is ${action}`)
  return reason ?? ''
}
