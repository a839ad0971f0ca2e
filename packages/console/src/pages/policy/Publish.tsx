import { policy } from '@holdfast/contract'
import { NumberInput } from '@mantine/core'
import { useState } from 'react'
import { ConfirmDialog, useCommandOf } from '../../kit/index.ts'
import { policyAnswers } from './answers.ts'
import { wrongState } from './explanations.ts'
import type { PolicyDetail, Version } from './steps.ts'

interface PublishProps {
  policy: PolicyDetail
  versionId: Version['id']
  opened: boolean
  onClose: () => void
}

/** Publishing asks people for something, so it is said before to whom and until when. */
export const Publish = ({ policy: detail, versionId, opened, onClose }: PublishProps) => {
  const [days, setDays] = useState<number>(14)
  const publish = useCommandOf(policy.publish, {
    refresh: policyAnswers,
    explain: wrongState,
    done: 'Published.',
    onDone: onClose,
  })
  const before = detail.publishedVersion
  return (
    <ConfirmDialog
      opened={opened}
      onClose={onClose}
      title={`Publish “${detail.title}”?`}
      consequences={[
        `${detail.members === 1 ? 'The one member is' : `All ${detail.members} members are`} asked by e-mail to acknowledge it within ${days} ${days === 1 ? 'day' : 'days'}.`,
        ...(before === null ? [] : [`Version ${before} is superseded. Its acknowledgements stay on record.`]),
        `Its next review is due in ${detail.reviewEveryDays} days.`,
      ]}
      undo="It cannot be unpublished; a later version can replace it, or the policy can be retired."
      verb="Publish"
      running={publish.running}
      problem={publish.problem}
      onConfirm={() => void publish.run({ id: versionId, acknowledgeWithinDays: days })}
    >
      <NumberInput
        label="Days to acknowledge"
        min={1}
        max={365}
        clampBehavior="strict"
        allowDecimal={false}
        value={days}
        onChange={(value) => setDays(Number(value) || 14)}
        w={160}
      />
    </ConfirmDialog>
  )
}
