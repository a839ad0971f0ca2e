import type { Capability } from '../../kernel/capability.ts'
import { send, tidy } from './delivery.ts'
import { keys } from './keys.ts'
import { mail, outbox } from './outbox.ts'
import { promises } from './promises.ts'
import { health, organisations } from './queries.ts'
import { retire, rewrap } from './rewrap.ts'
import { rotate } from './rotate.ts'

/** What the operator does for the installation: its secrets, its mail, its health (D3). `checkPromises` is the trust capability's. */
export const operator: Capability = {
  handlers: [health, keys, rotate, outbox, mail, organisations],
  jobs: [send, rewrap, retire],
  schedules: [tidy],
  promises,
}
