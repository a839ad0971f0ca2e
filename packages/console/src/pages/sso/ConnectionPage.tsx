import { sso, type SsoConnectionId } from '@holdfast/contract'
import { Button, Skeleton } from '@mantine/core'
import { lazy, Suspense, useState } from 'react'
import {
  ConfirmDialog,
  Facts,
  Id,
  Page,
  ProblemNotice,
  ReadProblem,
  Section,
  State,
  Time,
  useCommandOf,
  useGo,
  useMay,
  useParam,
  useQueryOf,
} from '../../kit/index.ts'
import { Timeline } from '../LazyTimeline.tsx'
import { gone, providerNameOf, stateWords, type Connection } from './answers.ts'
import { Copied } from './Copied.tsx'
import { Fields } from './Fields.tsx'
import { useTrial } from './useTrial.ts'

// Each page stays below 250 kB: the other kind of connection is fetched when there is one.
const SamlDetails = lazy(async () => ({ default: (await import('./SamlFields.tsx')).SamlDetails }))

const refresh = [sso.read] as const

const Test = ({ connection }: { connection: Connection }) => {
  const { begin, running, problem } = useTrial(connection.id)
  return (
    <Section
      title="Test"
      about="Opens your provider. Sign in there as yourself: you come back to a list of what it said and which checks passed. Nobody is signed in by it."
      action={
        <Button loading={running} variant={connection.testedAt === null ? 'filled' : 'default'} onClick={begin}>
          Test this connection
        </Button>
      }
    >
      {connection.testedAt === null ? (
        <State kind="warn">not tested with these settings</State>
      ) : (
        <State kind="good">
          passed <Time at={connection.testedAt} />
        </State>
      )}
      <ProblemNotice problem={problem} />
    </Section>
  )
}

const Activate = ({ connection }: { connection: Connection }) => {
  const { run, running, problem } = useCommandOf(sso.activate, {
    refresh,
    done: 'Activated.',
    explain: {
      ...gone,
      not_tested: 'Test the connection first: all that is needed must pass.',
      client_missing: 'Enter the client id first.',
    },
  })
  return (
    <>
      <Button loading={running} disabled={connection.testedAt === null} onClick={() => void run({ id: connection.id })}>
        Activate
      </Button>
      <ProblemNotice problem={problem} />
    </>
  )
}

const Deactivate = ({ connection, onClose }: { connection: Connection; onClose: () => void }) => {
  const { run, running, problem } = useCommandOf(sso.deactivate, {
    refresh,
    done: 'Deactivated.',
    onDone: onClose,
    explain: { ...gone, sso_enforced: 'Single sign-on is enforced by this connection. Stop enforcing it first.' },
  })
  return (
    <ConfirmDialog
      opened
      onClose={onClose}
      title={`Deactivate “${connection.name}”?`}
      consequences={['Nobody signs in by it any more.', 'Sessions that began by it end now.']}
      undo="You can activate it again."
      verb="Deactivate"
      danger
      running={running}
      problem={problem}
      onConfirm={() => void run({ id: connection.id })}
    />
  )
}

const Remove = ({ connection, onClose }: { connection: Connection; onClose: () => void }) => {
  const go = useGo()
  const { run, running, problem } = useCommandOf(sso.remove, {
    refresh,
    done: 'Connection removed.',
    onDone: () => go('/settings/sign-on'),
    explain: { ...gone, still_active: 'Deactivate it first.' },
  })
  return (
    <ConfirmDialog
      opened
      onClose={onClose}
      title={`Remove “${connection.name}”?`}
      consequences={['Its secret is forgotten, and whom the provider meant by which name. People keep their accounts.']}
      undo="It cannot be undone; you can add it again."
      verb="Remove"
      danger
      running={running}
      problem={problem}
      onConfirm={() => void run({ id: connection.id })}
    />
  )
}

const Actions = ({ connection }: { connection: Connection }) => {
  const [asking, setAsking] = useState(false)
  const close = () => setAsking(false)
  const draft = connection.state === 'draft'
  return (
    <>
      {draft && <Activate connection={connection} />}
      <Button variant="default" c="var(--hf-bad)" onClick={() => setAsking(true)}>
        {draft ? 'Remove' : 'Deactivate'}
      </Button>
      {asking && draft && <Remove connection={connection} onClose={close} />}
      {asking && !draft && <Deactivate connection={connection} onClose={close} />}
    </>
  )
}

const Addresses = ({ connection }: { connection: Connection }) => (
  <Section title="At the provider" about="Register Holdfast there as a web application, with this address and no other.">
    <Facts
      rows={[
        ['Redirect address', <Copied key="r" value={connection.redirectUri} what="the redirect address" />],
        ['Scopes', <code key="s">openid email profile</code>],
        ['Flow', 'authorisation code, with PKCE'],
        ['People', connection.people],
        ['Last used', <Time key="l" at={connection.lastUsedAt} />],
        ['Id', <Id key="id" value={connection.id} what="the id of the connection" />],
      ]}
    />
  </Section>
)

const Details = ({ connection }: { connection: Connection }) => {
  const may = useMay()
  const { settings } = connection
  const key = JSON.stringify(connection)
  return (
    <>
      {settings.kind === 'oidc' ? (
        <>
          <Addresses connection={connection} />
          <Fields key={key} connection={connection} settings={settings} />
        </>
      ) : (
        <Suspense fallback={<Skeleton height={480} />}>
          <SamlDetails key={key} connection={connection} settings={settings} />
        </Suspense>
      )}
      <Test connection={connection} />
      {may('ledger:read') && (
        <Section title="Timeline" about="What the ledger recorded, sign-ins that were refused and why among it.">
          <Timeline targets={[connection.id]} />
        </Section>
      )}
    </>
  )
}

/** One connection: what the provider must be told, what it gave, the test, activation. */
export const ConnectionPage = () => {
  const id = useParam('id') as SsoConnectionId
  const { data, error, refetch } = useQueryOf(sso.read, {})
  const parent = { to: '/settings/sign-on', title: 'Single sign-on' }
  const connection = data?.connections.find((each) => each.id === id)
  if (!connection)
    return (
      <Page title="Connection" parent={parent} permission="sso:manage">
        {error && <ReadProblem error={error} retry={() => void refetch()} />}
        {!error && (data ? gone.connection_not_found : <Skeleton height={240} />)}
      </Page>
    )
  const [kind, word] = stateWords[connection.state]
  return (
    <Page
      title={connection.name}
      about={providerNameOf(connection)}
      parent={parent}
      badge={<State kind={kind}>{word}</State>}
      permission="sso:manage"
      action={<Actions connection={connection} />}
    >
      <Details connection={connection} />
    </Page>
  )
}
