import { z } from 'zod'

/** What an organisation has agreed with the operator, least first. */
export const plans = ['starter', 'growth', 'enterprise'] as const
export const Plan = z.enum(plans)
export type Plan = z.infer<typeof Plan>

/** What only some plans contain (C3). An operation names one in `entitlement`; everything else belongs to every plan. */
export const entitlements = {
  sso: { title: 'Single sign-on (SAML, OpenID Connect)', plans: ['growth', 'enterprise'] },
  scim: { title: 'Provisioning from a directory (SCIM)', plans: ['growth', 'enterprise'] },
} as const satisfies Record<string, { title: string; plans: readonly Plan[] }>
export type Entitlement = keyof typeof entitlements
export const Entitlement = z.enum(Object.keys(entitlements) as [Entitlement, ...Entitlement[]])

export const planNames: Record<Plan, string> = { starter: 'Starter', growth: 'Growth', enterprise: 'Enterprise' }

/** Whether the plan an organisation has now contains it. */
export const isEntitled = (organisation: { plan: Plan }, entitlement: Entitlement): boolean =>
  (entitlements[entitlement].plans as readonly Plan[]).includes(organisation.plan)

/** `Growth or Enterprise`: the plans that contain it. */
export const plansWith = (entitlement: Entitlement): string =>
  entitlements[entitlement].plans.map((plan) => planNames[plan]).join(' or ')

/** What the plan contains, and what it does not: that is frozen where it was set up before, and cannot be set up otherwise. */
export const contentsOf = (plan: Plan): { includes: Entitlement[]; frozen: Entitlement[] } => ({
  includes: Entitlement.options.filter((entitlement) => isEntitled({ plan }, entitlement)),
  frozen: Entitlement.options.filter((entitlement) => !isEntitled({ plan }, entitlement)),
})
