import { accessPolicy, type AccessPolicyId } from '@holdfast/contract'
import { Skeleton } from '@mantine/core'
import { useState } from 'react'
import { lazyDialog, Page, ReadProblem, useCommandOf, useGo, useParam, useQueryOf } from '../../kit/index.ts'
import { gone, policyAnswers, refused } from './answers.ts'
import { PolicyForm } from './LazyPolicyForm.tsx'
import { rulesOf, type Rules } from './newRules.ts'
import type { Policy } from '../accessRules.ts'

const SaveDialog = lazyDialog(async () => (await import('./SaveDialog.tsx')).SaveDialog)

const Change = ({ policy }: { policy: Policy }) => {
  const go = useGo()
  const { id, version } = policy
  const [written, setWritten] = useState<{ rules: Rules; saved: () => void } | null>(null)
  const update = useCommandOf(accessPolicy.update, {
    refresh: policyAnswers,
    done: 'The next version holds.',
    explain: {
      ...{ ...refused, ...gone },
      version_changed: 'A colleague changed it while you wrote. Reload to see what holds now, then change that.',
    },
  })
  const save = async ({ rules, saved }: NonNullable<typeof written>) => {
    const made = await update.run({ id, version, ...rules })
    // What was refused stands in the form, beside what it is about.
    if (!made) return setWritten(null)
    saved()
    go(`/access/policies/${id}`)
  }
  const ask: Parameters<typeof PolicyForm>[0]['save'] = async (rules, saved) => setWritten({ rules, saved })
  return (
    <>
      <PolicyForm initial={rulesOf(policy)} command={update} save={ask} verb="Save" back={`/access/policies/${id}`} fixedKind />
      <SaveDialog
        opened={written !== null}
        id={id}
        rules={written?.rules ?? rulesOf(policy)}
        running={update.running}
        onClose={() => setWritten(null)}
        onConfirm={() => void (written && save(written))}
      />
    </>
  )
}

const Loaded = ({ id }: { id: AccessPolicyId }) => {
  const { data, error, refetch } = useQueryOf(accessPolicy.read, { id }, { fresh: true })
  // What is being written must not be replaced under the hand when the answer is asked for again.
  if (data) return <Change key={data.id} policy={data} />
  return error ? <ReadProblem error={error} sentences={gone} retry={() => void refetch()} /> : <Skeleton height={320} />
}

/** The next version of an access policy. */
export const EditAccessPolicyPage = () => {
  const id = useParam('id') as AccessPolicyId
  return (
    <Page
      title="Change the access policy"
      about="Saving makes the next version. Open requests under the old one must be made anew; grants that the next one would not give end."
      parent={{ to: `/access/policies/${id}`, title: 'Access policy' }}
      permission="access:manage"
    >
      <Loaded id={id} />
    </Page>
  )
}
