import { Button, Group, PasswordInput, Stack, TextInput } from '@mantine/core'
import { account, session } from '@holdfast/contract'
import {
  Dialog,
  Facts,
  Id,
  NewPassword,
  Page,
  ProblemNotice,
  Section,
  told,
  useCommandOf,
  useDo,
  useFormOf,
  useSession,
} from '../../kit/index.ts'
import { Factors } from './Factors.tsx'

const Name = () => {
  const { person } = useSession()
  const { run, running, problem } = useCommandOf(account.rename, { refresh: [session.current], done: 'Name changed.' })
  const form = useFormOf(account.rename, { name: person.name }, problem)
  return (
    <Section title="You">
      <Facts
        rows={[
          ['E-mail', person.email],
          ['Id', <Id key="id" value={person.id} />],
        ]}
      />
      <form onSubmit={form.submit(run)}>
        <Group align="flex-end" gap="xs">
          <TextInput label="Your name" autoComplete="name" w="min(22rem, 100%)" {...form.text('name')} />
          <Button type="submit" variant="default" loading={running} disabled={form.values.name === person.name}>
            Change name
          </Button>
        </Group>
      </form>
      <ProblemNotice problem={problem} />
    </Section>
  )
}

const PasswordForm = ({ onClose }: { onClose: () => void }) => {
  const { person } = useSession()
  const { run, running, problem } = useCommandOf(account.changePassword, {
    refresh: [session.list],
    done: 'Password changed.',
    onDone: ({ sessionsEnded }) => {
      onClose()
      if (sessionsEnded > 0) told(`${sessionsEnded} other ${sessionsEnded === 1 ? 'session' : 'sessions'} ended.`)
    },
    explain: {
      password_refused: 'That is not your current password.',
      password_too_common: 'That password is on lists that attackers try first. Choose another.',
    },
  })
  const form = useFormOf(account.changePassword, { current: '', next: '' }, problem)
  return (
    <form onSubmit={form.submit(run)}>
      <Stack gap="md">
        <input type="hidden" autoComplete="username" value={person.email} readOnly />
        <PasswordInput label="Current password" autoComplete="current-password" data-autofocus {...form.text('current')} />
        <NewPassword label="New password" {...form.text('next')} />
        <span>Every other session of yours ends.</span>
        <ProblemNotice problem={problem} />
        <Group justify="flex-end" gap="xs">
          <Button variant="default" onClick={onClose}>
            Cancel
          </Button>
          <Button type="submit" loading={running}>
            Change password
          </Button>
        </Group>
      </Stack>
    </form>
  )
}

const Password = () => {
  const dialog = useDo('password')
  return (
    <Section
      title="Password"
      about="Changing it ends every other session of yours."
      action={
        <Button variant="default" onClick={dialog.open}>
          Change password
        </Button>
      }
    >
      <Dialog opened={dialog.opened} onClose={dialog.close} title="Change your password">
        <PasswordForm onClose={dialog.close} />
      </Dialog>
    </Section>
  )
}

export const AccountPage = () => (
  <Page title="Account & security" about="Your name, your password, and what else proves that it is you." narrow>
    <Name />
    <Password />
    <Factors />
  </Page>
)
