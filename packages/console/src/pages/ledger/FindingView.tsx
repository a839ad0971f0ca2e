import { IconAlertTriangle, IconCircleCheck } from '@tabler/icons-react'
import { count, Facts, Hash, PageLink, State } from '../../kit/index.ts'
import { bytesInWords } from '../../verify/words.ts'
import { thisBrowser, type Finding, type Held } from '../../verify/run.ts'
import classes from './verify.module.css'

const Agreement = ({ held }: { held: Held }) => {
  const name = held.name === thisBrowser ? 'What this browser saw before' : `Checkpoint “${held.name}”`
  const size = `${count(held.size)} entries`
  if (held.agrees === null) return <State kind="quiet">{`${name} (${size}): not reached`}</State>
  return <State kind={held.agrees ? 'good' : 'bad'}>{`${name} (${size}): ${held.agrees ? 'agrees' : 'does not agree'}`}</State>
}

/** The verdict in plain words: first whether, then where, then what it means and what it does not. */
export const FindingView = ({ finding, source }: { finding: Finding; source: string }) => (
  <div className={classes['verdict']} data-ok={finding.ok} role="status">
    {finding.ok ? <IconCircleCheck size={22} aria-hidden /> : <IconAlertTriangle size={22} aria-hidden />}
    <div>
      <h3>{finding.headline}</h3>
      <p>{finding.sentence}</p>
      <p>{finding.meaning}</p>
      {finding.held.length > 0 && (
        <ul>
          {finding.held.map((held) => (
            <li key={`${held.name} ${held.size}`}>
              <Agreement held={held} />
            </li>
          ))}
        </ul>
      )}
      {finding.ok ? (
        <Facts
          rows={[
            ['Verified', `${count(finding.entries)} entries, ${bytesInWords(finding.bytes)}, from ${source}`],
            ['Newest hash', <Hash key="head" value={finding.head} what="the newest hash" />],
            ...(finding.root === null
              ? []
              : [['Merkle root', <Hash key="root" value={finding.root} what="the Merkle root" />] as const]),
          ]}
        />
      ) : (
        <p>
          {finding.entries > 0 && `The ${count(finding.entries)} entries before it are whole. `}
          <PageLink to={`/ledger/${finding.seq}`} td="underline">
            Look at entry #{finding.seq}
          </PageLink>
          , keep this export, and tell whoever answers for security: entries change only when somebody goes around the
          application.
        </p>
      )}
    </div>
  </div>
)
