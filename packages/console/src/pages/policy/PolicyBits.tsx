import type { PolicyState } from '@holdfast/contract'
import type { z } from 'zod'
import { State, type StateKind } from '../../kit/index.ts'
import classes from './policy.module.css'
import type { PolicyRow } from './steps.ts'

export type PolicyStateName = z.infer<typeof PolicyState>

const words: Record<PolicyStateName, [StateKind, string]> = {
  draft: ['quiet', 'Draft'],
  in_review: ['warn', 'In review'],
  approved: ['accent', 'Approved'],
  published: ['good', 'Published'],
  superseded: ['quiet', 'Superseded'],
  rejected: ['bad', 'Sent back'],
}
export const stateWord = (state: PolicyStateName): string => words[state][1]

export const VersionState = ({ state }: { state: PolicyStateName }) => <State kind={words[state][0]}>{words[state][1]}</State>

/** Where a policy stands: what is in force, and what is under way beside it. */
export const PolicyStateOf = ({
  policy,
}: {
  policy: Pick<PolicyRow, 'retired' | 'publishedVersion' | 'latestVersion' | 'latestState'>
}) => {
  const { retired, publishedVersion, latestVersion, latestState } = policy
  if (retired) return <State kind="quiet">Retired</State>
  const underWay = latestState !== null && latestVersion !== publishedVersion
  if (publishedVersion === null) return latestState ? <VersionState state={latestState} /> : <State kind="quiet">Empty</State>
  return (
    <span className={classes['states']}>
      <State kind="good">Published v{publishedVersion}</State>
      {underWay && (
        <span className={classes['underWay']}>
          v{latestVersion} {words[latestState][1].toLowerCase()}
        </span>
      )}
    </span>
  )
}

/** "12 of 20", with a thin bar. */
export const Acknowledged = ({ policy }: { policy: Pick<PolicyRow, 'publishedVersion' | 'acknowledged' | 'members'> }) => {
  const { publishedVersion, acknowledged, members } = policy
  if (publishedVersion === null) return <span className={classes['quiet']}>not published</span>
  const share = members === 0 ? 0 : (acknowledged / members) * 100
  return (
    <span className={classes['acknowledged']}>
      <span className={classes['bar']} aria-hidden>
        <span style={{ inlineSize: `${share}%` }} data-all={acknowledged >= members || undefined} />
      </span>
      <span>
        {acknowledged} of {members}
      </span>
    </span>
  )
}
