import { sso, type PersonId } from '@holdfast/contract'
import { Button, NativeSelect } from '@mantine/core'
import { useState } from 'react'
import { ConfirmDialog, Facts, ProblemNotice, Section, State, Time, useCommandOf, useSession } from '../../kit/index.ts'
import type { Setup } from './answers.ts'
import { Checks } from './Checks.tsx'

const refresh = [sso.read] as const

const Enforce = ({ setup, onClose }: { setup: Setup; onClose: () => void }) => {
  const owners = setup.owners.filter(({ passkey }) => passkey)
  const [owner, setOwner] = useState<string>(setup.enforcement?.breakGlass ?? owners[0]?.personId ?? '')
  const { run, running, problem } = useCommandOf(sso.enforce, {
    refresh,
    done: 'Single sign-on is enforced.',
    onDone: onClose,
    explain: {
      not_ready: 'Something it needs is missing: see the list.',
      not_an_owner: 'Choose an Owner.',
      no_passkey: 'They must enrol a passkey first, on the page “Account”.',
    },
  })
  return (
    <ConfirmDialog
      opened
      onClose={onClose}
      title="Enforce single sign-on?"
      consequences={[
        'Members with an address in your proved domains sign in by your provider and no other way. Their other sessions end now, but for yours.',
        'Members with other addresses sign in as before.',
        'One Owner keeps an emergency way in, by their own passkey. Every Owner is told whenever it is used, and it must be tried once a quarter.',
      ]}
      undo="You can lift it at any time."
      verb="Enforce"
      running={running}
      problem={problem}
      ready={owner !== ''}
      onConfirm={() => void run({ breakGlass: owner as PersonId })}
    >
      <NativeSelect
        label="Who keeps the emergency way in"
        value={owner}
        data={owners.map(({ personId, name }) => ({ value: personId, label: name }))}
        onChange={(event) => setOwner(event.currentTarget.value)}
      />
    </ConfirmDialog>
  )
}

const Lift = ({ onClose }: { onClose: () => void }) => {
  const { run, running, problem } = useCommandOf(sso.lift, {
    refresh,
    done: 'Single sign-on is no longer enforced.',
    onDone: onClose,
    explain: { not_enforced: 'It was lifted already.' },
  })
  return (
    <ConfirmDialog
      opened
      onClose={onClose}
      title="Stop enforcing single sign-on?"
      consequences={['Members may sign in by password or passkey as well, also those whom your provider refuses.']}
      undo="You can enforce it again."
      verb="Stop enforcing it"
      running={running}
      problem={problem}
      onConfirm={() => void run({})}
    />
  )
}

const Drill = () => {
  const { run, running, problem } = useCommandOf(sso.confirmDrill, {
    done: 'Drill done. The next is due in a quarter.',
    explain: { not_by_break_glass: 'Sign out, then sign in by your passkey: that is the drill. Then confirm it here.' },
  })
  return (
    <>
      <Button variant="default" loading={running} onClick={() => void run({})}>
        Confirm the drill
      </Button>
      <ProblemNotice problem={problem} />
    </>
  )
}

/** Whether members must sign in by single sign-on, what that needs, and who could come in otherwise. */
export const Enforcement = ({ setup }: { setup: Setup }) => {
  const { person } = useSession()
  const [asking, setAsking] = useState(false)
  const { enforcement, needed, owners } = setup
  const ready = needed.every(({ passed }) => passed)
  const keeper = owners.find(({ personId }) => personId === enforcement?.breakGlass)
  return (
    <Section
      title="Enforcement"
      about="Once enforced, a password that was stolen or a passkey of somebody who left opens nothing here."
      action={
        <Button variant="default" disabled={!enforcement && !ready} onClick={() => setAsking(true)}>
          {enforcement ? 'Stop enforcing it' : 'Enforce single sign-on'}
        </Button>
      }
    >
      {enforcement ? (
        <Facts
          rows={[
            [
              'State',
              <State key="s" kind="good">
                enforced
              </State>,
            ],
            ['Since', <Time key="t" at={enforcement.at} full />],
            ['Emergency way in', keeper?.name ?? 'an Owner'],
            ...(enforcement.breakGlass === person.id ? [['Drill', <Drill key="d" />] as const] : []),
          ]}
        />
      ) : (
        <Checks open label="What enforcing needs" checks={needed} />
      )}
      {asking && enforcement && <Lift onClose={() => setAsking(false)} />}
      {asking && !enforcement && <Enforce setup={setup} onClose={() => setAsking(false)} />}
    </Section>
  )
}
