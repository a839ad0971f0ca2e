import { Button } from '@mantine/core'
import { directory } from '@holdfast/contract'
import { useState } from 'react'
import {
  Empty,
  Facts,
  Hash,
  lazyDialog,
  Page,
  ReadProblem,
  Section,
  State,
  Time,
  useCommandOf,
  useMay,
  useQueryOf,
} from '../../kit/index.ts'
import { PlanNotice } from '../PlanNotice.tsx'
import { Credentials } from './Credentials.tsx'
import { LogTable } from './LogTable.tsx'
import { Mapping } from './Mapping.tsx'
import { PeopleTable } from './PeopleTable.tsx'
import { SelfTest } from './SelfTest.tsx'
import { answers, notSetUp, type Found } from './words.ts'

const ReasonDialog = lazyDialog(async () => (await import('../ReasonDialog.tsx')).ReasonDialog)
const SetUpDialog = lazyDialog(async () => (await import('./SetUpDialog.tsx')).SetUpDialog)

const Disable = ({ onClose }: { onClose: () => void }) => {
  const disable = useCommandOf(directory.disable, {
    refresh: answers,
    done: 'The connection is disabled.',
    onDone: onClose,
    explain: { directory_not_found: notSetUp, already_disabled: 'It is disabled already.' },
  })
  return (
    <ReasonDialog
      opened
      onClose={onClose}
      title="Disable the connection?"
      consequences={[
        'The directory is refused at its next request: nobody is created, changed or switched off by it.',
        'Nobody loses access. Its people can be changed and removed here, like any other member.',
      ]}
      undo="It can be enabled again; the credentials work then as before."
      verb="Disable"
      danger
      running={disable.running}
      problem={disable.problem}
      onConfirm={(reason) => void disable.run({ reason })}
    />
  )
}

const Switch = ({ found }: { found: Found }) => {
  const [asking, setAsking] = useState(false)
  const enable = useCommandOf(directory.enable, {
    refresh: answers,
    done: 'The connection is enabled.',
    explain: { directory_not_found: notSetUp, already_enabled: 'It is enabled already.' },
  })
  if (found.state === 'disabled')
    return (
      <Button variant="default" size="xs" loading={enable.running} onClick={() => void enable.run({})}>
        Enable
      </Button>
    )
  return (
    <>
      <Button variant="default" size="xs" onClick={() => setAsking(true)}>
        Disable …
      </Button>
      {asking && <Disable onClose={() => setAsking(false)} />}
    </>
  )
}

const Connection = ({ found, url, tokenUrl }: { found: Found; url: string; tokenUrl: string }) => {
  const owner = useMay()('directory:manage')
  const { all, inactive, waiting } = found.users
  return (
    <Section
      title={found.name}
      about="Enter these in your directory. Names, addresses and groups come from there."
      action={owner && <Switch found={found} />}
    >
      <Facts
        rows={[
          [
            'State',
            <State key="state" kind={found.state === 'enabled' ? 'good' : 'warn'}>
              {found.state === 'enabled' ? 'Enabled' : 'Disabled'}
            </State>,
          ],
          ['Base URL (Okta), Tenant URL (Entra)', <Hash key="url" value={url} what="the address" whole />],
          ['Token endpoint (OAuth)', <Hash key="token" value={tokenUrl} what="the token endpoint" whole />],
          ['Set up', <Time key="at" at={found.createdAt} />],
          ['People', all === 0 ? 'none yet' : `${all}; ${waiting} wait for their invitation, ${inactive} switched off`],
        ]}
      />
    </Section>
  )
}

const Parts = ({ create }: { create: () => void }) => {
  const owner = useMay()('directory:manage')
  const { data, error, refetch } = useQueryOf(directory.read, {})
  if (error) return <ReadProblem error={error} retry={() => void refetch()} />
  if (!data) return null
  if (!data.directory)
    return (
      <Empty
        title="No directory"
        text="With a connection, your directory (Okta, Microsoft Entra ID or another with SCIM 2.0) creates, changes and switches off people here. An Owner sets it up."
        action={owner && <Button onClick={create}>Set up</Button>}
      />
    )
  return (
    <>
      <Connection found={data.directory} url={data.url} tokenUrl={data.tokenUrl} />
      <Credentials credentials={data.directory.credentials} />
      <SelfTest />
      <Mapping key={data.directory.defaultRole} defaultRole={data.directory.defaultRole} />
      <PeopleTable />
      <LogTable />
    </>
  )
}

/** Provisioning from the customer's directory (C1). */
export const DirectoryPage = () => {
  const [opened, setOpened] = useState(false)
  return (
    <Page
      title="Directory"
      about="Your directory creates, changes and switches off people here, and its groups give roles."
      permission="directory:read"
    >
      <PlanNotice needs="scim" />
      <Parts create={() => setOpened(true)} />
      <SetUpDialog opened={opened} onClose={() => setOpened(false)} />
    </Page>
  )
}
