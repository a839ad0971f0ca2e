import { serviceAccount, ServiceAccountId } from '@holdfast/contract'
import { Alert, Button, Group, Skeleton } from '@mantine/core'
import { IconAlertTriangle } from '@tabler/icons-react'
import { lazy, Suspense, useState } from 'react'
import {
  Due,
  Facts,
  Id,
  lazyDialog,
  Page,
  Person,
  ReadProblem,
  roleNames,
  Section,
  State,
  Tag,
  Time,
  useMay,
  useParam,
  useQueryOf,
  useSession,
} from '../../kit/index.ts'
import { KeyTable } from '../KeyTable.tsx'
import { Timeline } from '../LazyTimeline.tsx'
import type { Account } from './AccountDialogs.tsx'
import { accountSentences } from './words.ts'

type Act = 'reassign' | 'review' | 'disable' | 'key'
type DialogProps = { opened: boolean; row: Account; onClose: () => void }
const Reassign = lazyDialog<DialogProps>(async () => (await import('./AccountDialogs.tsx')).ReassignDialog)
const Review = lazyDialog<DialogProps>(async () => (await import('./AccountDialogs.tsx')).ReviewDialog)
const Disable = lazyDialog<DialogProps>(async () => (await import('./AccountDialogs.tsx')).DisableDialog)
const CreateKey = lazyDialog<DialogProps>(async () => (await import('./CreateAccountKeyDialog.tsx')).CreateAccountKeyDialog)

const AccountGrants = lazy(async () => ({ default: (await import('./AccountGrants.tsx')).AccountGrants }))

const OwnerGone = ({ row, reassign }: { row: Account; reassign: (() => void) | null }) => (
  <Alert variant="outline" color="yellow" icon={<IconAlertTriangle size={18} aria-hidden />} title="Nobody answers for it">
    Whoever did is no member any more. It goes on working, but gets no access to servers and databases; keys whose secret they
    were shown run out within seven days. Say who answers for it now, and rotate its keys.
    {reassign && row.disabledAt === null && (
      <Group mt="sm">
        <Button variant="default" onClick={reassign}>
          Say who answers for it
        </Button>
      </Group>
    )}
  </Alert>
)

const factsOf = (row: Account) =>
  [
    ['What it is for', row.purpose],
    ['Answers for it', row.ownerGone ? <State kind="bad">nobody: they have left</State> : <Person id={row.ownerId} />],
    ['Reviewed', `every ${row.reviewEveryDays} days`],
    ['Next review', row.reviewDueAt === null ? 'none' : <Due at={row.reviewDueAt} soonMs={14 * 86_400_000} />],
    ['Last used', <Time key="used" at={row.lastUsedAt} />],
    ['Created', <Time key="created" at={row.createdAt} full />],
    ['Id', <Id key="id" value={row.id} what="the id of the account" />],
  ] as const

const Record = ({ row }: { row: Account }) => {
  const may = useMay()
  const { person } = useSession()
  const [act, setAct] = useState<Act | null>(null)
  const close = () => setAct(null)
  const manages = may('service-account:manage')
  const live = row.disabledAt === null
  const theirs = live && (manages || row.ownerId === person.id)
  return (
    <>
      {row.ownerGone && live && <OwnerGone row={row} reassign={manages ? () => setAct('reassign') : null} />}
      {theirs && (
        <Group gap="xs">
          {!row.ownerGone && <Button onClick={() => setAct('review')}>Confirm the review</Button>}
          {manages && (
            <Button variant="default" onClick={() => setAct('reassign')}>
              Reassign
            </Button>
          )}
          <Button variant="default" color="red" onClick={() => setAct('disable')}>
            Disable
          </Button>
        </Group>
      )}
      <Facts rows={factsOf(row)} />
      <Section
        title="Keys"
        about="Each does only what it names, from where it may, until it runs out."
        action={
          live &&
          manages && (
            <Button variant="default" onClick={() => setAct('key')}>
              Create a key
            </Button>
          )
        }
      >
        <KeyTable
          rows={row.keys}
          mayRotate={() => manages}
          mayRevoke={may('key:manage')}
          empty={{ title: 'No keys', text: live ? 'Without a key the account can do nothing.' : 'They ended with the account.' }}
        />
      </Section>
      {may('access:oversee') && (
        <Suspense fallback={<Skeleton height={160} />}>
          <AccountGrants id={row.id} />
        </Suspense>
      )}
      {may('ledger:read') && (
        <Section title="Timeline" about="What the ledger recorded about this account and its keys.">
          <Timeline targets={[row.id, ...row.keys.slice(0, 9).map(({ id }) => id)]} />
        </Section>
      )}
      {act === 'reassign' && <Reassign opened row={row} onClose={close} />}
      {act === 'review' && <Review opened row={row} onClose={close} />}
      {act === 'disable' && <Disable opened row={row} onClose={close} />}
      <CreateKey opened={act === 'key'} row={row} onClose={close} />
    </>
  )
}

/** One service account: who answers for it, what its keys may do, what happened. */
export const ServiceAccountPage = () => {
  const id = ServiceAccountId.safeParse(useParam('id')).data
  const read = useQueryOf(serviceAccount.read, { id: id ?? ('' as ServiceAccountId) })
  const parent = { to: '/service-accounts', title: 'Service accounts' }
  const row = read.data
  if (!row)
    return (
      <Page title="Service account" parent={parent} permission="service-account:read">
        {read.error ? (
          <ReadProblem error={read.error} sentences={accountSentences} retry={() => void read.refetch()} />
        ) : (
          <Skeleton height={240} />
        )}
      </Page>
    )
  return (
    <Page
      title={row.name}
      parent={parent}
      permission="service-account:read"
      badge={row.disabledAt === null ? <Tag>{roleNames[row.role]}</Tag> : <State kind="quiet">disabled</State>}
    >
      <Record row={row} />
    </Page>
  )
}
