import { readFileSync } from 'node:fs'
import { z } from 'zod'
import type { Layout } from './paths.ts'

/** /etc/holdfast/agent.json: what the enrolment gave. Holds the agent's key: only root reads it. */
export const Settings = z.object({
  version: z.literal(1),
  server: z.url({ protocol: /^https$/ }),
  /** Whether ca.pem holds the server's authority; otherwise the public ones count. */
  ownAuthority: z.boolean(),
  orgId: z.string(),
  hostId: z.string(),
  name: z.string(),
  agentKey: z.string(),
  /** Lines of those whose first bundle is believed; later each bundle names its successors. */
  revocationAuthorities: z.array(z.string()).min(1),
  /** The directory of our control groups, at the top. */
  cgroup: z.string().regex(/^[a-z0-9-]{1,64}$/),
  /** Who logs in without a grant, by an authority of its own that is kept offline; null for nobody. */
  breakGlass: z.string().nullable(),
  /** Of a bastion: the account that its recorder runs under. */
  recorder: z.string().nullable().default(null),
  pam: z.string(),
  sshd: z.string(),
  /** Seconds before the end at which people are warned. */
  warnBefore: z.array(z.number().positive()),
})
export type Settings = z.infer<typeof Settings>

export const readSettings = (layout: Layout): Settings => Settings.parse(JSON.parse(readFileSync(layout.settings, 'utf8')))
