import { grant, type OutputOf } from '@holdfast/contract'
import { Button, Group, Modal, Stack } from '@mantine/core'
import { useState } from 'react'
import { Secret, State, Time, useCommandOf, useFormOf } from '../../kit/index.ts'
import { grantAnswers } from '../accessAnswers.ts'
import { CodeField, plainCode } from '../CodeField.tsx'
import { Command } from './Command.tsx'
import { factor, found, hosts, over, people } from './explanations.ts'
import { RefusedNotice } from './RefusedNotice.tsx'
import type { Detail } from '../grantWords.ts'

type Given = OutputOf<typeof grant.databaseCredentials>

/** The page around it asks every two seconds, so this follows by itself. */
const Making = ({ detail, given }: { detail: Detail; given: Given }) => {
  const role = detail.databaseRoles.find(({ id }) => id === given.roleId)
  if (role?.madeAt) return <State kind="good">The database has the role: connect now</State>
  if (role?.trouble) return <State kind="bad">{`Not made yet: ${role.trouble}`}</State>
  return <State kind="warn">The role is being made</State>
}

const Shown = ({ detail, given, onClose }: { detail: Detail; given: Given; onClose: () => void }) => (
  <Stack gap="md">
    <Making detail={detail} given={given} />
    <Secret value={given.password} what="The password">
      <span>
        Log-ins work until <Time at={given.endsAt} full />; connections that are open are cut then.
      </span>
    </Secret>
    <Command label="Connection, without the password" value={given.connectionString} what="the connection string" long />
    {given.ca !== null && (
      <Command
        label="Save as a file, and name it as sslrootcert: by it the right database is known"
        value={given.ca}
        what="the authority"
        long
      />
    )}
    <Group justify="flex-end">
      <Button onClick={onClose}>I have stored it</Button>
    </Group>
  </Stack>
)

const Form = ({ detail, onGiven, onClose }: { detail: Detail; onGiven: (given: Given) => void; onClose: () => void }) => {
  const command = useCommandOf(grant.databaseCredentials, {
    refresh: grantAnswers,
    done: 'Credentials given.',
    onDone: onGiven,
    explain: {
      ...{ ...found, ...people, ...factor, ...over, database_retired: hosts.database_retired },
      not_a_database: 'It is access to a server, which takes certificates.',
      not_started: 'It has not begun yet.',
      approver_not_entitled: 'Whoever approved it may not approve any more. Ask anew.',
      too_many_roles: 'Ten roles were made under it, which is the most. Ask for a new grant.',
    },
  })
  const form = useFormOf(grant.databaseCredentials, { id: detail.id, code: '' }, command.problem)
  const wanted = { id: detail.id }
  return (
    <form onSubmit={form.submit(({ id, code }) => command.run({ id, code: plainCode(code) }))} noValidate>
      <Stack gap="md">
        <span>
          A role of your own is made in <strong>{detail.targetName}</strong>, with the rights of <code>{detail.login}</code>. Its
          password is shown once. What the role makes there is dropped with it, unless the profile leaves it to its group.
        </span>
        <CodeField
          value={form.values.code}
          onChange={(code) => form.set('code', code)}
          error={form.error('code')}
          for="these credentials"
          act={{ operation: grant.databaseCredentials, input: wanted }}
          ready={() => true}
          onPasskey={(passkey) => command.run({ ...wanted, passkey })}
        />
        <RefusedNotice problem={command.problem} />
        <Group justify="flex-end" gap="xs">
          <Button variant="default" onClick={onClose}>
            Cancel
          </Button>
          <Button type="submit" loading={command.running}>
            Show credentials
          </Button>
        </Group>
      </Stack>
    </form>
  )
}

/** Credentials for clients other than the command line, behind a proof of this act; shown once. */
export const CredentialsDialog = ({ detail, opened, onClose }: { detail: Detail; opened: boolean; onClose: () => void }) => {
  const [given, setGiven] = useState<Given | null>(null)
  const close = () => {
    setGiven(null)
    onClose()
  }
  return (
    <Modal
      opened={opened}
      onClose={close}
      size="lg"
      title={given ? 'Your credentials' : 'Credentials for another client'}
      // A stray click must not take away what is shown once.
      closeOnClickOutside={given === null}
      closeOnEscape={given === null}
      withCloseButton={given === null}
      closeButtonProps={{ 'aria-label': 'Close' }}
    >
      {given ? (
        <Shown detail={detail} given={given} onClose={close} />
      ) : (
        <Form detail={detail} onGiven={setGiven} onClose={close} />
      )}
    </Modal>
  )
}
