import { entitlements, organisation, planNames, plansWith, type Entitlement } from '@holdfast/contract'
import { PageLink, State, useQueryOf } from '../kit/index.ts'
import classes from './PlanNotice.module.css'

/** Above what a plan contains, where the organisation's does not: before anybody fills in a form that will be refused. */
export const PlanNotice = ({ needs }: { needs: Entitlement }) => {
  const { data } = useQueryOf(organisation.read, {})
  if (!data?.frozen.includes(needs)) return null
  const { plan, planBefore } = data
  return (
    <div role="note" className={classes['notice']}>
      {planBefore === null ? (
        <State kind="quiet">not in your plan</State>
      ) : (
        <State kind="warn">{planNames[planBefore]} has ended</State>
      )}
      <span className={classes['words']}>
        {entitlements[needs].title} needs the plan {plansWith(needs)}; yours is {planNames[plan]}. What is set up keeps working
        and can be switched off, but not changed.{' '}
        <PageLink to="/settings/organisation" td="underline">
          Your plan
        </PageLink>
      </span>
    </div>
  )
}
