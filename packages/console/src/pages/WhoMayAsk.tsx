import { accessPolicy } from '@holdfast/contract'
import { PageLink, ReadProblem, Section, useMay } from '../kit/index.ts'
import { covers, ruleInWords, type TargetFacts } from './accessRules.ts'
import { useEveryRowOf } from './everyRow.ts'
import { useRequesterNames } from './requesterNames.ts'
import classes from './WhoMayAsk.module.css'
import { useTargetNames } from './hosts.ts'

/** The access policies that cover a server or database: without one, nobody gets in. */
export const WhoMayAsk = ({ target }: { target: TargetFacts }) => {
  const { rows, error } = useEveryRowOf(accessPolicy.list, { state: 'active' })
  const names = useRequesterNames()
  const targetNames = useTargetNames()
  const manages = useMay()('access:manage')
  const covering = rows?.filter((policy) => covers(policy, target))
  return (
    <Section title="Who may ask for it" about="By the access policies that cover it.">
      <ReadProblem error={error} />
      {covering?.length === 0 && (
        <p className={classes['note']}>
          No access policy covers it, so nobody can ask for it.{' '}
          {manages && (
            <PageLink to="/access/policies/new" td="underline">
              Write one
            </PageLink>
          )}
        </p>
      )}
      {covering && covering.length > 0 && (
        <ul className={classes['terms']}>
          {covering.map((policy) => (
            <li key={policy.id}>
              <PageLink to={`/access/policies/${policy.id}`} td="underline">
                {policy.name}
              </PageLink>
              <p>{ruleInWords(policy, names, targetNames)}</p>
            </li>
          ))}
        </ul>
      )}
    </Section>
  )
}
