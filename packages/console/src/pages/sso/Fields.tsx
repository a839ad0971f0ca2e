import { sso, type OidcSettings } from '@holdfast/contract'
import { Button, PasswordInput, TextInput } from '@mantine/core'
import { useState } from 'react'
import { ProblemNotice, Section, useCommandOf } from '../../kit/index.ts'
import { TagsInput } from '../LazyTagsInput.tsx'
import { gone, stays, unreachable, type Connection } from './answers.ts'
import { DefaultRole } from './DefaultRole.tsx'
import classes from './sso.module.css'

const dayOf = (instant: string | null): string => instant?.slice(0, 10) ?? ''

/** What the provider gave. The secret goes in and is never shown again. */
export const Fields = ({ connection, settings }: { connection: Connection; settings: OidcSettings }) => {
  const [name, setName] = useState(connection.name)
  const [issuer, setIssuer] = useState(settings.issuer)
  const [clientId, setClientId] = useState(settings.clientId ?? '')
  const [secret, setSecret] = useState('')
  const [until, setUntil] = useState(dayOf(connection.secretExpiresAt))
  const [role, setRole] = useState(connection.defaultRole)
  const [mfaValues, setMfaValues] = useState<string[]>(settings.mfaValues)
  const { run, running, problem } = useCommandOf(sso.update, {
    refresh: [sso.read],
    done: 'Saved.',
    explain: {
      ...gone,
      ...unreachable,
      provider_unfit: 'That is no OpenID provider that can be used. Compare the issuer with what the provider calls itself.',
      ...stays,
    },
  })
  const save = () =>
    void run({
      ...{ id: connection.id, name },
      settings: { kind: 'oidc', issuer: issuer.trim(), clientId: clientId.trim() || null, mfaValues },
      ...(secret !== '' && { secret }),
      secretExpiresAt: until === '' ? null : `${until}T00:00:00.000Z`,
      defaultRole: role,
    })
  return (
    <Section title="From the provider" about="What the provider gave you when you registered Holdfast there.">
      <form
        className={classes['form']}
        onSubmit={(event) => {
          event.preventDefault()
          save()
        }}
      >
        <TextInput label="Name" required value={name} onChange={(event) => setName(event.currentTarget.value)} />
        <TextInput
          label="Issuer"
          type="url"
          required
          value={issuer}
          error={problem?.fields['settings.issuer']}
          onChange={(event) => setIssuer(event.currentTarget.value)}
        />
        <TextInput
          label="Client id"
          autoComplete="off"
          value={clientId}
          onChange={(event) => setClientId(event.currentTarget.value)}
        />
        <PasswordInput
          label="Client secret"
          description={
            connection.secretSet ? 'One is stored. Leave this empty to keep it.' : 'It is sealed, and never shown again.'
          }
          autoComplete="new-password"
          value={secret}
          error={problem?.fields['secret']}
          onChange={(event) => setSecret(event.currentTarget.value)}
        />
        <TextInput
          label="The secret runs out on"
          description="You are reminded 30, 14 and 3 days before. Empty: it does not, or you do not know."
          type="date"
          value={until}
          onChange={(event) => setUntil(event.currentTarget.value)}
        />
        <DefaultRole value={role} onChange={setRole} />
        <TagsInput
          label="Values of acr that mean a second factor"
          description="Only where your provider says it so; amr with “mfa” always counts"
          value={mfaValues}
          onChange={setMfaValues}
        />
        <ProblemNotice problem={problem} />
        <Button type="submit" variant="default" loading={running} style={{ justifySelf: 'start' }}>
          Save
        </Button>
      </form>
    </Section>
  )
}
