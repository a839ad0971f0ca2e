import { breakGlass } from '@holdfast/contract'
import { Button, Skeleton, Stack, Textarea } from '@mantine/core'
import {
  Facts,
  Hash,
  Id,
  Page,
  PageLink,
  ProblemNotice,
  ReadProblem,
  Section,
  State,
  Time,
  useCommandOf,
  useFormOf,
  useMay,
  useParam,
} from '../../kit/index.ts'
import { useEveryRowOf } from '../everyRow.ts'
import { breakGlassAnswers } from '../accessAnswers.ts'
import { By } from '../By.tsx'
import { Timeline } from '../LazyTimeline.tsx'
import type { Use } from './words.ts'

const Review = ({ use }: { use: Use }) => {
  const review = useCommandOf(breakGlass.review, {
    refresh: breakGlassAnswers,
    done: 'Reviewed.',
    explain: { use_not_found: 'There is no such use.', already_reviewed: 'A colleague reviewed it meanwhile.' },
  })
  const form = useFormOf(breakGlass.review, { id: use.id, finding: '' }, review.problem)
  return (
    <Section title="Review" about="Ask whoever it was. What was it for, was it right, and what follows from it?">
      <form onSubmit={form.submit(review.run)} noValidate>
        <Stack gap="md" maw={640}>
          <Textarea
            label="What you found"
            description="Stands in the ledger, and cannot be changed."
            required
            autosize
            minRows={3}
            maxLength={2000}
            {...form.text('finding')}
          />
          <ProblemNotice problem={review.problem} />
          <Button type="submit" loading={review.running} style={{ alignSelf: 'flex-start' }}>
            Record the review
          </Button>
        </Stack>
      </form>
    </Section>
  )
}

const UseFacts = ({ use }: { use: Use }) => (
  <Facts
    rows={[
      [
        'Server',
        <PageLink key="server" to={`/servers/${use.hostId}`} td="underline">
          {use.hostName}
        </PageLink>,
      ],
      ['Logged in', <Time key="at" at={use.at} full />],
      ['Reported', <Time key="reported" at={use.reportedAt} full />],
      ['From', use.from ?? 'not known'],
      ['Certificate', use.keyId ? <Hash key="key" value={use.keyId} what="the key id" /> : 'not known'],
      ...(use.reviewedAt && use.reviewedBy
        ? [
            [
              'Reviewed',
              <span key="reviewed">
                <Time at={use.reviewedAt} full /> by <By id={use.reviewedBy} />
              </span>,
            ] as const,
            ['Finding', use.finding ?? ''] as const,
          ]
        : []),
      ['Id', <Id key="id" value={use.id} what="the id of this use" />],
    ]}
  />
)

const Loaded = ({ id }: { id: string }) => {
  const { rows, error } = useEveryRowOf(breakGlass.list, {})
  const may = useMay()
  const use = rows?.find((each) => each.id === id)
  if (error) return <ReadProblem error={error} />
  if (!rows) return <Skeleton height={160} />
  if (!use) return <p>There is no such use of emergency access.</p>
  return (
    <>
      <div>{use.reviewedAt ? <State kind="good">Reviewed</State> : <State kind="bad">Must be reviewed within a day</State>}</div>
      <UseFacts use={use} />
      {!use.reviewedAt && may('access:manage') && <Review use={use} />}
      {may('ledger:read') && (
        <Section title="Timeline" about="What the ledger recorded about it.">
          <Timeline targets={[use.id]} />
        </Section>
      )}
    </>
  )
}

/** One use of emergency access, and its review. */
export const UsePage = () => {
  const id = useParam('id')
  return (
    <Page
      title="Use of emergency access"
      parent={{ to: '/access/break-glass', title: 'Break-glass' }}
      permission="access:oversee"
    >
      <Loaded id={id} />
    </Page>
  )
}
