import { accessPolicy, type AccessPolicyId } from '@holdfast/contract'
import { Skeleton } from '@mantine/core'
import { Page, ReadProblem, useCommandOf, useGo, useParam, useQueryOf } from '../../kit/index.ts'
import { gone, policyAnswers, refused } from './answers.ts'
import { PolicyForm } from './LazyPolicyForm.tsx'
import { rulesOf } from './newRules.ts'
import type { Policy } from '../accessRules.ts'

const Change = ({ policy }: { policy: Policy }) => {
  const go = useGo()
  const { id, version } = policy
  const update = useCommandOf(accessPolicy.update, {
    refresh: policyAnswers,
    done: 'The next version holds.',
    explain: {
      ...{ ...refused, ...gone },
      version_changed: 'A colleague changed it while you wrote. Reload to see what holds now, then change that.',
    },
  })
  const save: Parameters<typeof PolicyForm>[0]['save'] = async (rules, saved) => {
    const made = await update.run({ id, version, ...rules })
    if (!made) return
    saved()
    go(`/access/policies/${id}`)
  }
  return (
    <PolicyForm initial={rulesOf(policy)} command={update} save={save} verb="Save" back={`/access/policies/${id}`} fixedKind />
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
      about="Saving makes the next version. Open requests under the old one must be made anew; grants that run go on."
      parent={{ to: `/access/policies/${id}`, title: 'Access policy' }}
      permission="access:manage"
    >
      <Loaded id={id} />
    </Page>
  )
}
