import { hostname } from 'node:os'
import { operations, ProblemError } from '@holdfast/contract'
import { createApiKey, parseApiKey } from '@holdfast/crypto'
import type { Command } from 'commander'
import { connect, connectTo } from './call.ts'
import { configFile, readConfig, writeConfig } from './config.ts'
import { newApiKeyId } from './identifier.ts'
import { readBytes } from './input.ts'
import { Failed, say, UsageError, type Io } from './io.ts'
import { plain, render } from './print.ts'
import { addServerOptions } from './server-options.ts'
import { findServer, trust, type Server, type ServerOptions } from './server.ts'

interface Who {
  name: string
  email: string | null
  role: string
  organisation: { id: string; name: string }
  answer: unknown
}

interface LoginOptions extends ServerOptions {
  apiKey?: string
  name: string
  browser: boolean
}

const pollEveryMs = 2000
const giveUpAfterMs = 5 * 60_000

/** Eight hex digits of the secret's hash in two groups: enough to compare by eye. */
export const fingerprint = (secretHash: string): string => `${secretHash.slice(0, 4)}-${secretHash.slice(4, 8)}`

const remember = async (io: Io, server: Server, key: string, made: boolean): Promise<void> => {
  const config = await readConfig(io)
  const login = { key, made, ...(server.ca !== null && { ca: server.ca }) }
  await writeConfig(io, { current: server.origin, servers: { ...config.servers, [server.origin]: login } })
}

/** The person, or the service account, that a key acts as. */
const whoIs = async (io: Io, server: Server): Promise<Who> => {
  const { call } = connectTo(io, server)
  try {
    const { value } = await call(operations.session.current, {})
    const { person, organisation } = value
    return { name: person.name, email: person.email, role: organisation.role, organisation, answer: value }
  } catch (error) {
    if (!(error instanceof ProblemError) || error.code !== 'session_required') throw error
    const { value } = await call(operations.serviceAccount.current, {})
    return {
      name: `service account ${value.name}`,
      email: null,
      role: value.role,
      organisation: value.organisation,
      answer: value,
    }
  }
}

/** Asks until the key works. A key that nobody has accepted yet is answered like any wrong key. */
const awaitAuthorisation = async (io: Io, server: Server): Promise<Who> => {
  for (let waited = 0; waited < giveUpAfterMs; waited += pollEveryMs) {
    await io.sleep(pollEveryMs)
    try {
      return await whoIs(io, server)
    } catch (error) {
      if (!(error instanceof ProblemError) || error.code !== 'unauthenticated') throw error
    }
  }
  throw new Failed('nobody authorised the key within five minutes; nothing was kept')
}

/** The secret is made here and stays here: the browser gets the key's id and the hash of its secret, after the `#`, so no server log has it. */
const loginByBrowser = async (io: Io, server: Server, options: LoginOptions): Promise<void> => {
  const id = newApiKeyId()
  const { key, secretHash } = createApiKey(id)
  const hash = secretHash.toString('hex')
  const page = `${server.origin}/cli-login#${id}.${hash}.${encodeURIComponent(options.name)}`
  say(
    io,
    `Open this page, sign in, and accept the key if it shows the same fingerprint:\n\n  ${page}\n\n  Fingerprint  ${fingerprint(hash)}\n`,
  )
  if (options.browser && io.interactive) io.openBrowser(page)
  say(io, 'Waiting …')
  const keyed = { ...server, key }
  const session = await awaitAuthorisation(io, keyed)
  await remember(io, keyed, key, true)
  greet(io, server, session)
}

const loginByKey = async (io: Io, server: Server, source: string): Promise<void> => {
  if (source.startsWith('hf_'))
    throw new UsageError('--api-key takes - for stdin, or a file: what stands on a command line can be read by others')
  const key = (await readBytes(io, source)).toString('utf8').trim()
  if (!parseApiKey(key)) throw new UsageError('what was read is no API key (hf_<id>.<secret>)')
  const session = await whoIs(io, { ...server, key })
  await remember(io, server, key, false)
  greet(io, server, session)
}

const greet = (io: Io, server: Server, { name, role, organisation }: Who): void => {
  say(io, `Signed in to ${server.origin} as ${plain(name)}, ${role} of ${plain(organisation.name)}. Kept in ${configFile(io)}.`)
  if (io.env.HOLDFAST_API_KEY) say(io, 'HOLDFAST_API_KEY is set as well, and goes first.')
}

const login = async (io: Io, options: LoginOptions): Promise<void> => {
  const server = await findServer(io, options)
  trust(server.ca)
  await (options.apiKey === undefined ? loginByBrowser(io, server, options) : loginByKey(io, server, options.apiKey))
}

/** Revokes a key that `login` made, and forgets it. One that was brought along may be in use elsewhere: it is only forgotten. */
const logout = async (io: Io, options: ServerOptions): Promise<void> => {
  const config = await readConfig(io)
  const server = await findServer(io, options)
  const { [server.origin]: entry, ...others } = config.servers
  if (!entry) throw new Failed(`nobody is signed in to ${server.origin}`)
  const { current, ...rest } = config
  await writeConfig(io, { ...rest, ...(current !== undefined && current !== server.origin && { current }), servers: others })
  const id = parseApiKey(entry.key)?.id
  if (!entry.made || id === undefined)
    return say(io, `Forgot the key for ${server.origin}. It is still valid: \`holdfast api-key revoke\` ends it.`)
  trust(server.ca)
  try {
    const key = operations.apiKey.revoke.input.parse({ id })
    const { ledgerSeq } = await connectTo(io, { ...server, key: entry.key }).call(operations.apiKey.revoke, key)
    say(io, `Signed out of ${server.origin}; the key is revoked. Recorded as #${ledgerSeq ?? '?'}.`)
  } catch (error) {
    if (error instanceof ProblemError && error.code === 'unauthenticated')
      return say(io, `Signed out of ${server.origin}; the key had ended already.`)
    throw new Failed(`the key is forgotten here, but could not be revoked; revoke ${id} in the console`, { cause: error })
  }
}

const whoami = async (io: Io, options: ServerOptions & { json?: true }): Promise<void> => {
  const { server } = await connect(io, options)
  const { name, email, role, organisation, answer } = await whoIs(io, server)
  const short = {
    server: server.origin,
    ...(email === null ? { account: name } : { person: `${name} <${email}>` }),
    role,
    organisation: `${organisation.name} (${organisation.id})`,
  }
  io.stdout.write(options.json ? `${JSON.stringify(answer, null, 2)}\n` : render(short, io.columns))
}

const examples = `
Without options a browser authorises a key that this command makes itself; only the hash of its
secret leaves the terminal.

Examples:
  holdfast login
  holdfast login --url https://holdfast.example --ca ca.pem
  pass show holdfast/key | holdfast login --api-key -`

export const addLoginCommands = (program: Command, io: Io): void => {
  addServerOptions(program.command('login'))
    .description('sign in to a server, and remember it')
    .option('--api-key <file>', 'take an existing API key from a file; - reads stdin')
    .option('--name <name>', 'what the key is called', `holdfast on ${hostname()}`.slice(0, 60))
    .option('--no-browser', 'only print the page')
    .addHelpText('after', examples)
    .action((options: LoginOptions) => login(io, options))
  addServerOptions(program.command('logout'))
    .description('forget the key of a server, and revoke it when login made it')
    .action((options: ServerOptions) => logout(io, options))
  addServerOptions(program.command('whoami'))
    .description('who is signed in, where, with which role')
    .option('--json', 'print the answer as JSON')
    .action((options: ServerOptions & { json?: true }) => whoami(io, options))
}
