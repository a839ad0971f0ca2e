import { PersonId } from '@holdfast/contract'
import { Skeleton } from '@mantine/core'
import {
  Facts,
  Id,
  Page,
  roleNames,
  Section,
  State,
  Tag,
  Time,
  useMay,
  useMembers,
  useParam,
  useSession,
  type Member,
} from '../../kit/index.ts'
import { Timeline } from '../Timeline.tsx'
import { MemberMenu } from './MemberMenu.tsx'
import { Acts, Keys, Owed } from './MemberRecords.tsx'

const SecondFactor = ({ enrolled }: { enrolled: boolean }) =>
  enrolled ? <State kind="good">enrolled</State> : <State kind="warn">none</State>

const MemberFacts = ({ member }: { member: Member }) => (
  <Facts
    rows={[
      ['E-mail', member.email],
      ['Second factor', <SecondFactor key="factor" enrolled={member.factorEnrolled} />],
      ['Last seen', <Time key="seen" at={member.lastSeenAt} />],
      ['Member since', <Time key="since" at={member.since} />],
      ['Id', <Id key="id" value={member.id} what="the id of the person" />],
    ]}
  />
)

/** What is known about a person by id, whether they are still a member or not. */
const Records = ({ id }: { id: PersonId }) => {
  const may = useMay()
  const me = useSession().person.id === id
  return (
    <>
      {may('obligation:oversee') && <Owed id={id} />}
      {(me || may('key:manage')) && <Keys id={id} />}
      {may('ledger:read') && (
        <>
          <Section title="What they did" about="Their newest entries in the ledger.">
            <Acts id={id} />
          </Section>
          <Section
            title="What was done to them"
            about="Changes of their membership and account that others, or they themselves, made."
          >
            <Timeline targets={[id]} />
          </Section>
        </>
      )}
    </>
  )
}

/** One member: role, second factor, what they owe and did, which keys act as them (C1). */
export const MemberPage = () => {
  const param = useParam('id')
  const members = useMembers()
  const may = useMay()
  const me = useSession().person.id
  const parent = { to: '/members', title: 'Members' }
  const id = param === 'me' ? me : PersonId.safeParse(param).data
  const member = members?.find((each) => each.id === id)
  if (!member)
    return (
      <Page title="Member" parent={parent} permission="member:read">
        {members === undefined && id !== undefined ? (
          <Skeleton height={240} />
        ) : (
          <>
            <p>Nobody here has the id {param}. Whoever left, or was removed, stays in the ledger.</p>
            {id && <Records id={id} />}
          </>
        )}
      </Page>
    )
  return (
    <Page
      title={member.id === me ? `${member.name} (you)` : member.name}
      parent={parent}
      badge={<Tag>{roleNames[member.role]}</Tag>}
      permission="member:read"
      action={may('member:write') && <MemberMenu row={member} />}
    >
      <MemberFacts member={member} />
      <Records id={member.id} />
    </Page>
  )
}
