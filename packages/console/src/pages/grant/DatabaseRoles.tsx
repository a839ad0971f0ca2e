import { grant } from '@holdfast/contract'
import { Button } from '@mantine/core'
import { Hash, Section, State, Table, Time, useCommandOf, useDo, useMay, type Column, type StateKind } from '../../kit/index.ts'
import { grantAnswers } from '../accessAnswers.ts'
import { ReasonDialog } from '../ReasonDialog.tsx'
import { found } from './explanations.ts'
import type { Detail } from '../grantWords.ts'

type Role = Detail['databaseRoles'][number]

const stateOf = ({ state }: Detail, role: Role): { kind: StateKind; word: string } => {
  if (role.droppedAt !== null) return { kind: 'quiet', word: role.madeAt === null ? 'Never made' : 'Gone' }
  if (role.abandonedAt !== null) return { kind: 'bad', word: 'Not proved gone' }
  if (state === 'ended')
    return role.deadAt === null ? { kind: 'bad', word: 'Not gone yet' } : { kind: 'warn', word: 'Nobody in, still there' }
  if (role.madeAt !== null) return { kind: 'good', word: 'In use' }
  return role.trouble === null ? { kind: 'warn', word: 'Being made' } : { kind: 'bad', word: 'Could not be made' }
}

const columnsFor = (detail: Detail): Column<Role>[] => [
  { key: 'name', title: 'Role', grow: true, render: (role) => <Hash value={role.name} what="the name of the role" /> },
  {
    key: 'state',
    title: 'State',
    render: (role) => {
      const { kind, word } = stateOf(detail, role)
      return <State kind={kind}>{word}</State>
    },
  },
  ...(detail.databaseRoles.some(({ trouble }) => trouble !== null)
    ? [{ key: 'trouble', title: 'In the way', render: (role: Role) => role.trouble ?? '' }]
    : []),
  { key: 'given', title: 'Credentials given', wide: true, render: (role) => <Time at={role.createdAt} /> },
]

const Abandon = ({ detail }: { detail: Detail }) => {
  const dialog = useDo('abandon')
  const abandon = useCommandOf(grant.abandonDatabaseRoles, {
    refresh: grantAnswers,
    done: 'Noted as not proved.',
    onDone: dialog.close,
    explain: { ...found, nothing_open: 'Nothing of it is left to be proved.' },
  })
  return (
    <>
      <Button variant="default" size="xs" onClick={dialog.open}>
        It can never be proved
      </Button>
      <ReasonDialog
        opened={dialog.opened}
        onClose={dialog.close}
        title="Give up on the proof?"
        consequences={[
          'It is not tried any more, and nobody owes it any more. Roles may go on in the database.',
          'It stays “not proved” in the record, with your name and reason.',
        ]}
        undo="If the database is reached again, roles that are found there are ended all the same."
        verb="Give up"
        danger
        running={abandon.running}
        problem={abandon.problem}
        onConfirm={(reason) => void abandon.run({ id: detail.id, reason })}
      />
    </>
  )
}

/** The roles that it made in the database, each with where it stands. */
export const DatabaseRoles = ({ detail }: { detail: Detail }) => {
  const may = useMay()
  const open =
    detail.state === 'ended' &&
    detail.databaseRoles.some(({ droppedAt, abandonedAt }) => droppedAt === null && abandonedAt === null)
  return (
    <Section
      title="Roles in the database"
      about="Each run of the command line, and each look at credentials, has one of its own."
      action={open && may('access:manage') && <Abandon detail={detail} />}
    >
      <Table
        label="Roles in the database"
        columns={columnsFor(detail)}
        rows={detail.databaseRoles}
        rowKey={({ id }) => id}
        empty={{ title: 'No roles yet', text: 'The first credentials make one.' }}
      />
    </Section>
  )
}
