import { entitlements, planNames, type organisation, type OutputOf } from '@holdfast/contract'
import { Facts, Section, State, Time } from '../../kit/index.ts'

type Detail = OutputOf<typeof organisation.read>

/** What the plan contains and what it does not; after a lapse, what that means. */
export const Plan = ({ detail }: { detail: Detail }) => {
  const { plan, planBefore, planEndsAt, includes, frozen } = detail
  return (
    <Section title="Plan" about="Your operator sets it. Everything that is not named here belongs to every plan.">
      {planBefore !== null && (
        <p>
          <State kind="warn">{planNames[planBefore]} has ended</State> What it contained and you had set up keeps working, and
          nobody is locked out. It cannot be changed until your operator renews the plan; switching it off stays possible.
        </p>
      )}
      <Facts
        rows={[
          ['Plan', planNames[plan]],
          ...(planEndsAt === null
            ? []
            : [[planBefore === null ? 'Until' : 'Ended', <Time key="ends" at={planEndsAt} full />] as const]),
          ...includes.map(
            (name) =>
              [
                entitlements[name].title,
                <State key={name} kind="good">
                  included
                </State>,
              ] as const,
          ),
          ...frozen.map(
            (name) =>
              [
                entitlements[name].title,
                <State key={name} kind="quiet">
                  {planBefore === null ? 'not included' : 'frozen'}
                </State>,
              ] as const,
          ),
        ]}
      />
    </Section>
  )
}
