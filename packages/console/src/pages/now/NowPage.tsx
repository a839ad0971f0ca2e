import { Button, Skeleton } from '@mantine/core'
import { encryption, factor, grant, obligations, operator, organisation, policy, type Permission } from '@holdfast/contract'
import type { ReactNode } from 'react'
import {
  Due,
  Empty,
  Page,
  PageLink,
  ReadProblem,
  Section,
  useGo,
  useMay,
  useCalm,
  useNow,
  useQueryOf,
  useSession,
} from '../../kit/index.ts'
import { Chain } from './Chain.tsx'
import { lateElsewhere, ownSecurity, partsBroken, planEnded, secretsDue, toAnswer, toApprove, toDo, type DueItem } from './due.ts'
import classes from './now.module.css'

const Item = ({ item }: { item: DueItem }) => {
  const go = useGo()
  return (
    <li className={classes['item']} data-urgent={item.urgent || undefined}>
      <div className={classes['words']}>
        <PageLink to={item.to} className={classes['what'] ?? ''}>
          {item.what}
        </PageLink>
        <span className={classes['why']}>{item.why}</span>
      </div>
      {item.dueAt && <Due at={item.dueAt} />}
      <Button variant="default" size="xs" onClick={() => go(item.to)} aria-label={`${item.verb}: ${item.what}`}>
        {item.verb}
      </Button>
    </li>
  )
}

interface Asked {
  items: DueItem[] | undefined
  error: Error | null
}

const List = ({ asked, empty }: { asked: readonly Asked[]; empty: ReactNode }) => {
  const items = asked.flatMap((each) => each.items ?? [])
  const loading = asked.some((each) => !each.items && !each.error)
  const failed = asked.find((each) => each.error)
  return (
    <>
      {failed && <ReadProblem error={failed.error} />}
      {items.length > 0 && (
        <ul className={classes['list']}>
          {items.map((item) => (
            <Item key={item.key} item={item} />
          ))}
        </ul>
      )}
      {loading && <Skeleton height={56} />}
      {!loading && !failed && items.length === 0 && empty}
    </>
  )
}

const useAsked = <T,>(
  query: { data: T | undefined; error: Error | null },
  wanted: boolean,
  items: (data: T) => DueItem[],
): Asked => ({
  items: wanted ? query.data && items(query.data) : [],
  error: wanted ? query.error : null,
})

const Mine = () => {
  const { recoveryCodesLeft } = useSession()
  const owed = useQueryOf(obligations.mine, {}, { everyMs: 60_000 })
  const now = useNow()
  const mayAnswer = useMay()('access:approve')
  const asked = useQueryOf(grant.list, { show: 'to_approve', limit: 20 }, { enabled: mayAnswer, everyMs: useCalm(15_000) })
  const factors = useQueryOf(factor.list, {})
  return (
    <Section title="For you">
      <List
        asked={[
          useAsked(asked, mayAnswer, ({ rows }) => toAnswer(rows)),
          useAsked(owed, true, ({ rows }) => toDo(rows, now)),
          useAsked(factors, true, ({ rows }) => ownSecurity({ recoveryCodesLeft, hasFactor: rows.length > 0 })),
        ]}
        empty={
          <Empty
            title="Nothing waits for you"
            text="You owe nothing within a month, and your second factor and recovery codes are in order."
          />
        }
      />
    </Section>
  )
}

const Ours = () => {
  const may = useMay()
  const mayApprove = may('policy:approve')
  const mayOversee = may('obligation:oversee')
  const mayKeys = may('encryption:read')
  const mayPlan = may('organisation:write')
  const now = useNow()
  const { person } = useSession()
  const inReview = useQueryOf(policy.list, { state: 'in_review' }, { enabled: mayApprove })
  const late = useQueryOf(obligations.list, { show: 'overdue', limit: 20 }, { enabled: mayOversee, everyMs: 60_000 })
  const keys = useQueryOf(encryption.keys, {}, { enabled: mayKeys })
  const plan = useQueryOf(organisation.read, {}, { enabled: mayPlan })
  return (
    <Section title="For the organisation">
      <List
        asked={[
          useAsked(plan, mayPlan, (detail) => planEnded(detail, now)),
          useAsked(late, mayOversee, ({ rows }) => lateElsewhere(rows, person.id)),
          useAsked(inReview, mayApprove, ({ rows }) => toApprove(rows)),
          useAsked(keys, mayKeys, ({ rows }) => secretsDue(rows, '/settings/encryption')),
        ]}
        empty={
          <Empty
            title="Nothing waits for the organisation"
            text={
              mayKeys
                ? 'Nobody is late with anything, no policy waits for approval, and no encryption key is overdue.'
                : 'Nobody is late with anything, and no policy waits for approval.'
            }
          />
        }
      />
    </Section>
  )
}

const heldItems = (rows: readonly { state: string }[]): DueItem[] => {
  const held = rows.filter(({ state }) => state === 'held').length
  const failed = rows.filter(({ state }) => state === 'failed').length
  const base = { dueAt: null, to: '/operator/outbox', verb: 'Open' }
  return [
    ...(held > 0
      ? [
          {
            ...base,
            key: 'held',
            what: `${held} ${held === 1 ? 'mail waits' : 'mails wait'} to be handed over`,
            why: 'No mail server is configured: pass the links on yourself.',
          },
        ]
      : []),
    ...(failed > 0
      ? [
          {
            ...base,
            key: 'failed',
            what: `${failed} ${failed === 1 ? 'mail' : 'mails'} could not be sent`,
            why: 'The mail server refused or did not answer.',
            urgent: true,
          },
        ]
      : []),
  ]
}

const Installation = () => {
  const may = useMay()
  const mayMail = may('operator:outbox')
  const health = useQueryOf(operator.health, {}, { everyMs: 30_000 })
  const secrets = useQueryOf(operator.keys, {})
  const mail = useQueryOf(operator.outbox, {}, { enabled: mayMail })
  return (
    <Section title="For the installation">
      <List
        asked={[
          useAsked(health, true, partsBroken),
          useAsked(mail, mayMail, ({ rows }) => heldItems(rows)),
          useAsked(secrets, true, ({ rows }) => secretsDue(rows, '/operator/secrets')),
        ]}
        empty={
          <Empty
            title="Nothing waits for the operator"
            text="Every part answers, no mail is held, and no secret is overdue for rotation."
          />
        }
      />
    </Section>
  )
}

const any = (may: (permission: Permission) => boolean, ...permissions: Permission[]): boolean => permissions.some(may)

/** Home: what is due or broken, for me, for the organisation, for the installation. */
export const NowPage = () => {
  const may = useMay()
  const { organisation: here } = useSession()
  return (
    <Page title="Now" about={`What is due or broken in ${here.name}.`}>
      <Mine />
      {any(may, 'policy:approve', 'obligation:oversee', 'encryption:read') && <Ours />}
      {may('operator:read') && <Installation />}
      <Chain />
    </Page>
  )
}
