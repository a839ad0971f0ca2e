import { policy } from '@holdfast/contract'
import { Button, Checkbox, Textarea } from '@mantine/core'
import { useEffect, useMemo, useState } from 'react'
import { ConfirmDialog, Due, ProblemNotice, State, useCommandOf } from '../../kit/index.ts'
import { policyAnswers } from './answers.ts'
import { bytesOf, sha256Of } from './content.ts'
import { contentChanged, wrongState } from './explanations.ts'
import classes from './policy.module.css'
import { useReader } from './reader.ts'
import { Steps } from './Steps.tsx'
import { approvalRefusal, stepsOf, type PolicyDetail, type Version } from './steps.ts'

interface DecideProps {
  policy: PolicyDetail
  version: Version
  content: string
  onEdit: () => void
}

/** The hash of what this page shows; null until computed. */
const useReadHash = (version: Version, content: string): string | null => {
  const [hash, setHash] = useState<string | null>(null)
  const bytes = useMemo(() => bytesOf(version.format, content), [version.format, content])
  useEffect(() => {
    let current = true
    void sha256Of(bytes).then((found) => current && setHash(found))
    return () => {
      current = false
    }
  }, [bytes])
  return hash
}

const RequestChanges = ({ version, opened, onClose }: { version: Version; opened: boolean; onClose: () => void }) => {
  const [comment, setComment] = useState('')
  const send = useCommandOf(policy.requestChanges, {
    refresh: policyAnswers,
    explain: wrongState,
    done: 'Sent back to its author.',
    onDone: onClose,
  })
  return (
    <ConfirmDialog
      opened={opened}
      onClose={onClose}
      title={`Ask for changes to version ${version.number}?`}
      consequences={['It goes back to its author with your comment.']}
      undo="The author can hand it over again at any time."
      verb="Ask for changes"
      running={send.running}
      problem={send.problem}
      ready={comment.trim() !== ''}
      onConfirm={() => void send.run({ id: version.id, comment })}
    >
      <Textarea
        label="What has to change"
        required
        autosize
        minRows={3}
        maxLength={2000}
        value={comment}
        onChange={(event) => setComment(event.currentTarget.value)}
        data-autofocus
      />
    </ConfirmDialog>
  )
}

const Review = ({ version, sha256 }: { version: Version; sha256: string | null }) => {
  const [asking, setAsking] = useState(false)
  const approve = useCommandOf(policy.approve, {
    refresh: policyAnswers,
    explain: {
      ...wrongState,
      own_version: 'You wrote this version. Nobody approves their own text.',
      content_changed: contentChanged,
    },
    done: `Version ${version.number} approved.`,
  })
  return (
    <div className={classes['step']} data-mine>
      <div>
        <strong>Read it, then decide</strong>
        <p>Your approval names the hash of exactly the text below. What is changed after it needs a new approval.</p>
        <ProblemNotice problem={approve.problem} />
      </div>
      <div className={classes['buttons']}>
        <Button variant="default" onClick={() => setAsking(true)}>
          Ask for changes
        </Button>
        <Button
          loading={approve.running}
          disabled={sha256 === null}
          onClick={() => sha256 && void approve.run({ id: version.id, sha256 })}
        >
          Approve
        </Button>
      </div>
      <RequestChanges version={version} opened={asking} onClose={() => setAsking(false)} />
    </div>
  )
}

const Acknowledge = ({ policy: detail, version, sha256 }: { policy: PolicyDetail; version: Version; sha256: string | null }) => {
  const [agreed, setAgreed] = useState(false)
  const acknowledge = useCommandOf(policy.acknowledge, {
    refresh: policyAnswers,
    explain: { ...wrongState, content_changed: contentChanged, already_acknowledged: 'You acknowledged it already.' },
    done: 'Acknowledged.',
  })
  return (
    <div className={classes['step']} data-mine>
      <div>
        <strong>Read and acknowledge {version.acknowledgeBy && <Due at={version.acknowledgeBy} />}</strong>
        <Checkbox
          mt="xs"
          checked={agreed}
          onChange={(event) => setAgreed(event.currentTarget.checked)}
          label={`I have read version ${version.number} of “${detail.title}” and will follow it.`}
        />
        <p>The record names you, the time and the hash of the text below, and is signed.</p>
        <ProblemNotice problem={acknowledge.problem} />
      </div>
      <div className={classes['buttons']}>
        <Button
          disabled={!agreed || sha256 === null}
          loading={acknowledge.running}
          onClick={() => sha256 && void acknowledge.run({ id: version.id, sha256 })}
        >
          Acknowledge
        </Button>
      </div>
    </div>
  )
}

/** What this reader can decide over this version, or why they cannot. */
export const Decide = ({ policy: detail, version, content, onEdit }: DecideProps) => {
  const reader = useReader()
  const sha256 = useReadHash(version, content)
  if (sha256 !== null && sha256 !== version.sha256)
    return (
      <State kind="bad">
        The text that arrived is not the one that was recorded: its hash differs. Do not decide on it; tell your operator.
      </State>
    )
  if (version.state === 'in_review' && !approvalRefusal(version, reader)) return <Review version={version} sha256={sha256} />
  if (version.state === 'published' && !detail.retired && !detail.acknowledgedByMe)
    return <Acknowledge policy={detail} version={version} sha256={sha256} />
  const steps = stepsOf(detail, reader, new Date().toISOString().slice(0, 10)).filter((step) => step.versionId === version.id)
  const refusal = approvalRefusal(version, reader)
  return (
    <>
      {refusal ? (
        <div className={classes['step']}>
          <div>
            <strong>You cannot approve this version</strong>
            <p>{refusal}</p>
          </div>
        </div>
      ) : (
        <Steps policy={detail} steps={steps} onEdit={onEdit} />
      )}
      {version.state === 'published' && detail.acknowledgedByMe && <State kind="good">You acknowledged this version.</State>}
    </>
  )
}
