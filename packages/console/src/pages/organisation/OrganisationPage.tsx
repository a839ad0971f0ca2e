import { Button, Group, Skeleton, TextInput } from '@mantine/core'
import { organisation, session, type OutputOf } from '@holdfast/contract'
import {
  count,
  Facts,
  Id,
  Page,
  PageLink,
  ProblemNotice,
  ReadProblem,
  Section,
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
          [
            'Sign-in',
            <PageLink key="sign-in" to="/settings/sign-in">
              what is asked of those who sign in
            </PageLink>,
          ],
          ['Region', detail.region],
          ['Since', <Time key="since" at={detail.createdAt} full />],
          ...(detail.operator ? [['Part', 'Operates this installation'] as const] : []),
        ]}
      />
      <Plan detail={detail} />
      {may('organisation:write') && <Rename key={detail.name} detail={detail} />}
      {may('organisation:transfer') && <TransferOwnership name={detail.name} />}
      <Leave name={detail.name} />
    </>
  )
}

export const OrganisationPage = () => (
  <Page title="Organisation" about="What the organisation is called, and who owns it." permission="organisation:read" narrow>
    <Details />
  </Page>
)
