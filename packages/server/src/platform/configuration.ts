import { z } from 'zod'
import { defaultConnectionLimits } from '../kernel/http/connections.ts'
import { defaultPolicies, type RateClass, type RatePolicies } from '../kernel/http/rate-limit.ts'

const port = z.coerce.number().int().min(0).max(65_535)
const list = z.string().transform((value) => value.split(',').filter(Boolean))

/** What the app process is told by its environment. No secret stands in it (D3). */
const Environment = z.object({
  HOLDFAST_HOME: z.string().min(1),
  HOLDFAST_PORT: port.default(8443),
  /** Plain HTTP on this port redirects; unset: no such listener. */
  HOLDFAST_HTTP_PORT: port.optional(),
  HOLDFAST_HOST: z.string().default('127.0.0.1'),
  HOLDFAST_PUBLIC_URL: z.url().optional(),
  HOLDFAST_DATABASE_HOST: z.string(),
  HOLDFAST_DATABASE_PORT: port,
  HOLDFAST_DATABASE_NAME: z.string(),
  /** PEM file that the database's certificate must be signed by; unset: the system's authorities. */
  HOLDFAST_DATABASE_CA: z.string().optional(),
  HOLDFAST_KEYSERVER_HOST: z.string().default('127.0.0.1'),
  HOLDFAST_KEYSERVER_PORT: port,
  HOLDFAST_TRUST_PROXY: list.optional(),
  /** Open connections of one address; a proxy's are not counted. */
  HOLDFAST_CONNECTIONS_PER_ADDRESS: z.coerce.number().int().min(1).default(defaultConnectionLimits.perAddress),
  HOLDFAST_SMTP_URL: z.url({ protocol: /^smtps?$/ }).optional(),
  HOLDFAST_MAIL_FROM: z.string().default('Holdfast <holdfast@localhost>'),
  HOLDFAST_POOL: z.coerce.number().int().min(2).max(100).default(20),
  /** JSON: a rate class → {quota, windowSeconds}. */
  HOLDFAST_RATE_LIMITS: z.string().default('{}'),
  HOLDFAST_LOG_LEVEL: z.enum(['debug', 'info', 'warn', 'error']).default('info'),
  /** Whether webhooks may point into our own network. */
  HOLDFAST_WEBHOOKS_INSIDE: z.stringbool().default(false),
  /** Whether identity providers may be in our own network. */
  HOLDFAST_SSO_INSIDE: z.stringbool().default(false),
  /** PEM file of an authority that signs certificates of identity providers, beside the system's. */
  HOLDFAST_SSO_CA: z.string().optional(),
  /** Addresses of the name servers that are asked for domain proofs, as 192.0.2.53:53; unset: the system's. */
  HOLDFAST_DNS_SERVERS: list.optional(),
  /** Whether databases that people get access to may be in our own network. */
  HOLDFAST_DATABASES_INSIDE: z.stringbool().default(false),
  HOLDFAST_DEMO: z.stringbool().default(false),
})
export type Configuration = z.output<typeof Environment>

/** Throws one readable error that names every wrong variable. */
export const readConfiguration = (environment: NodeJS.ProcessEnv): Configuration => {
  const parsed = Environment.safeParse(environment)
  if (parsed.success) return parsed.data
  const problems = parsed.error.issues.map(({ path, message }) => `  ${path.join('.')}: ${message}`)
  throw new Error(`The environment is not right:\n${problems.join('\n')}`)
}

const RatePolicy = z.object({ quota: z.number().int().min(1), windowSeconds: z.number().int().min(1) })
const RatePolicyOverrides = z.strictObject({
  address: RatePolicy.optional(),
  principal: RatePolicy.optional(),
  organisation: RatePolicy.optional(),
  agents: RatePolicy.optional(),
  secret: RatePolicy.optional(),
  discovery: RatePolicy.optional(),
  heavy: RatePolicy.optional(),
} satisfies Record<RateClass, unknown>)

/** The rate policies with the installation's own in place of the defaults. */
export const ratePolicies = ({ HOLDFAST_RATE_LIMITS }: Configuration): RatePolicies => {
  const own = RatePolicyOverrides.parse(JSON.parse(HOLDFAST_RATE_LIMITS))
  const named = Object.entries(own).filter(([, policy]) => policy !== undefined)
  return { ...defaultPolicies, ...Object.fromEntries(named) }
}
