import { Alert, Button, Group, Stack } from '@mantine/core'
import { apiKey, type Role } from '@holdfast/contract'
import { useLocation } from '@tanstack/react-router'
import { IconAlertTriangle } from '@tabler/icons-react'
import { useState } from 'react'
import { Empty, Facts, Page, PageLink, ProblemNotice, useCommandOf, useGo, useSession } from '../../kit/index.ts'
import classes from './api-key.module.css'
import { cliRequestOf, fingerprintOf, type CliRequest } from './cliLogin.ts'
import { keyErrors, KeyFields } from '../KeyFields.tsx'

const Ask = ({ request, onDone }: { request: CliRequest; onDone: () => void }) => {
  const { organisation, person } = useSession()
  const go = useGo()
  const [role, setRole] = useState<Role>(organisation.role)
  const [days, setDays] = useState(90)
  const { run, running, problem } = useCommandOf(apiKey.authorise, {
    refresh: [apiKey.list],
    done: 'Command line authorised.',
    onDone,
    explain: { ...keyErrors, key_exists: 'This request was answered already. Start the login in the terminal again.' },
  })
  return (
    <Stack gap="md">
      <div className={classes['fingerprint']}>
        <span>Compare with your terminal</span>
        <code>{fingerprintOf(request.secretHash)}</code>
      </div>
      <Alert variant="outline" color="yellow" icon={<IconAlertTriangle size={18} aria-hidden />} title="Did you start this?">
        If you did not just run <code>holdfast login</code> yourself, or the terminal shows another code, close this page:
        somebody is trying to act as you.
      </Alert>
      <Facts
        rows={[
          ['Will act as', `${person.name} (${person.email})`],
          ['In', organisation.name],
          ['Calls itself', request.name],
        ]}
      />
      <KeyFields role={role} onRole={setRole} days={days} onDays={setDays} />
      <ProblemNotice problem={problem} />
      <Group gap="xs">
        <Button loading={running} onClick={() => void run({ ...request, role, days })}>
          The codes match: authorise
        </Button>
        <Button variant="default" onClick={() => go('/', { replace: true })}>
          Refuse
        </Button>
      </Group>
    </Stack>
  )
}

/** Accepts the key that a command line made for itself; only the hash of its secret came here. */
export const CliLoginPage = () => {
  const request = cliRequestOf(useLocation().hash)
  const [done, setDone] = useState(false)
  return (
    <Page
      title="Authorise a command line"
      about="The holdfast command asks for a key of its own, to act as you."
      permission="key:own"
      narrow
    >
      {done ? (
        <Empty
          title="Authorised"
          text="Go back to the terminal; you may close this page. The key is listed under API keys, where you can revoke it."
          action={<PageLink to="/api-keys">API keys</PageLink>}
        />
      ) : request ? (
        <Ask request={request} onDone={() => setDone(true)} />
      ) : (
        <Empty
          title="This link is not whole"
          text="Run holdfast login again and open the address it prints, whole: what follows the # is the request."
        />
      )}
    </Page>
  )
}
