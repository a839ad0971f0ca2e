import { sso, type ConnectionKind } from '@holdfast/contract'
import { Button, NativeSelect, Stack, TextInput } from '@mantine/core'
import { useState } from 'react'
import { Dialog, ProblemNotice, useCommandOf, useGo } from '../../kit/index.ts'
import { unreachable } from './answers.ts'

/** The first step: who the provider is. Client id and secret come on the connection's own page, which shows the address to enter there. */
export const CreateConnectionDialog = ({ opened, onClose }: { opened: boolean; onClose: () => void }) => {
  const go = useGo()
  const [name, setName] = useState('')
  const [issuer, setIssuer] = useState('')
  const [kind, setKind] = useState<ConnectionKind>('oidc')
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
  const submit = () => void run({ name, settings: kind === 'oidc' ? { kind, issuer: issuer.trim() } : { kind } })
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
          <NativeSelect
            label="It speaks"
            description="Most providers speak both; OpenID Connect is the simpler one"
            value={kind}
            data={[
              { value: 'oidc', label: 'OpenID Connect' },
              { value: 'saml', label: 'SAML 2.0' },
            ]}
            onChange={(event) => setKind(event.currentTarget.value === 'saml' ? 'saml' : 'oidc')}
          />
          {kind === 'oidc' && (
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
          )}
          <ProblemNotice problem={problem} />
          <Button type="submit" loading={running}>
            {kind === 'oidc' ? 'Ask the provider and add it' : 'Add it'}
          </Button>
        </Stack>
      </form>
    </Dialog>
  )
}
