import { staff, type OutputOf } from '@holdfast/contract'
import { Button, Group, Modal, Stack } from '@mantine/core'
import { useState } from 'react'
import { ProblemNotice, useCommandOf } from '../../kit/index.ts'
import { useSessionChanged } from '../../shell/changed.ts'
import { CodeField, plainCode } from '../CodeField.tsx'
import { codeRefusals, notLive, staffFound } from '../staffWords.ts'

type Row = OutputOf<typeof staff.list>['rows'][number]

/** The session goes on in the customer's organisation. */
export const EnterDialog = ({ row, opened, onClose }: { row: Row | null; opened: boolean; onClose: () => void }) => {
  const [code, setCode] = useState('')
  const changed = useSessionChanged()
  const enter = useCommandOf(staff.enter, {
    done: null,
    explain: { ...staffFound, ...notLive, ...codeRefusals },
    onDone: () => changed('/'),
  })
  const ready = plainCode(code).length >= 6
  return (
    <Modal opened={opened} onClose={onClose} title={`Enter ${row?.orgName ?? ''}`} closeButtonProps={{ 'aria-label': 'Close' }}>
      <form
        onSubmit={(event) => {
          event.preventDefault()
          if (row && ready) void enter.run({ id: row.id, code: plainCode(code) })
        }}
      >
        <Stack gap="sm">
          <p>You work there until it ends or you leave. Every page you open is written into their access log.</p>
          <CodeField
            value={code}
            onChange={setCode}
            for="entering"
            act={{ operation: staff.enter, input: { id: row?.id } }}
            ready={() => row !== null}
            onPasskey={(passkey) => (row ? enter.run({ id: row.id, passkey }) : null)}
          />
          <ProblemNotice problem={enter.problem} />
          <Group justify="flex-end" gap="xs">
            <Button variant="default" onClick={onClose}>
              Cancel
            </Button>
            <Button type="submit" disabled={!ready} loading={enter.running}>
              Enter
            </Button>
          </Group>
        </Stack>
      </form>
    </Modal>
  )
}
