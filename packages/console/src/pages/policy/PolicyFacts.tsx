import { isPromiseId, promises } from '@holdfast/contract'
import { Due, Facts, Id, Tag, Tip } from '../../kit/index.ts'
import { PersonName } from '../people.tsx'
import { Acknowledged } from './PolicyBits.tsx'
import classes from './policy.module.css'
import type { PolicyDetail } from './steps.ts'

/** The promises that a policy stands behind, each a link to its row on the public trust page. */
export const Promises = ({ ids }: { ids: readonly string[] }) =>
  ids.length === 0 ? (
    <span className={classes['quiet']}>none linked</span>
  ) : (
    <ul className={classes['promises']}>
      {ids.map((id) => (
        <li key={id}>
          <Tip label="On the trust page">
            <a href={`/trust#${id}`}>
              <Tag>{id}</Tag>
            </a>
          </Tip>{' '}
          {isPromiseId(id) ? promises[id].title : ''}
        </li>
      ))}
    </ul>
  )

const everyInWords = (days: number) =>
  days % 365 === 0 ? (days === 365 ? 'every year' : `every ${days / 365} years`) : `every ${days} days`

export const PolicyFacts = ({ policy }: { policy: PolicyDetail }) => {
  const published = policy.versions.find(({ state }) => state === 'published')
  return (
    <Facts
      rows={[
        ['Owner', <PersonName key="owner" id={policy.ownerId} />],
        ['Acknowledged', <Acknowledged key="acknowledged" policy={policy} />],
        ...(published?.acknowledgeBy && policy.acknowledged < policy.members
          ? [['To acknowledge', <Due key="due" at={published.acknowledgeBy} />] as const]
          : []),
        ...(policy.requiredAtOnce ? [['For risky work', 'acknowledged at once, whatever the day'] as const] : []),
        [
          'Review',
          <span key="review">
            {everyInWords(policy.reviewEveryDays)}
            {policy.nextReviewOn && !policy.retired && (
              <>
                , next <Due at={policy.nextReviewOn} soonMs={30 * 86_400_000} />
              </>
            )}
          </span>,
        ],
        ['Promises', <Promises key="promises" ids={policy.promises} />],
        ['Id', <Id key="id" value={policy.id} what="the policy’s id" />],
      ]}
    />
  )
}
