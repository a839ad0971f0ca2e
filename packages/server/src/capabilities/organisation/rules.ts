import { contentsOf, entitlements, planNames, plansWith, type Entitlement, type Plan, type Role } from '@holdfast/contract'

/** Why ownership cannot pass to somebody with this role; null when it can. Roles are live ones; null: no member. */
export const transferRefusal = (target: Role | null): 'member_not_found' | 'already_owner' | null => {
  if (target === null) return 'member_not_found'
  return target === 'owner' ? 'already_owner' : null
}

/** Why a plan cannot be set so. Who runs the installation has everything in it, for good. */
export const planRefusal = (
  own: boolean,
  endsAt: Date | null,
  now: Date,
): 'operator_organisation' | 'ends_in_the_past' | null => {
  if (own) return 'operator_organisation'
  return endsAt !== null && endsAt <= now ? 'ends_in_the_past' : null
}

/** What an organisation had by one plan and does not have by another. */
export const lostBetween = (before: Plan, after: Plan): Entitlement[] =>
  contentsOf(before).includes.filter((entitlement) => contentsOf(after).frozen.includes(entitlement))

/** What that means for what is set up already. */
const consequences: Readonly<Record<Entitlement, { goesOn: string; frozen: string; open: string }>> = {
  sso: {
    goesOn: 'People sign in by single sign-on as before, and where it is enforced it stays so.',
    frozen:
      'Connections, domains and enforcing cannot be added or changed. If your provider changes its certificate or secret, it cannot be replaced here.',
    open: 'Lifting enforcement, deactivating and removing connections, removing domains.',
  },
  scim: {
    goesOn: 'Your directory goes on creating, changing and switching off people.',
    frozen:
      'Another directory cannot be set up, a disabled one not be enabled, and the mapping of groups to roles cannot be changed.',
    open: 'Renewing and revoking its credentials, disabling it.',
  },
}

const listed = (lines: readonly string[]): string => lines.map((line) => `  - ${line}`).join('\n')

/** To an Owner, when their organisation's plan ends or becomes a smaller one. */
export const lapseMail = (
  {
    name,
    organisation,
    before,
    after,
    lost,
  }: Record<'name' | 'organisation', string> & { before: Plan; after: Plan; lost: readonly Entitlement[] },
  publicUrl: string,
): { subject: string; text: string } => {
  const of = (what: 'goesOn' | 'frozen' | 'open') => listed(lost.map((entitlement) => consequences[entitlement][what]))
  const [first] = lost
  return {
    subject: `${organisation}: the plan ${planNames[before]} has ended`,
    text: `Hello ${name},

${organisation} was on the plan ${planNames[before]} and is on ${planNames[after]} now. Nobody is locked out by that.

No longer contained:
${listed(lost.map((entitlement) => entitlements[entitlement].title))}

Goes on as it is set up:
${of('goesOn')}

Frozen:
${of('frozen')}

Still possible:
${of('open')}

To change it again you need the plan ${first === undefined ? planNames[before] : plansWith(first)}; ask whoever operates this installation. See ${publicUrl}/settings/organisation
`,
  }
}
