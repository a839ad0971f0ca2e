import { operator, type OutputOf } from '@holdfast/contract'
import { Skeleton } from '@mantine/core'
import {
  Copy,
  Facts,
  Page,
  PageLink,
  ReadProblem,
  Section,
  State,
  Table,
  Time,
  useFilters,
  usePagesOf,
  useQueryOf,
  type Column,
  type StateKind,
} from '../../kit/index.ts'
import { linksIn } from './links.ts'
import classes from './operator.module.css'

type Row = OutputOf<typeof operator.outbox>['rows'][number]

const states: Record<Row['state'], [StateKind, string]> = {
  queued: ['accent', 'Queued'],
  sent: ['good', 'Sent'],
  held: ['warn', 'Held here'],
  failed: ['bad', 'Failed'],
}

const columns: Column<Row>[] = [
  { key: 'subject', title: 'Subject', grow: true, render: (row) => row.subject },
  { key: 'to', title: 'To', wide: true, render: (row) => row.to },
  {
    key: 'state',
    title: 'State',
    render: (row) => (
      <>
        <State kind={states[row.state][0]}>{states[row.state][1]}</State>
        {row.failure && <div className={classes['failure']}>{row.failure}</div>}
      </>
    ),
  },
  { key: 'at', title: 'Written', align: 'right', render: (row) => <Time at={row.createdAt} /> },
]

const Mails = () => {
  const { rows, ...pages } = usePagesOf(operator.outbox, {}, { everyMs: 15_000 })
  return (
    <Table
      label="Mail, newest first"
      columns={columns}
      rows={rows}
      rowKey={(row) => row.id}
      to={(row) => `/operator/outbox?mail=${row.id}`}
      {...pages}
      retry={pages.refetch}
      empty={{
        title: 'No mail',
        text: 'Invitations, password resets and reminders appear here when no mail server is configured. Hand their links over yourself.',
      }}
    />
  )
}

const Mail = ({ id }: { id: Row['id'] }) => {
  const mail = useQueryOf(operator.mail, { id })
  if (mail.error)
    return (
      <ReadProblem
        error={mail.error}
        sentences={{ mail_not_found: 'That mail is not here any more.' }}
        retry={() => void mail.refetch()}
      />
    )
  if (!mail.data) return <Skeleton height={240} />
  const { to, subject, state, createdAt, sentAt, failure, text } = mail.data
  const links = linksIn(text)
  return (
    <>
      <Facts
        rows={[
          ['To', to],
          ['Subject', subject],
          [
            'State',
            <State key="state" kind={states[state][0]}>
              {states[state][1]}
            </State>,
          ],
          ['Written', <Time key="at" at={createdAt} full />],
          ...(sentAt ? [['Sent', <Time key="sent" at={sentAt} full />] as const] : []),
          ...(failure ? [['Why not', failure] as const] : []),
        ]}
      />
      {links.length > 0 && (
        <Section
          title={links.length === 1 ? 'The link in it' : 'The links in it'}
          about={`Hand it to ${to} over a way you trust, and to nobody else: whoever has it can use it.`}
        >
          <ul className={classes['links']}>
            {links.map((link) => (
              <li key={link}>
                <code>{link}</code>
                <Copy value={link} what="the link" />
              </li>
            ))}
          </ul>
        </Section>
      )}
      <Section title="The text" action={<Copy value={text} what="the text" />}>
        <pre className={classes['mail']} tabIndex={0}>
          {text}
        </pre>
      </Section>
    </>
  )
}

/** Mail that waits here because no mail server is configured. */
export const OutboxPage = () => {
  const [{ mail }] = useFilters(['mail'])
  if (mail)
    return (
      <Page
        title="Mail"
        about="Opening a mail is recorded: its links let their bearer in."
        parent={{ to: '/operator/outbox', title: 'Outbox' }}
        permission="operator:outbox"
        narrow
      >
        <Mail id={mail as Row['id']} />
        <PageLink to="/operator/outbox">Back to the outbox</PageLink>
      </Page>
    )
  return (
    <Page
      title="Outbox"
      about="Mail that this installation wrote. Where no mail server is configured it is held here for you to hand over."
      permission="operator:outbox"
    >
      <Mails />
    </Page>
  )
}
