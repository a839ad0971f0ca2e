import { resolve } from 'node:path'
import { z } from 'zod'

const list = (fallback: string) =>
  z
    .string()
    .default(fallback)
    .transform((text) => text.split(',').map((item) => item.trim()))
    .pipe(z.array(z.string().min(1).max(100)).min(1))
/** Made absolute, since the process works in its own directory. */
const path = z
  .string()
  .min(1)
  .transform((text) => resolve(text))

const Common = z.object({
  HOLDFAST_KEYSERVER_DIR: path,
  HOLDFAST_KEYSERVER_HOST: z.string().default('127.0.0.1'),
  HOLDFAST_KEYSERVER_PORT: z.coerce.number().int().min(0).max(65535).default(0),
  HOLDFAST_KEYSERVER_TLS_CERT: path,
  HOLDFAST_KEYSERVER_TLS_KEY: path,
  HOLDFAST_KEYSERVER_TLS_CA: path,
  HOLDFAST_KEYSERVER_CLIENTS: list('holdfast-app'),
  HOLDFAST_KEYSERVER_RINGS: list('tenant,platform'),
  HOLDFAST_KEYSERVER_GRACE_DAYS: z.coerce.number().int().min(0).max(365).default(7),
  HOLDFAST_KEYSERVER_STOP_WITH_STDIN: z.enum(['0', '1']).default('0'),
  LOG_LEVEL: z.enum(['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent']).default('info'),
})

const Keys = z.discriminatedUnion('HOLDFAST_KEYS', [
  z.object({ HOLDFAST_KEYS: z.literal('file') }),
  z.object({
    HOLDFAST_KEYS: z.literal('pkcs11'),
    HOLDFAST_PKCS11_MODULE: path,
    HOLDFAST_PKCS11_TOKEN: z.string().min(1),
    HOLDFAST_PKCS11_PIN_FILE: path,
  }),
  z.object({
    HOLDFAST_KEYS: z.literal('aws-kms'),
    AWS_REGION: z.string().min(1),
    HOLDFAST_KMS_ENDPOINT: z.url().optional(),
  }),
])

export type KeysConfiguration =
  | { adapter: 'file' }
  | { adapter: 'pkcs11'; module: string; tokenLabel: string; pinFile: string }
  | { adapter: 'aws-kms'; region: string; endpoint?: string }

export interface Configuration {
  directory: string
  host: string
  port: number
  tlsFiles: { cert: string; key: string; ca: string }
  clients: string[]
  rings: string[]
  graceDays: number
  stopWithStdin: boolean
  logLevel: string
  keys: KeysConfiguration
}

/** Thrown with one line a setting. */
export class ConfigurationError extends Error {}

const keysOf = (value: z.infer<typeof Keys>): KeysConfiguration => {
  switch (value.HOLDFAST_KEYS) {
    case 'file':
      return { adapter: 'file' }
    case 'pkcs11':
      return {
        adapter: 'pkcs11',
        module: value.HOLDFAST_PKCS11_MODULE,
        tokenLabel: value.HOLDFAST_PKCS11_TOKEN,
        pinFile: value.HOLDFAST_PKCS11_PIN_FILE,
      }
    case 'aws-kms':
      return {
        adapter: 'aws-kms',
        region: value.AWS_REGION,
        ...(value.HOLDFAST_KMS_ENDPOINT === undefined ? {} : { endpoint: value.HOLDFAST_KMS_ENDPOINT }),
      }
  }
}

/** Reads the environment. Throws `ConfigurationError` naming every setting that is absent or wrong, without its value. */
export const readConfiguration = (environment: NodeJS.ProcessEnv): Configuration => {
  const common = Common.safeParse(environment)
  const keys = Keys.safeParse({ ...environment, HOLDFAST_KEYS: environment['HOLDFAST_KEYS'] ?? 'file' })
  if (!common.success || !keys.success) {
    const issues = [...(common.error?.issues ?? []), ...(keys.error?.issues ?? [])]
    const lines = issues.map(
      ({ path: [name = 'environment'], message }) => `  ${String(name)}: ${environment[String(name)] ? message : 'is not set'}`,
    )
    throw new ConfigurationError(['The key server cannot start:', ...lines].join('\n'))
  }
  const value = common.data
  return {
    directory: value.HOLDFAST_KEYSERVER_DIR,
    host: value.HOLDFAST_KEYSERVER_HOST,
    port: value.HOLDFAST_KEYSERVER_PORT,
    tlsFiles: {
      cert: value.HOLDFAST_KEYSERVER_TLS_CERT,
      key: value.HOLDFAST_KEYSERVER_TLS_KEY,
      ca: value.HOLDFAST_KEYSERVER_TLS_CA,
    },
    clients: value.HOLDFAST_KEYSERVER_CLIENTS,
    rings: value.HOLDFAST_KEYSERVER_RINGS,
    graceDays: value.HOLDFAST_KEYSERVER_GRACE_DAYS,
    stopWithStdin: value.HOLDFAST_KEYSERVER_STOP_WITH_STDIN === '1',
    logLevel: value.LOG_LEVEL,
    keys: keysOf(keys.data),
  }
}
