import { sso } from '@holdfast/contract'
import { Button, Stack, TextInput } from '@mantine/core'
import { useState } from 'react'
import { Dialog, ProblemNotice, useCommandOf, useGo } from '../../kit/index.ts'
import { unreachable } from './answers.ts'

/** The first step: who the provider is. Client id and secret come on the connection's own page, which shows the address to enter there. */
export const CreateConnectionDialog = ({ opened, onClose }: { opened: boolean; onClose: () => void }) => {
  const go = useGo()
  const [name, setName] = useState('')
  const [issuer, setIssuer] = useState('')
  const { run, running, problem } = useCommandOf(sso.create, {
    refresh: [sso.read],
    done: 'Connection drafted.',
    onDone: ({ id }) => go(`/settings/sign-on/${id}`),
    explain: {
      ...unreachable,
      provider_unfit: 'That is no OpenID provider that can be used. Compare the issuer with what the provider calls itself.',
      too_many_connections: 'There are as many connections as there can be. Remove one that is not used.',
    },
  })
  const submit = () => void run({ name, settings: { kind: 'oidc', issuer: issuer.trim() } })
  return (
    <Dialog opened={opened} onClose={onClose} title="Add a connection">
      <form
        onSubmit={(event) => {
          event.preventDefault()
          submit()
        }}
      >
        <Stack gap="md">
          <TextInput
            label="Name"
            description="What your people call it"
            placeholder="Okta"
            required
            data-autofocus
            value={name}
            error={problem?.fields['name']}
            onChange={(event) => setName(event.currentTarget.value)}
          />
          <TextInput
            label="Issuer"
            description="The address of the OpenID provider, exactly as it names itself"
            placeholder="https://example.okta.com"
            type="url"
            required
            value={issuer}
            error={problem?.fields['settings.issuer']}
            onChange={(event) => setIssuer(event.currentTarget.value)}
          />
          <ProblemNotice problem={problem} />
          <Button type="submit" loading={running}>
            Ask the provider and add it
          </Button>
        </Stack>
      </form>
    </Dialog>
  )
}
