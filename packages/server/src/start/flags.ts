import { parseArgs } from 'node:util'

export const help = `holdfast start: brings up the whole system over HTTPS.

Options
  --demo           fill in a living example organisation (keys in HOLDFAST_HOME/demo.json)
  --home DIR       where everything is kept              (HOLDFAST_HOME, default .holdfast)
  --port N         HTTPS port; 0 takes any free one      (HOLDFAST_PORT, default 8443)
  --help           this text

Environment
  HOLDFAST_DATABASE_URL   an administrator's URL of a PostgreSQL 15 or newer; without it an embedded one is started
  HOLDFAST_DATABASE_CA    PEM file that its certificate must be signed by
  HOLDFAST_PUBLIC_URL     the address people use, when it is not https://localhost:PORT
  HOLDFAST_HTTP_PORT      a plain HTTP port that redirects
  HOLDFAST_SMTP_URL       smtp:// or smtps://; without it mail waits on the operator's outbox page
  HOLDFAST_KEYS           file (default), pkcs11 or aws-kms: where the master keys live
`

export interface Flags {
  demo: boolean
  home: string
  port: number
  help: boolean
}

/** Throws an error with a sentence for people when a flag is unknown or wrong. */
export const readFlags = (args: string[], environment: NodeJS.ProcessEnv): Flags => {
  const { values } = parseArgs({
    args,
    options: {
      demo: { type: 'boolean' },
      home: { type: 'string' },
      port: { type: 'string' },
      help: { type: 'boolean', short: 'h' },
    },
  })
  const port = Number(values.port ?? environment['HOLDFAST_PORT'] ?? 8443)
  if (!Number.isInteger(port) || port < 0 || port > 65_535) throw new Error('The port is a whole number from 0 to 65535.')
  return {
    demo: values.demo ?? false,
    home: values.home ?? environment['HOLDFAST_HOME'] ?? '.holdfast',
    port,
    help: values.help ?? false,
  }
}
