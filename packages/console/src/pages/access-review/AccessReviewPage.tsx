import { accessReview, AccessReviewId } from '@holdfast/contract'
import { Button, Group, Skeleton } from '@mantine/core'
import {
  Due,
  Facts,
  lazyDialog,
  Page,
  Progress,
  ReadProblem,
  Section,
  State,
  Time,
  useDo,
  useMay,
  useParam,
  useQueryOf,
} from '../../kit/index.ts'
import { By } from '../By.tsx'
import { Timeline } from '../LazyTimeline.tsx'
import { ExportButtons } from './ExportButtons.tsx'
import { Items } from './Items.tsx'
import { stateOf, type Review } from './words.ts'

const CompleteDialog = lazyDialog<{ opened: boolean; review: Review; onClose: () => void }>(
  async () => (await import('./CompleteDialog.tsx')).CompleteDialog,
)

const outcome = ({ keep, change, remove, gone, nobody_else: alone }: Review['decided']): string =>
  [
    `${keep} kept`,
    `${change} changed`,
    `${remove} removed`,
    ...(gone > 0 ? [`${gone} had ended`] : []),
    ...(alone > 0 ? [`${alone} not reviewed, since nobody else could`] : []),
  ].join(', ')

const factsOf = (review: Review) => [
  [
    'Begun',
    <span key="begun">
      <Time at={review.begunAt} full /> by <By id={review.begunBy} />
    </span>,
  ] as const,
  ...(review.dueAt === null
    ? []
    : [
        [
          review.state === 'completed' ? 'Was due' : 'Due',
          review.state === 'completed' ? (
            <Time key="due" at={review.dueAt} full />
          ) : (
            <Due key="due" at={review.dueAt} soonMs={21 * 86_400_000} />
          ),
        ] as const,
      ]),
  ...(review.completedAt === null
    ? []
    : [
        [
          'Completed',
          <span key="completed">
            <Time at={review.completedAt} full /> by <By id={review.completedBy ?? review.begunBy} />
          </span>,
        ] as const,
        ['What they looked at', review.comment] as const,
      ]),
  [review.state === 'completed' ? 'Outcome' : 'Outcome so far', outcome(review.decided)] as const,
]

const Record = ({ review }: { review: Review }) => {
  const may = useMay()
  const dialog = useDo('complete')
  if (review.state === 'gathering')
    return <Progress done={review.items} total={null} unit="accesses found" label="Gathering everything that gives access" />
  return (
    <>
      <Progress done={review.items - review.open} total={review.items} unit="decided" label="How far the review is" />
      {may('access-review:decide') && review.state === 'open' && (
        <Group gap="xs">
          <Button variant={review.open === 0 ? 'filled' : 'default'} onClick={dialog.open}>
            Complete the review
          </Button>
        </Group>
      )}
      <Facts rows={factsOf(review)} />
      <Section
        title="Access"
        about="Strongest proposal first. A decision counts for what is shown here: what changes meanwhile is asked anew."
      >
        <Items review={review} />
      </Section>
      {may('ledger:read') && (
        <Section
          title="Timeline"
          about="What the ledger recorded about this review. What it ended stands there as well, each under its own name."
        >
          <Timeline targets={[review.id]} />
        </Section>
      )}
      <CompleteDialog opened={dialog.opened} review={review} onClose={dialog.close} />
    </>
  )
}

/** One review: how far it is, what gives access, and what was decided. */
export const AccessReviewPage = () => {
  const id = AccessReviewId.safeParse(useParam('id')).data
  const read = useQueryOf(accessReview.read, { id: id ?? ('' as AccessReviewId) }, { everyMs: 3_000 })
  const review = read.data
  const head = {
    ...{ title: 'Access review', parent: { to: '/access-reviews', title: 'Access reviews' } },
    permission: 'access-review:read' as const,
  }
  if (!review)
    return (
      <Page {...head}>
        {read.error ? (
          <ReadProblem
            error={read.error}
            sentences={{ review_not_found: 'That review is not there.' }}
            retry={() => void read.refetch()}
          />
        ) : (
          <Skeleton height={240} />
        )}
      </Page>
    )
  return (
    <Page
      {...head}
      badge={<State kind={stateOf(review)[0]}>{stateOf(review)[1]}</State>}
      action={review.state !== 'gathering' && <ExportButtons id={review.id} />}
    >
      <Record review={review} />
    </Page>
  )
}
