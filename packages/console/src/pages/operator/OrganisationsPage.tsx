import { operator, organisation, planNames, type OutputOf, type Plan } from '@holdfast/contract'
import { Button, Group, NativeSelect, Stack, TextInput } from '@mantine/core'
import { IconPlus } from '@tabler/icons-react'
import { useState } from 'react'
import {
  Dialog,
  Id,
  Page,
  PageLink,
  ProblemNotice,
  Table,
  Tag,
  Time,
  useCommandOf,
  useDo,
  useFormOf,
  usePagesOf,
  useSession,
  type Column,
} from '../../kit/index.ts'
import classes from './operator.module.css'
import { planChoices, SetPlan } from './SetPlan.tsx'

type Row = OutputOf<typeof operator.organisations>['rows'][number]

const facts: Column<Row>[] = [
  { key: 'name', title: 'Organisation', grow: true, render: (row) => row.name, sort: (row) => row.name },
  { key: 'plan', title: 'Plan', render: (row) => <Tag>{planNames[row.plan]}</Tag>, sort: (row) => row.plan },
  { key: 'region', title: 'Region', wide: true, render: (row) => row.region, sort: (row) => row.region },
  { key: 'id', title: 'Id', wide: true, render: (row) => <Id value={row.id} what="the organisation’s id" /> },
  {
    key: 'created',
    title: 'Since',
    align: 'right',
    wide: true,
    render: (row) => <Time at={row.createdAt} />,
    sort: (row) => row.createdAt,
  },
]

const Create = ({ onClose }: { onClose: () => void }) => {
  const create = useCommandOf(organisation.create, {
    refresh: [operator.organisations, operator.outbox],
    done: 'Organisation created, its Owner invited.',
    onDone: onClose,
  })
  const form = useFormOf(organisation.create, { name: '', ownerEmail: '', plan: 'starter' as Plan }, create.problem)
  return (
    <form onSubmit={form.submit(create.run)} noValidate>
      <Stack gap="sm">
        <TextInput label="Name" required data-autofocus placeholder="Acme GmbH" {...form.text('name')} />
        <TextInput
          label="E-mail of its first Owner"
          description="They get an invitation. You get no access to the organisation’s data."
          type="email"
          required
          placeholder="owner@acme.example"
          {...form.text('ownerEmail')}
        />
        <NativeSelect
          label="Plan"
          description="You can change it at any time."
          data={planChoices}
          value={form.values.plan}
          onChange={(event) => form.set('plan', event.currentTarget.value as Plan)}
        />
        <ProblemNotice problem={create.problem} />
        <Group justify="flex-end" gap="xs">
          <Button variant="default" onClick={onClose}>
            Cancel
          </Button>
          <Button type="submit" loading={create.running}>
            Create and invite
          </Button>
        </Group>
      </Stack>
    </form>
  )
}

const InviteOwner = ({ row, onClose }: { row: Row; onClose: () => void }) => {
  const invite = useCommandOf(organisation.inviteOwner, {
    refresh: [operator.outbox],
    done: 'Owner invited again.',
    onDone: onClose,
    explain: {
      organisation_not_found: 'There is no such organisation any more.',
      already_founded: 'Somebody has joined already. Its Owners invite whoever else should come.',
    },
  })
  const form = useFormOf(organisation.inviteOwner, { id: row.id, ownerEmail: '' }, invite.problem)
  return (
    <form onSubmit={form.submit(invite.run)} noValidate>
      <Stack gap="sm">
        <p>For when the first invitation ran out, or went to a wrong address. Its link stops working.</p>
        <TextInput
          label="E-mail of its first Owner"
          type="email"
          required
          data-autofocus
          placeholder="owner@acme.example"
          {...form.text('ownerEmail')}
        />
        <ProblemNotice problem={invite.problem} />
        <Group justify="flex-end" gap="xs">
          <Button variant="default" onClick={onClose}>
            Cancel
          </Button>
          <Button type="submit" loading={invite.running}>
            Invite
          </Button>
        </Group>
      </Stack>
    </form>
  )
}

const Organisations = () => {
  const { rows, ...pages } = usePagesOf(operator.organisations, {})
  const mine = useSession().organisation.id
  const [invited, setInvited] = useState<Row | null>(null)
  const [planned, setPlanned] = useState<Row | null>(null)
  const columns: Column<Row>[] = [
    ...facts,
    {
      key: 'do',
      title: 'Actions',
      actions: true,
      render: (row) =>
        row.id === mine ? null : (
          <div className={classes['actions']}>
            <Button variant="subtle" color="gray" size="compact-xs" onClick={() => setPlanned(row)}>
              Set plan
            </Button>
            <Button variant="subtle" color="gray" size="compact-xs" onClick={() => setInvited(row)}>
              Invite again
            </Button>
          </div>
        ),
    },
  ]
  return (
    <>
      <Table
        label="Organisations"
        columns={columns}
        rows={rows}
        rowKey={(row) => row.id}
        {...pages}
        retry={pages.refetch}
        empty={{ title: 'No organisations', text: 'Create the first one and invite its Owner.' }}
      />
      <Dialog
        opened={invited !== null}
        onClose={() => setInvited(null)}
        title={`Invite the first Owner of ${invited?.name ?? ''}`}
      >
        {invited && <InviteOwner row={invited} onClose={() => setInvited(null)} />}
      </Dialog>
      <Dialog opened={planned !== null} onClose={() => setPlanned(null)} title={`Set the plan of ${planned?.name ?? ''}`}>
        {planned && <SetPlan row={planned} onClose={() => setPlanned(null)} />}
      </Dialog>
    </>
  )
}

/** The tenants of this installation. Their data stays out of the operator's reach. */
export const OrganisationsPage = () => {
  const creating = useDo('create')
  return (
    <Page
      title="Organisations"
      about={
        <>
          The organisations on this installation. You see that they exist, not what is in them. Without a mail server, their
          invitations wait in the{' '}
          <PageLink to="/operator/outbox" td="underline">
            outbox
          </PageLink>
          .
        </>
      }
      permission="operator:organisations"
      action={
        <Button leftSection={<IconPlus size={16} aria-hidden />} onClick={creating.open}>
          Create an organisation
        </Button>
      }
    >
      <Organisations />
      <Dialog opened={creating.opened} onClose={creating.close} title="Create an organisation">
        <Create onClose={creating.close} />
      </Dialog>
    </Page>
  )
}
