import { sso } from '@holdfast/contract'
import { Button, Group } from '@mantine/core'
import { useState } from 'react'
import { ConfirmDialog, Facts, ProblemNotice, Section, State, Time, useCommandOf } from '../../kit/index.ts'
import { gone, keyRefusals, type Connection, type OtherKey } from './answers.ts'
import { Certificate } from './Certificate.tsx'
import classes from './sso.module.css'
import { useTrial } from './useTrial.ts'

const refresh = [sso.read] as const
const settingsOf = (done: string, onDone: () => void) => ({ refresh, done, onDone, explain: keyRefusals })
type About = { connection: Connection; other: OtherKey; onClose: () => void }

const Switch = ({ connection: { id, state }, other: { fingerprint, is, testedAt }, onClose }: About) => {
  const { run, running, problem } = useCommandOf(
    sso.switchSigningKey,
    settingsOf('Requests are signed with the other key now.', onClose),
  )
  return (
    <ConfirmDialog
      opened
      onClose={onClose}
      title={is === 'next' ? 'Sign with the new key?' : 'Go back to the old key?'}
      consequences={[
        'From now on our requests are signed with it.',
        ...(state === 'active' ? ['A provider that insists on signed requests and does not know it lets nobody sign in.'] : []),
        testedAt === null
          ? 'It was not tried out: test with it first, unless you are sure.'
          : 'The provider answered a test with it.',
      ]}
      undo="You can switch back as long as the other key is not withdrawn."
      verb="Switch"
      running={running}
      problem={problem}
      onConfirm={() => void run({ id, fingerprint })}
    />
  )
}

const Withdraw = ({ connection: { id }, other: { fingerprint, is }, onClose }: About) => {
  const { run, running, problem } = useCommandOf(sso.withdrawSigningKey, settingsOf('The key is withdrawn.', onClose))
  return (
    <ConfirmDialog
      opened
      onClose={onClose}
      title={is === 'next' ? 'Withdraw the new key?' : 'Withdraw the old key?'}
      consequences={[
        'Our metadata names the other certificate alone. Remove this one at your provider too.',
        'The key is destroyed.',
      ]}
      undo="It cannot be brought back; you can make a new one."
      verb="Withdraw"
      danger
      running={running}
      problem={problem}
      onConfirm={() => void run({ id, fingerprint })}
    />
  )
}

const Renew = ({ connection: { id } }: { connection: Connection }) => {
  const { run, running, problem } = useCommandOf(sso.renewSigningKey, {
    refresh,
    done: 'The new certificate is published.',
    explain: {
      ...gone,
      not_saml: 'Only SAML requests are signed with a key of ours.',
      renewal_running: 'There are two keys already. Look at the page again.',
    },
  })
  return (
    <>
      <Group>
        <Button variant="default" loading={running} onClick={() => void run({ id })}>
          Make a new key
        </Button>
      </Group>
      <ProblemNotice problem={problem} />
    </>
  )
}

const Standing = ({ other: { is, since, testedAt } }: { other: OtherKey }) => (
  <>
    <State kind="warn">
      {is === 'next' ? 'new certificate published' : 'switched'} <Time at={since} />
    </State>
    {is === 'next' && testedAt !== null && (
      <State kind="good">
        your provider answered a test with it <Time at={testedAt} />
      </State>
    )}
    <p className={classes['next']}>
      {is === 'next' ? 'Switch when your provider has it.' : 'Withdraw the old certificate when all is well.'}
    </p>
  </>
)

const Changing = ({ connection, other }: { connection: Connection; other: OtherKey }) => {
  const [asking, setAsking] = useState<'switch' | 'withdraw' | null>(null)
  const { begin, running, problem } = useTrial(connection.id, 'other')
  const about = { connection, other, onClose: () => setAsking(null) }
  const next = other.is === 'next'
  const tried = other.testedAt !== null
  return (
    <>
      <Standing other={other} />
      <Group>
        {next && (
          <Button variant={tried ? 'default' : 'filled'} loading={running} onClick={begin}>
            Test with the new key
          </Button>
        )}
        {next && (
          <Button variant={tried ? 'filled' : 'default'} onClick={() => setAsking('switch')}>
            Switch to the new key
          </Button>
        )}
        <Button variant="default" c="var(--hf-bad)" onClick={() => setAsking('withdraw')}>
          {next ? 'Withdraw the new key' : 'Withdraw the old key'}
        </Button>
        {!next && (
          <Button variant="default" onClick={() => setAsking('switch')}>
            Go back to it
          </Button>
        )}
      </Group>
      <ProblemNotice problem={problem} />
      {asking === 'switch' && <Switch {...about} />}
      {asking === 'withdraw' && <Withdraw {...about} />}
    </>
  )
}

/** What our requests are signed with, and changing it so that no sign-in fails: publish, tell the provider, test, switch, withdraw. */
export const SigningKey = ({ connection }: { connection: Connection }) => {
  const { signing } = connection
  if (!signing) return null
  const { current, other } = signing
  const otherName = other?.is === 'next' ? 'New certificate' : 'Old certificate'
  return (
    <Section
      title="Our signing key"
      about="Requests to your provider are signed with it. To change it, a new certificate joins the old one in our metadata; your provider learns of it; then you switch."
    >
      <Facts
        rows={[
          ['In use', <Certificate key={current.fingerprint} of={current} />],
          ...(other ? [[otherName, <Certificate key={other.fingerprint} of={other} />] as const] : []),
        ]}
      />
      {other ? <Changing connection={connection} other={other} /> : <Renew connection={connection} />}
    </Section>
  )
}
