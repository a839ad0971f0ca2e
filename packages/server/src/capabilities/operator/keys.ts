import { operator } from '@holdfast/contract'
import { handle, type Context } from '../../kernel/handle.ts'
import { withAge, type KnownSecret, type Secret } from '../../kernel/secret-age.ts'

type Found = Omit<KnownSecret, 'owner'>

const rings: Record<string, string> = {
  tenant: 'Master key',
  platform: 'Master key (platform)',
  keyserver: 'Key server’s own key',
}

/** What the key server holds; destroyed keys are no secrets any more. */
const inKeyServer = async ({ services }: Pick<Context, 'services'>): Promise<Found[]> => {
  const report = await services.ground.keyServer.keys()
  const storedIn = `key server (${report.adapter})`
  const master = report.rings.flatMap(({ name, current, versions }) =>
    versions
      .filter(({ state }) => state !== 'destroyed')
      .map(({ version, createdAt, state }): Found => {
        const label = rings[name] ?? `Master key (${name})`
        const named = state === 'retired' ? `${label} (retired)` : version < current ? `${label} (replaced)` : label
        return { name: named, kind: 'master_key', version, createdAt: new Date(createdAt), storedIn, inUse: version === current }
      }),
  )
  const signing = report.signingKeys.flatMap(({ name, current, keys }) =>
    keys.map(({ version, createdAt }): Found => {
      const label = version === current ? `Checkpoint key ${name}` : `Checkpoint key ${name} (replaced)`
      return {
        name: label,
        kind: 'checkpoint_key',
        version,
        createdAt: new Date(createdAt),
        storedIn,
        inUse: version === current,
      }
    }),
  )
  return [...master, ...signing]
}

/** What stands in the database, sealed by the platform's data key, and that key. */
const inDatabase = async ({ tx }: Pick<Context, 'tx'>): Promise<Found[]> => {
  const storedIn = 'database, sealed by the platform’s data key'
  const signing = await tx.selectFrom('signingKey').select(['state', 'createdAt']).orderBy('kid', 'desc').limit(20).execute()
  const secrets = await tx
    .selectFrom('platformSecret')
    .select(['name', 'version', 'state', 'createdAt'])
    .orderBy('version', 'desc')
    .limit(20)
    .execute()
  const keys = await tx
    .selectFrom('dataKey')
    .select(['version', 'ringVersion', 'state', 'createdAt'])
    .where('scope', '=', 'platform')
    .orderBy('version', 'desc')
    .limit(20)
    .execute()
  const { count } = await tx
    .selectFrom('signingKey')
    .select(({ fn }) => fn.countAll<string>().as('count'))
    .executeTakeFirstOrThrow()
  const states = { next: 'Token-signing key (next)', signing: 'Token-signing key', retired: 'Token-signing key (replaced)' }
  return [
    ...signing.map(({ state, createdAt }, index): Found => {
      const version = Number(count) - index
      return { name: states[state], kind: 'token_signing_key', version, createdAt, storedIn, inUse: state === 'signing' }
    }),
    ...secrets.map(({ name, version, state, createdAt }): Found => {
      const inUse = state === 'active'
      if (name === 'refresh')
        return {
          name: inUse ? 'Refresh-token key' : 'Refresh-token key (replaced)',
          kind: 'refresh_key',
          version,
          createdAt,
          storedIn,
          inUse,
        }
      // Every index would have to be made anew from addresses that only their persons' keys open: it stays.
      return { name: 'E-mail index key', kind: 'data_key', version, createdAt, storedIn, inUse: false }
    }),
    ...keys.map(({ version, ringVersion, state, createdAt }): Found => {
      const wrapped = `database, wrapped by version ${ringVersion} of the master key`
      return {
        name: 'Platform data key',
        kind: 'data_key',
        version,
        createdAt,
        storedIn: wrapped,
        inUse: state === 'active',
        everyDays: 3650,
      }
    }),
  ]
}

const inFiles = async ({ services }: Pick<Context, 'services'>): Promise<Found[]> => {
  const passwords = (await services.installation?.databasePasswords()) ?? []
  return passwords.map(({ name, version, createdAt }) => ({
    name: `Password of ${name.replace(/^database-/, 'holdfast_')}`,
    kind: 'database_password',
    ...{ version, createdAt },
    storedIn: 'app/secrets.json, wrapped by the master key',
    inUse: true,
  }))
}

/** Every secret there is: what, whose, how old, where (D3). Values are nowhere in it. */
export const secretsOf = async (context: Pick<Context, 'tx' | 'services'>, now: Date): Promise<Secret[]> => {
  const { name: owner } = await context.tx.selectFrom('org').select('name').executeTakeFirstOrThrow()
  const found = [...(await inKeyServer(context)), ...(await inDatabase(context)), ...(await inFiles(context))]
  return found.slice(0, 100).map((secret) => withAge({ ...secret, owner }, now))
}

export const keys = handle(operator.keys, async (_, context) => ({ rows: await secretsOf(context, context.now) }))
