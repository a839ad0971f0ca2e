import { rmSync } from 'node:fs'
import { mkdtemp } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import tls from 'node:tls'
import { operations } from '@holdfast/contract'
import { Ended, Failed, type Io } from '../io.ts'
import { plain } from '../print.ts'
import { createProgress } from '../progress.ts'
import { afterwards, warnBeforeEnd } from './afterwards.ts'
import { withCode } from './code.ts'
import { clockTime, durationWords, secondsUntil } from './duration.ts'
import { untilSignal } from './interrupt.ts'
import { explainMissing, withoutSecrets, writeOwn } from './key-directory.ts'
import { followNews } from './news.ts'
import type { Asking } from './request.ts'
import { accessTo } from './running.ts'
import { askingOf, type SshOptions } from './ssh.ts'
import type { Credentials, Grant, GrantDetail } from './types.ts'

type PsqlOptions = Omit<SshOptions, 'tty' | 'sshOption' | 'extension'>

/** An answer whose parts may stand in a connection string and a password file: nothing in it can become another line, host or option. */
const checkCredentials = (answer: Credentials): Credentials => {
  const { success } = operations.grant.databaseCredentials.output.safeParse(answer)
  const plainUser = /^[a-z0-9_]{1,63}$/.test(answer.user) && /^[A-Za-z0-9_-]{20,200}$/.test(answer.password)
  // A path would be a socket, a list of names another server.
  const plainHost = /^[A-Za-z0-9.:-]{1,253}$/.test(answer.host)
  // eslint-disable-next-line no-control-regex -- none of them may stand there
  if (!success || !plainUser || !plainHost || /[\u0000-\u001f]/.test(answer.database))
    throw new Failed('the server answered with credentials that cannot be used')
  return answer
}

const quoted = (value: string): string => `'${value.replaceAll(/[\\']/g, '\\$&')}'`

/** What psql is told on its command line, where others can read it: everything but the password. */
export const connectionOf = ({ host, port, database, user }: Credentials, directory: string): string =>
  Object.entries({
    ...{ host, port: String(port), dbname: database, user, sslmode: 'verify-full', application_name: 'holdfast psql' },
    ...{ sslrootcert: join(directory, 'authority.pem'), passfile: join(directory, 'passfile') },
  })
    .map(([name, value]) => `${name}=${quoted(value)}`)
    .join(' ')

/** For this server and role only, in whatever database of it. */
const passwordLine = ({ host, port, user, password }: Credentials): string =>
  `${host.replaceAll(':', '\\:')}:${port}:*:${user}:${password}\n`

/** libpq knows where the system keeps its authorities since version 16 only; we always know. */
const authorityOf = ({ ca }: Credentials): string => ca ?? `${systemAuthorities().join('\n')}\n`

const { getCACertificates, rootCertificates } = tls
/** Node before 22.15 knows its own list only. */
const systemAuthorities = (): readonly string[] =>
  typeof getCACertificates === 'function' ? getCACertificates('default') : rootCertificates

/** A directory that only its owner can read, taken away whatever happens: also when a signal ends us. */
const withDirectory = async <T>(io: Io, use: (path: string) => Promise<T>): Promise<T> => {
  const stop = io.onSignal(() => undefined)
  const path = await mkdtemp(join(tmpdir(), 'holdfast-psql-'))
  try {
    return await use(path)
  } finally {
    rmSync(path, { recursive: true, force: true })
    stop()
  }
}

/** Variables of libpq would say where to connect, and how, beside what we say. */
const environmentOf = (env: Io['env']): Io['env'] =>
  Object.fromEntries(Object.entries(withoutSecrets(env)).filter(([name]) => !/^PG[A-Z]/.test(name)))

const patienceMs = 120_000
const pauseMs = 500
/** While the server tells when it is there. */
const calmMs = 5_000

/** The role is made right after its credentials were given; where the database is out of reach that is tried again each minute. */
const awaitRole = async ({ io, connection, report }: Asking, { id, roleId }: Credentials): Promise<void> => {
  const progress = createProgress(io)
  const news = followNews(io, connection)
  let said: string | null = null
  try {
    for (let waited = 0; ;) {
      const { value }: { value: GrantDetail } = await connection.call(operations.grant.read, { id })
      const role = value.databaseRoles.find((each) => each.id === roleId)
      if (role?.madeAt) return
      if (value.state !== 'approved') throw new Failed('access has ended before the role was made')
      const trouble = role?.trouble ?? null
      if (trouble !== null && trouble !== said) {
        progress.clear()
        report('trouble', `The role could not be made: ${plain(trouble)} It is tried again each minute.`, {
          grantId: id,
          trouble,
        })
        said = trouble
      }
      if (waited >= patienceMs)
        throw new Failed(
          `the role is not there after ${durationWords(patienceMs / 1000)}${said === null ? '' : `: ${plain(said)}`}`,
        )
      progress.show(() => `Waiting for the role in the database: ${durationWords(Math.floor(waited / 1000))}`)
      waited += await news.next(pauseMs, calmMs)
    }
  } finally {
    news.stop()
    progress.clear()
  }
}

const credentialsFor = async (asking: Asking, grant: Grant): Promise<Credentials> => {
  const { io, connection, report, held } = asking
  const { value, ledgerSeq } = await withCode(io, held, undefined, (code) =>
    connection.call(operations.grant.databaseCredentials, { id: grant.id, ...(code !== undefined && { code }) }),
  )
  const credentials = checkCredentials(value)
  const { user, endsAt } = credentials
  report('credentials', `Role ${user}. Recorded as #${ledgerSeq ?? '?'}.`, { grantId: grant.id, user, endsAt, ledgerSeq })
  await awaitRole(asking, credentials)
  return credentials
}

const runPsql = async (
  { io, report }: Asking,
  credentials: Credentials,
  path: string,
  own: readonly string[],
): Promise<number> => {
  const { id, endsAt } = credentials
  await writeOwn(join(path, 'passfile'), passwordLine(credentials))
  await writeOwn(join(path, 'authority.pem'), authorityOf(credentials))
  const left = durationWords(secondsUntil(endsAt))
  report('connecting', `Access until ${clockTime(endsAt)} (${left}); connections end then.`, { grantId: id, endsAt })
  const stop = warnBeforeEnd(io, endsAt, id)
  try {
    return await io.hand('psql', [connectionOf(credentials, path), ...own], environmentOf(io.env))
  } catch (error) {
    throw explainMissing('psql', error, 'the client of PostgreSQL')
  } finally {
    stop()
  }
}

/** `psql DATABASE`: asks where needed, waits, connects with the real psql, and ends with its exit code. */
export const psql = async (given: Io, name: string, own: readonly string[], options: PsqlOptions): Promise<void> => {
  const asking = await askingOf(given, options)
  const { io } = asking
  const grant = await accessTo(asking, { kind: 'database', name })
  const code = await withDirectory(io, async (path) => {
    const credentials = await untilSignal(io, () => credentialsFor(asking, grant))
    return runPsql(asking, credentials, path, own)
  })
  await afterwards(asking, grant.id, options.return === true)
  if (code !== 0) throw new Ended(code)
}
