import { policy } from '@holdfast/contract'
import { Button } from '@mantine/core'
import { useState, lazy, Suspense } from 'react'
import { lazyDialog, PageLink, ProblemNotice, useCommandOf, useFilters, useGo } from '../../kit/index.ts'
import { policyAnswers } from './answers.ts'
import { wrongState } from './explanations.ts'
import classes from './policy.module.css'
import type { PolicyDetail, Step } from './steps.ts'

const ConfirmReview = lazyDialog(async () => (await import('./ConfirmReview.tsx')).ConfirmReview)
const Publish = lazy(async () => ({ default: (await import('./Publish.tsx')).Publish }))

const Submit = ({ versionId }: { versionId: NonNullable<Step['versionId']> }) => {
  const submit = useCommandOf(policy.submit, { refresh: policyAnswers, explain: wrongState, done: 'Handed over for review.' })
  return (
    <>
      <Button loading={submit.running} onClick={() => void submit.run({ id: versionId })}>
        Hand over for review
      </Button>
      <ProblemNotice problem={submit.problem} />
    </>
  )
}

const Remind = ({ policy: { id } }: { policy: PolicyDetail }) => {
  const remind = useCommandOf(policy.remind, {
    refresh: policyAnswers,
    explain: {
      policy_not_found: 'That policy no longer exists.',
      not_published: 'It is not published, so there is nothing to acknowledge.',
      reminded_today: 'A reminder went out today already. People get one a day at most.',
    },
    done: 'Reminders are on their way.',
  })
  return (
    <>
      <Button variant="default" loading={remind.running} onClick={() => void remind.run({ id })}>
        Remind them
      </Button>
      <ProblemNotice problem={remind.problem} />
    </>
  )
}

interface StepButtonProps {
  policy: PolicyDetail
  step: Step
  /** Not the most pressing step: its button does not shout. */
  quiet: boolean
  onEdit: (() => void) | undefined
}

/** The one button that helps with a step. */
const StepButton = ({ policy: detail, step, quiet, onEdit }: StepButtonProps) => {
  const go = useGo()
  const [, setFilters] = useFilters(['draft'])
  const [opened, setOpened] = useState(false)
  const look = quiet ? { variant: 'default' } : {}
  const toVersion = `/policies/${detail.id}/versions/${step.versionId ?? ''}`
  switch (step.action) {
    case 'submit':
      return (
        <>
          <Button variant="default" onClick={onEdit ?? (() => go(`${toVersion}?edit=yes`))}>
            Edit
          </Button>
          {step.versionId && <Submit versionId={step.versionId} />}
        </>
      )
    case 'review':
      return (
        <Button {...look} onClick={() => go(toVersion)}>
          Read and decide
        </Button>
      )
    case 'acknowledge':
      return (
        <Button {...look} onClick={() => go(toVersion)}>
          Read and acknowledge
        </Button>
      )
    case 'draft':
      return (
        <Button {...look} onClick={() => setFilters({ draft: 'new' })}>
          Draft the next version
        </Button>
      )
    case 'remind':
      return <Remind policy={detail} />
    case 'publish':
      return (
        <>
          <Button {...look} onClick={() => setOpened(true)}>
            Publish
          </Button>
          {step.versionId && (
            <Suspense fallback={null}>
              <Publish policy={detail} versionId={step.versionId} opened={opened} onClose={() => setOpened(false)} />
            </Suspense>
          )}
        </>
      )
    case 'confirmReview':
      return (
        <>
          <Button {...look} onClick={() => setOpened(true)}>
            Confirm the review
          </Button>
          <ConfirmReview policy={detail} opened={opened} onClose={() => setOpened(false)} />
        </>
      )
    default:
      return step.versionId && !onEdit ? <PageLink to={toVersion}>Read it</PageLink> : null
  }
}

interface StepsProps {
  policy: PolicyDetail
  steps: readonly Step[]
  /** On the version's own page, where editing is in place. */
  onEdit?: () => void
}

/** What is next, at the top: the most pressing first, each with the one button that helps. */
export const Steps = ({ policy: detail, steps, onEdit }: StepsProps) =>
  steps.length > 0 && (
    <div className={classes['steps']}>
      {steps.map((step, index) => (
        <div className={classes['step']} data-mine={(index === 0 && step.action !== undefined) || undefined} key={step.sentence}>
          <div>
            {index === 0 && <strong>{step.action ? 'Your next step' : 'Next'}</strong>}
            <p>{step.sentence}</p>
          </div>
          <div className={classes['buttons']}>
            <StepButton policy={detail} step={step} quiet={index > 0} onEdit={onEdit} />
          </div>
        </div>
      ))}
    </div>
  )
