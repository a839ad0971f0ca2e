import { sso, type SamlSettings } from '@holdfast/contract'
import { Button, NativeSelect, TagsInput, Textarea, TextInput } from '@mantine/core'
import { useState } from 'react'
import { Facts, ProblemNotice, Section, State, Time, useCommandOf } from '../../kit/index.ts'
import { FileDrop } from '../FileDrop.tsx'
import { formats, gone, stays, unreachable, type Connection } from './answers.ts'
import { Certificate } from './Certificate.tsx'
import { Copied } from './Copied.tsx'
import { DefaultRole } from './DefaultRole.tsx'
import { SigningKey } from './SigningKey.tsx'
import classes from './sso.module.css'

const refresh = [sso.read] as const

/** What is to be entered at the provider, exactly. */
const SamlAddresses = ({ connection, settings }: { connection: Connection; settings: SamlSettings }) => (
  <Section
    title="At the provider"
    about="Register Holdfast there as a SAML 2.0 application, with these addresses. The document tells a provider all of it at once."
    action={
      connection.entityId && (
        <Button component="a" href={connection.entityId} download="holdfast-metadata.xml" variant="default">
          Save our metadata
        </Button>
      )
    }
  >
    <Facts
      rows={[
        ['ACS URL', <Copied key="a" value={connection.redirectUri} what="the ACS URL" />],
        ['Entity id', <Copied key="e" value={connection.entityId ?? ''} what="our entity id" />],
        ['Signed', 'the assertion, by RSA-SHA256'],
        ['Encrypted', 'nothing'],
        ['NameID', 'what never changes for a person, and is never given to another'],
        ['NameID format', formats[settings.nameIdFormat ?? 'none']],
        ['Attributes', <code key="t">email, displayName</code>],
        ['People', connection.people],
        ['Last used', <Time key="l" at={connection.lastUsedAt} />],
      ]}
    />
  </Section>
)

const Known = ({ connection, settings: { provider } }: { connection: Connection; settings: SamlSettings }) =>
  provider ? (
    <Facts
      rows={[
        ['It calls itself', <code key="i">{provider.entityId}</code>],
        ['Sign-on URL', <code key="s">{provider.signOnUrl}</code>],
        ...connection.certificates.map(
          (certificate) => ['Certificate', <Certificate key={certificate.fingerprint} of={certificate} />] as const,
        ),
      ]}
    />
  ) : (
    <State kind="warn">nothing is known of it yet</State>
  )

/** The metadata by address, file or paste. What it says replaces what was known, so both certificates count while there are two. */
const Metadata = ({ connection, settings }: { connection: Connection; settings: SamlSettings }) => {
  const [url, setUrl] = useState('')
  const [xml, setXml] = useState('')
  const { run, running, problem } = useCommandOf(sso.update, {
    refresh,
    done: 'The provider is known.',
    explain: {
      ...gone,
      ...unreachable,
      provider_unfit: 'That is not the metadata of a provider that can be used.',
      ...stays,
    },
  })
  const send = (metadata: { url: string } | { xml: string }) => void run({ id: connection.id, metadata })
  return (
    <Section
      title="The provider"
      about="Its metadata says what it is called, where to send people, and by which certificates it signs. Enter it again when a certificate changes."
    >
      <Known connection={connection} settings={settings} />
      <div className={classes['form']}>
        <form
          onSubmit={(event) => {
            event.preventDefault()
            send({ url: url.trim() })
          }}
          className={classes['form']}
        >
          <TextInput
            label="Address of the metadata"
            type="url"
            placeholder="https://example.okta.com/app/…/sso/saml/metadata"
            value={url}
            error={problem?.fields['metadata.url']}
            onChange={(event) => setUrl(event.currentTarget.value)}
          />
          <Button type="submit" variant="default" loading={running} disabled={url.trim() === ''} style={{ justifySelf: 'start' }}>
            Fetch it
          </Button>
        </form>
        <FileDrop
          verb="Choose a file"
          accept=".xml,application/xml,text/xml"
          text="Or the document itself, as a file"
          onFiles={([file]) => void file?.text().then((text) => send({ xml: text }))}
        />
        <Textarea
          label="Or its text"
          autosize
          minRows={2}
          maxRows={8}
          value={xml}
          onChange={(event) => setXml(event.currentTarget.value)}
        />
        <Button
          variant="default"
          loading={running}
          disabled={xml.trim() === ''}
          style={{ justifySelf: 'start' }}
          onClick={() => send({ xml })}
        >
          Use this text
        </Button>
        <ProblemNotice problem={problem} />
      </div>
    </Section>
  )
}

const Rules = ({ connection, settings }: { connection: Connection; settings: SamlSettings }) => {
  const [name, setName] = useState(connection.name)
  const [role, setRole] = useState(connection.defaultRole)
  const [format, setFormat] = useState<string>(settings.nameIdFormat ?? 'none')
  const [mfaValues, setMfaValues] = useState<string[]>(settings.mfaValues)
  const { run, running, problem } = useCommandOf(sso.update, {
    refresh,
    done: 'Saved.',
    explain: {
      ...gone,
      ...unreachable,
      provider_unfit: 'The provider cannot be used as it is known now.',
      ...stays,
    },
  })
  return (
    <Section title="Rules">
      <form
        className={classes['form']}
        onSubmit={(event) => {
          event.preventDefault()
          const nameIdFormat = format === 'persistent' || format === 'unspecified' ? format : null
          void run({ id: connection.id, name, settings: { ...settings, nameIdFormat, mfaValues }, defaultRole: role })
        }}
      >
        <TextInput label="Name" required value={name} onChange={(event) => setName(event.currentTarget.value)} />
        <DefaultRole value={role} onChange={setRole} />
        <NativeSelect
          label="Name ID format that requests ask for"
          description="As it is set at the provider: Okta’s “Signed Requests” insists on it. With “persistent”, a name in any other format is refused."
          value={format}
          data={Object.entries(formats).map(([value, label]) => ({ value, label }))}
          onChange={(event) => setFormat(event.currentTarget.value)}
        />
        <TagsInput
          label="Context classes that mean a second factor"
          description="AuthnContextClassRef values of your provider; those of REFEDS and Microsoft always count"
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

/** All of a SAML connection but its test. */
export const SamlDetails = (props: { connection: Connection; settings: SamlSettings }) => (
  <>
    <SamlAddresses {...props} />
    <SigningKey connection={props.connection} />
    <Metadata {...props} />
    <Rules {...props} />
  </>
)
