import { staffAccess, type OutputOf } from '@holdfast/contract'
import { Button, Group, Stack } from '@mantine/core'
import { useState } from 'react'
import { Facts, ProblemNotice, Section, Time, useCommandOf } from '../../kit/index.ts'
import { durationInWords } from '../accessWords.ts'
import { CodeField, plainCode } from '../CodeField.tsx'
import { staffAnswers } from '../staffAnswers.ts'
import { codeRefusals, reachInWords, staffFound } from '../staffWords.ts'

type Row = OutputOf<typeof staffAccess.list>['rows'][number]

const over = { not_requested: 'It does not wait for an answer any more: answered, taken back, or too old.' }

/** Agree to exactly what is shown, with a passkey or a code; or deny it. */
const Decide = ({ row: { id, requestHash } }: { row: Row }) => {
  const [code, setCode] = useState('')
  const approve = useCommandOf(staffAccess.approve, {
    refresh: staffAnswers,
    done: 'Agreed.',
    explain: {
      ...{ ...staffFound, ...over, ...codeRefusals },
      request_changed: 'What you read is not what is stored. Reload, read again, and be suspicious.',
      own_request: 'You belong to the operator. Somebody else of this organisation must agree.',
    },
  })
  const deny = useCommandOf(staffAccess.deny, { refresh: staffAnswers, done: 'Denied.', explain: { ...staffFound, ...over } })
  const ready = plainCode(code).length >= 6
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault()
        if (ready) void approve.run({ id, requestHash, code: plainCode(code) }).then(() => setCode(''))
      }}
    >
      <Stack gap="sm">
        <CodeField
          value={code}
          onChange={setCode}
          for="this answer"
          act={{ operation: staffAccess.approve, input: { id, requestHash } }}
          onPasskey={(passkey) => approve.run({ id, requestHash, passkey })}
        />
        <Group gap="xs">
          <Button type="submit" loading={approve.running} disabled={!ready}>
            Let them in
          </Button>
          <Button variant="default" loading={deny.running} onClick={() => void deny.run({ id })}>
            Deny
          </Button>
        </Group>
        <ProblemNotice problem={approve.problem ?? deny.problem} />
      </Stack>
    </form>
  )
}

/** A request of staff that waits for this organisation's answer. */
export const ToAnswer = ({ row }: { row: Row }) => (
  <Section title={`${row.personName} asks to see your data`}>
    <Facts
      rows={[
        ['Why', row.reason],
        ['Ticket', row.ticket ?? 'none'],
        ['How far', reachInWords(row)],
        ['For how long', `${durationInWords(row.seconds)}, from your answer`],
        ['Asked', <Time key="asked" at={row.requestedAt} full />],
      ]}
    />
    <Decide row={row} />
  </Section>
)
