import { Button, Group, Modal, NativeSelect, NumberInput, Stack } from '@mantine/core'
import { directory, type OutputOf } from '@holdfast/contract'
import { useState } from 'react'
import { Hash, ProblemNotice, recorded, Secret, useCommandOf } from '../../kit/index.ts'
import { answers, kindWords, notSetUp, type Credential } from './words.ts'

type Made = OutputOf<typeof directory.issueCredential> & { ledgerSeq: number | null }

const kinds = (['bearer', 'client'] as const).map((kind) => ({ value: kind, label: kindWords[kind] }))

const Form = ({ onMade, onClose }: { onMade: (made: Made) => void; onClose: () => void }) => {
  const [kind, setKind] = useState<Credential['kind']>('bearer')
  const [days, setDays] = useState(180)
  const [overlapHours, setOverlap] = useState(24)
  const { run, running, problem } = useCommandOf(directory.issueCredential, {
    refresh: answers,
    done: null,
    onDone: (made, { ledgerSeq }) => onMade({ ...made, ledgerSeq }),
    explain: { directory_not_found: notSetUp, too_many_credentials: 'There are ten already. Revoke one that is not needed.' },
  })
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault()
        void run({ kind, days, overlapHours })
      }}
    >
      <Stack gap="md">
        <NativeSelect
          label="Kind"
          description="Okta and Entra take a bearer token. An OAuth client gets a token for an hour each time."
          data={kinds}
          value={kind}
          onChange={(event) => setKind(event.currentTarget.value === 'client' ? 'client' : 'bearer')}
          data-autofocus
        />
        <NumberInput label="Runs out after (days)" min={1} max={365} value={days} onChange={(value) => setDays(Number(value))} />
        <NumberInput
          label="Earlier ones go on for (hours)"
          description="So that nothing is refused until the directory knows the new one."
          min={0}
          max={168}
          value={overlapHours}
          onChange={(value) => setOverlap(Number(value))}
        />
        <ProblemNotice problem={problem} />
        <Group justify="flex-end" gap="xs">
          <Button variant="default" onClick={onClose}>
            Cancel
          </Button>
          <Button type="submit" loading={running}>
            Make it
          </Button>
        </Group>
      </Stack>
    </form>
  )
}

export const CredentialDialog = ({ opened, onClose }: { opened: boolean; onClose: () => void }) => {
  const [made, setMade] = useState<Made | null>(null)
  const close = () => {
    if (made) recorded('Credential made.', made.ledgerSeq) // told only now: its link must not lead away from a secret that nobody has stored
    setMade(null)
    onClose()
  }
  const isClient = made?.credential.kind === 'client'
  return (
    <Modal
      opened={opened}
      onClose={close}
      title={made === null ? 'A new credential' : kindWords[made.credential.kind]}
      closeOnClickOutside={made === null}
      closeOnEscape={made === null}
      withCloseButton={made === null}
      closeButtonProps={{ 'aria-label': 'Close' }}
    >
      {made ? (
        <Stack gap="md">
          {isClient && (
            <div>
              Client id: <Hash value={made.id} what="the client id" whole />
            </div>
          )}
          <Secret value={made.secret} what={isClient ? 'The client secret' : 'The token'} />
          <Group justify="flex-end">
            <Button onClick={close}>I stored it</Button>
          </Group>
        </Stack>
      ) : (
        <Form onMade={setMade} onClose={close} />
      )}
    </Modal>
  )
}
