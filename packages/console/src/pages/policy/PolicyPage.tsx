import { lazy, Suspense } from 'react'
import { policy } from '@holdfast/contract'
import { Button, Skeleton } from '@mantine/core'
import { Page, PageLink, ReadProblem, Section, useFilters, useGo, useMay, useParam, useQueryOf } from '../../kit/index.ts'
import { Acknowledgements } from './Acknowledgements.tsx'
import { PolicyStateOf } from './PolicyBits.tsx'
import { PolicyFacts } from './PolicyFacts.tsx'
import { policySentences, useReader } from './reader.ts'
import { Steps } from './Steps.tsx'
import { stepsOf, type PolicyDetail } from './steps.ts'
import { Versions } from './Versions.tsx'

const Timeline = lazy(async () => ({ default: (await import('../Timeline.tsx')).Timeline }))
const PolicyMenu = lazy(async () => ({ default: (await import('./PolicyMenu.tsx')).PolicyMenu }))
const NextVersion = lazy(async () => ({ default: (await import('./NextVersion.tsx')).NextVersion }))

const openVersion = (detail: PolicyDetail) =>
  detail.versions.find(({ state }) => state === 'draft' || state === 'in_review' || state === 'approved')

const Record = ({ detail }: { detail: PolicyDetail }) => {
  const reader = useReader()
  const steps = stepsOf(detail, reader, new Date().toISOString().slice(0, 10))
  return (
    <>
      <Steps policy={detail} steps={steps} />
      <PolicyFacts policy={detail} />
      <Versions policy={detail} />
      {detail.publishedVersion !== null && reader.may('policy:approve') && <Acknowledgements policy={detail} />}
      {reader.may('ledger:read') && (
        <Section title="Timeline" about="What the ledger recorded about this policy and its versions.">
          <Suspense fallback={<Skeleton height={120} />}>
            <Timeline targets={[detail.id, ...detail.versions.map(({ id }) => id)]} />
          </Suspense>
        </Section>
      )}
    </>
  )
}

/** One policy: what is next, what holds, who acknowledged it, what happened. */
export const PolicyPage = () => {
  const id = useParam('id') as PolicyDetail['id']
  const detail = useQueryOf(policy.read, { id })
  const [filters, setFilters] = useFilters(['draft'])
  const may = useMay()
  const go = useGo()
  const parent = { to: '/policies', title: 'Policies' }
  if (!detail.data)
    return (
      <Page title="Policy" parent={parent} permission="policy:read">
        <ReadProblem error={detail.error} sentences={policySentences} retry={() => void detail.refetch()} />
      </Page>
    )
  if (filters.draft)
    return (
      <Page
        title={`Next version of “${detail.data.title}”`}
        about="A draft is seen by everybody who may write policies. It holds for nobody until it is approved and published."
        parent={{ to: `/policies/${id}`, title: detail.data.title }}
        permission="policy:write"
      >
        <Suspense fallback={<Skeleton height={360} />}>
          <NextVersion
            policy={detail.data}
            onDone={(version) => go(`/policies/${id}/versions/${version}`)}
            onCancel={() => setFilters({ draft: undefined })}
          />
        </Suspense>
      </Page>
    )
  const mayDraft = may('policy:write') && !detail.data.retired && !openVersion(detail.data)
  return (
    <Page
      title={detail.data.title}
      parent={parent}
      badge={<PolicyStateOf policy={detail.data} />}
      permission="policy:read"
      action={
        <>
          {mayDraft && (
            <Button variant="default" onClick={() => setFilters({ draft: 'new' })}>
              Draft the next version
            </Button>
          )}
          {(may('policy:publish') || may('policy:approve')) && !detail.data.retired && (
            <Suspense fallback={null}>
              <PolicyMenu policy={detail.data} />
            </Suspense>
          )}
        </>
      }
    >
      {detail.data.retired && (
        <p>
          This policy is retired: it binds nobody any more and stays here to be read.{' '}
          <PageLink to="/policies" td="underline">
            All policies
          </PageLink>
        </p>
      )}
      <Record detail={detail.data} />
    </Page>
  )
}
