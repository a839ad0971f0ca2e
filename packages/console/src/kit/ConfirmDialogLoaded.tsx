import { Button, Group, Modal, Stack, TextInput } from '@mantine/core'
import { useState } from 'react'
import type { ConfirmDialogProps } from './ConfirmDialog.tsx'
import classes from './kit.module.css'
import { ProblemNotice } from './ProblemNotice.tsx'

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

export const ConfirmDialogLoaded = (props: ConfirmDialogProps) => (
  <Modal opened={props.opened} onClose={props.onClose} title={props.title} closeButtonProps={{ 'aria-label': 'Close' }}>
    <Body {...props} />
  </Modal>
)
