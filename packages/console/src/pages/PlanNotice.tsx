import { entitlements, organisation, planNames, plansWith, type Entitlement } from '@holdfast/contract'
import { PageLink, State, useQueryOf } from '../kit/index.ts'

/** Above what a plan contains, where the organisation's does not: before anybody fills in a form that will be refused. */
export const PlanNotice = ({ needs }: { needs: Entitlement }) => {
  const { data } = useQueryOf(organisation.read, {})
  if (!data?.frozen.includes(needs)) return null
  const { plan, planBefore } = data
  return (
    <p role="note">
      {planBefore === null ? (
        <State kind="quiet">not in your plan</State>
      ) : (
        <State kind="warn">{planNames[planBefore]} has ended</State>
      )}{' '}
      {entitlements[needs].title} needs the plan {plansWith(needs)}; yours is {planNames[plan]}. What is set up keeps working and
      can be switched off, but not changed. <PageLink to="/settings/organisation">Your plan</PageLink>
    </p>
  )
}
