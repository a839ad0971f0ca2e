import { Button, Group, Skeleton, TextInput } from '@mantine/core'
import { organisation, session, type OutputOf } from '@holdfast/contract'
import { useState } from 'react'
import {
  ConfirmDialog,
  count,
  Facts,
  Id,
  Page,
  ProblemNotice,
  ReadProblem,
  Section,
  State,
  Time,
  useCommandOf,
  useFormOf,
  useMay,
  useQueryOf,
} from '../../kit/index.ts'
import { Leave } from './Leave.tsx'
import { Plan } from './Plan.tsx'
import { TransferOwnership } from './TransferOwnership.tsx'

type Detail = OutputOf<typeof organisation.read>

const refresh = [organisation.read, session.current] as const

const Rename = ({ detail }: { detail: Detail }) => {
  const { run, running, problem } = useCommandOf(organisation.update, { refresh, done: 'Name changed.' })
  const form = useFormOf(organisation.update, { name: detail.name }, problem)
  return (
    <Section title="Name">
      <form onSubmit={form.submit(run)}>
        <Group align="flex-end" gap="xs">
          <TextInput label="Name of the organisation" w="min(22rem, 100%)" {...form.text('name')} />
          <Button type="submit" variant="default" loading={running} disabled={form.values.name === detail.name}>
            Rename
          </Button>
        </Group>
      </form>
      <ProblemNotice problem={problem} />
    </Section>
  )
}

const RequireMfa = ({ detail }: { detail: Detail }) => {
  const [opened, setOpened] = useState(false)
  const { run, running, problem } = useCommandOf(organisation.update, {
    refresh,
    done: detail.requireMfa ? 'A second factor is no longer required of everybody.' : 'Everybody must now have a second factor.',
    onDone: () => setOpened(false),
  })
  const words = detail.requireMfa
    ? {
        title: 'Stop requiring a second factor of everybody?',
        consequences: [
          'Reviewers, Members and Viewers may sign in with a password alone.',
          'Owners and Admins still need a second factor.',
        ],
        verb: 'Stop requiring it',
      }
    : {
        title: 'Require a second factor of everybody?',
        consequences: [
          'Reviewers, Members and Viewers without one must enrol it at their next request, before anything else opens.',
          'Owners and Admins need one already.',
        ],
        verb: 'Require it',
      }
  return (
    <Section
      title="Second factor"
      about="Owners and Admins always need one. You can require it of every role."
      action={
        <Button variant="default" onClick={() => setOpened(true)}>
          {detail.requireMfa ? 'Stop requiring it' : 'Require it of everybody'}
        </Button>
      }
    >
      {detail.requireMfa ? (
        <State kind="good">required of everybody</State>
      ) : (
        <State kind="quiet">required of Owners and Admins</State>
      )}
      <ConfirmDialog
        opened={opened}
        onClose={() => setOpened(false)}
        {...words}
        undo="You can change it back at any time."
        running={running}
        problem={problem}
        onConfirm={() => void run({ requireMfa: !detail.requireMfa })}
      />
    </Section>
  )
}

const Details = () => {
  const may = useMay()
  const read = useQueryOf(organisation.read, {})
  if (read.error) return <ReadProblem error={read.error} retry={() => void read.refetch()} />
  if (!read.data) return <Skeleton height={220} />
  const detail = read.data
  return (
    <>
      <Facts
        rows={[
          ['Name', detail.name],
          ['Id', <Id key="id" value={detail.id} />],
          ['Members', count(detail.members)],
          ['Region', detail.region],
          ['Since', <Time key="since" at={detail.createdAt} full />],
          ...(detail.operator ? [['Part', 'Operates this installation'] as const] : []),
        ]}
      />
      <Plan detail={detail} />
      {may('organisation:write') && <Rename key={detail.name} detail={detail} />}
      {may('organisation:write') && <RequireMfa detail={detail} />}
      {may('organisation:transfer') && <TransferOwnership name={detail.name} />}
      <Leave name={detail.name} />
    </>
  )
}

export const OrganisationPage = () => (
  <Page
    title="Organisation"
    about="What the organisation is called, and what it asks of its members."
    permission="organisation:read"
    narrow
  >
    <Details />
  </Page>
)
