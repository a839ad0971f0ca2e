import { keeps } from '../../kernel/promise.ts'
import { readIn } from '../../kernel/unit.ts'
import { secretsOf } from './keys.ts'

/** Each secret has an owner, an age and an interval; one that is overdue breaks the promise (D3). */
export const promises = [
  keeps('D3', async ({ services, orgId }) => {
    const now = services.clock.now()
    const secrets = await readIn(services.ground, orgId, null, ({ tx }) => secretsOf({ tx, services }, now))
    const overdue = secrets.filter(({ due }) => due)
    const oldest = Math.max(0, ...secrets.map(({ ageDays }) => ageDays))
    const late = overdue.map(({ name, version }) => `${name} (version ${version})`).join(', ')
    return {
      kept: secrets.length > 0 && overdue.length === 0,
      proof:
        overdue.length === 0
          ? `${secrets.length} secrets, each with an owner, an age and a rotation; none is overdue, the oldest is ${oldest} days old. Values are wrapped by the key server.`
          : `Overdue for rotation: ${late}.`,
    }
  }),
]
