import { NativeSelect } from '@mantine/core'
import type { ReactNode } from 'react'
import { dateInWords, Facts, Hash, Time } from '../../kit/index.ts'
import { bytesInWords } from '../../verify/words.ts'
import { PersonName, useNames } from '../people.tsx'
import { DocumentOf } from './Document.tsx'
import { stateWord } from './PolicyBits.tsx'
import classes from './policy.module.css'
import type { PolicyDetail, Version } from './steps.ts'

/** On paper, a policy says which version it is and who stands behind it. */
const Colophon = ({ policy, version }: { policy: PolicyDetail; version: Version }) => {
  const nameOf = useNames()
  const by =
    version.approvedBy && version.approvedAt
      ? `Approved by ${nameOf(version.approvedBy) ?? version.approvedBy} on ${dateInWords(version.approvedAt)}. `
      : ''
  const since = version.publishedAt ? `Published ${dateInWords(version.publishedAt)}. ` : 'Not published. '
  return (
    <p className={classes['colophon']}>
      {policy.title}, version {version.number} ({stateWord(version.state).toLowerCase()}). {by}
      {since}SHA-256 of the text: {version.sha256}
    </p>
  )
}

const VersionFacts = ({ version }: { version: Version }) => (
  <Facts
    rows={[
      ['Written by', <PersonName key="author" id={version.authorId} />],
      ['Begun', <Time key="at" at={version.createdAt} />],
      ...(version.submittedAt ? [['Handed over', <Time key="submitted" at={version.submittedAt} />] as const] : []),
      ...(version.approvedBy ? [['Approved by', <PersonName key="approver" id={version.approvedBy} />] as const] : []),
      ...(version.approvedAt ? [['Approved', <Time key="approved" at={version.approvedAt} />] as const] : []),
      ...(version.publishedAt ? [['Published', <Time key="published" at={version.publishedAt} />] as const] : []),
      ...(version.reviewComment ? [['Reviewer said', version.reviewComment] as const] : []),
      ['Size', bytesInWords(version.bytes)],
      ['SHA-256', <Hash key="sha" value={version.sha256} what="the SHA-256 of the content" />],
    ]}
  />
)

interface VersionTextProps {
  policy: PolicyDetail
  version: Version
  content: string
  against: Version | null
  onAgainst: (id: string | null) => void
  /** The difference, in place of the text. */
  children: ReactNode
}

/** The text as it is read, its facts beside it, and a picker of the version to compare with. */
export const VersionText = ({ policy, version, content, against, onAgainst, children }: VersionTextProps) => {
  const others = policy.versions.filter(
    (other) => other.id !== version.id && other.format === 'markdown' && version.format === 'markdown',
  )
  return (
    <div className={classes['record']}>
      <article className={classes['paper']} aria-label={against ? `Changes since version ${against.number}` : 'Text'}>
        {against ? (
          children
        ) : (
          <DocumentOf format={version.format} content={content} name={`${policy.title}, version ${version.number}`} />
        )}
        <Colophon policy={policy} version={version} />
      </article>
      <aside className={classes['aside']} aria-label="About this version">
        {others.length > 0 && (
          <NativeSelect
            label="Show changes since"
            data={[
              { value: '', label: 'None: the text itself' },
              ...others
                .toSorted((a, b) => b.number - a.number)
                .map(({ id, number, state }) => ({ value: id, label: `Version ${number} (${stateWord(state).toLowerCase()})` })),
            ]}
            value={against?.id ?? ''}
            onChange={(event) => onAgainst(event.currentTarget.value || null)}
          />
        )}
        <VersionFacts version={version} />
      </aside>
    </div>
  )
}
