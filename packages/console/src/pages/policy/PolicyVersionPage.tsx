import { policy } from '@holdfast/contract'
import { Button, Skeleton } from '@mantine/core'
import { IconPrinter } from '@tabler/icons-react'
import { lazy, Suspense } from 'react'
import { Page, ReadProblem, useFilters, useParam, useQueryOf } from '../../kit/index.ts'
import { wrongState } from './explanations.ts'
import { VersionState } from './PolicyBits.tsx'
import { policySentences, useReader } from './reader.ts'
import type { PolicyDetail, Version } from './steps.ts'
import { VersionText } from './VersionText.tsx'

const Decide = lazy(async () => ({ default: (await import('./Decide.tsx')).Decide }))
const DiffView = lazy(async () => ({ default: (await import('./DiffView.tsx')).DiffView }))
const EditDraft = lazy(async () => ({ default: (await import('./EditDraft.tsx')).EditDraft }))
const waiting = <Skeleton height={360} />

/** The text of one version, what it changes, and the decisions over it. */
const Body = ({ detail, version }: { detail: PolicyDetail; version: Version }) => {
  const [filters, setFilters] = useFilters(['edit', 'against'])
  const content = useQueryOf(policy.content, { id: version.id })
  const reader = useReader()
  if (content.error) return <ReadProblem error={content.error} sentences={wrongState} retry={() => void content.refetch()} />
  if (!content.data) return waiting
  const held = content.data
  const editable = held.version.state === 'draft' && reader.may('policy:write')
  if (filters.edit && editable)
    return (
      <Suspense fallback={waiting}>
        <EditDraft version={held.version} content={held.content} onDone={() => setFilters({ edit: undefined })} />
      </Suspense>
    )
  const against = detail.versions.find(({ id }) => id === filters.against)
  return (
    <>
      <Suspense fallback={null}>
        <Decide policy={detail} version={held.version} content={held.content} onEdit={() => setFilters({ edit: 'yes' })} />
      </Suspense>
      <VersionText
        policy={detail}
        version={held.version}
        content={held.content}
        against={against ?? null}
        onAgainst={(id) => setFilters({ against: id ?? undefined })}
      >
        <Suspense fallback={waiting}>{against && <DiffView version={held.version} against={against} />}</Suspense>
      </VersionText>
    </>
  )
}

export const PolicyVersionPage = () => {
  const id = useParam('id') as PolicyDetail['id']
  const versionId = useParam('version')
  const detail = useQueryOf(policy.read, { id })
  const parent = { to: `/policies/${id}`, title: detail.data?.title ?? 'Policy' }
  const version = detail.data?.versions.find((one) => one.id === versionId)
  if (!detail.data || !version)
    return (
      <Page title="Version" parent={parent} permission="policy:read">
        {detail.data ? (
          <p>There is no such version of this policy.</p>
        ) : (
          <ReadProblem error={detail.error} sentences={policySentences} retry={() => void detail.refetch()} />
        )}
      </Page>
    )
  const print = (
    <Button variant="default" leftSection={<IconPrinter size={16} aria-hidden />} onClick={() => window.print()}>
      Print
    </Button>
  )
  return (
    <Page
      title={`${detail.data.title}, version ${version.number}`}
      about={version.note}
      parent={parent}
      badge={<VersionState state={version.state} />}
      action={version.format === 'markdown' ? print : undefined}
      permission="policy:read"
    >
      <Body detail={detail.data} version={version} />
    </Page>
  )
}
