import { Textarea } from '@mantine/core'
import { useState } from 'react'
import { ConfirmDialog, type ConfirmDialogProps } from '../kit/index.ts'

interface ReasonDialogProps extends Omit<ConfirmDialogProps, 'onConfirm' | 'children'> {
  /** Who will read the reason. */
  read?: string
  onConfirm: (reason: string) => void
}

/** A confirmation that does not work without a reason. */
export const ReasonDialog = ({ read, onConfirm, ready = true, ...dialog }: ReasonDialogProps) => {
  const [reason, setReason] = useState('')
  return (
    <ConfirmDialog {...dialog} ready={ready && reason.trim() !== ''} onConfirm={() => onConfirm(reason)}>
      <Textarea
        label="Why"
        description={read}
        required
        autosize
        minRows={2}
        maxLength={500}
        value={reason}
        onChange={(event) => setReason(event.currentTarget.value)}
        data-autofocus
      />
    </ConfirmDialog>
  )
}
