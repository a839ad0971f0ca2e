import { Button, Group, Modal, Stack, TextInput } from '@mantine/core'
import { useState, type ReactNode } from 'react'
import type { Explained } from './explain.ts'
import classes from './kit.module.css'
import { ProblemNotice } from './ProblemNotice.tsx'

export interface ConfirmDialogProps {
  opened: boolean
  onClose: () => void
  /** "Remove Ada Byron?" */
  title: string
  /** What will happen, to whom, until when: one line each. */
  consequences: readonly ReactNode[]
  /** Whether and how it can be undone. */
  undo: string
  /** The verb on the button: "Remove". */
  verb: string
  danger?: boolean
  /** Must be typed before the button works; only for what cannot be undone. */
  typed?: string
  running?: boolean
  problem?: Explained | null
  onConfirm: () => void
  /** Further input, such as a reason. */
  children?: ReactNode
  /** False keeps the button off. */
  ready?: boolean
}

const Body = ({
  onClose,
  consequences,
  undo,
  verb,
  danger,
  typed,
  running,
  problem,
  onConfirm,
  children,
  ready = true,
}: ConfirmDialogProps) => {
  const [written, setWritten] = useState('')
  const allowed = ready && (typed === undefined || written.trim() === typed)
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault()
        if (allowed) onConfirm()
      }}
    >
      <Stack gap="md">
        <ul className={classes['consequences']}>
          {consequences.map((line, index) => (
            <li key={index}>{line}</li>
          ))}
          <li>{undo}</li>
        </ul>
        {children}
        {typed !== undefined && (
          <TextInput
            label={
              <>
                Type <code>{typed}</code> to confirm
              </>
            }
            value={written}
            onChange={(event) => setWritten(event.currentTarget.value)}
            autoComplete="off"
            spellCheck={false}
          />
        )}
        <ProblemNotice problem={problem ?? null} />
        <Group justify="flex-end" gap="xs">
          <Button variant="default" onClick={onClose}>
            Cancel
          </Button>
          <Button type="submit" color={danger ? 'red' : 'teal'} loading={running ?? false} disabled={!allowed}>
            {verb}
          </Button>
        </Group>
      </Stack>
    </form>
  )
}

/** Before anything risky: what will happen, to whom, until when, can it be undone. */
export const ConfirmDialog = (props: ConfirmDialogProps) => (
  <Modal opened={props.opened} onClose={props.onClose} title={props.title} closeButtonProps={{ 'aria-label': 'Close' }}>
    <Body {...props} />
  </Modal>
)
