import { accessPolicy } from '@holdfast/contract'
import { Page, useCommandOf, useGo } from '../../kit/index.ts'
import { policyAnswers, refused } from './answers.ts'
import { PolicyForm } from './LazyPolicyForm.tsx'
import { newRules } from './newRules.ts'

const Create = () => {
  const go = useGo()
  const create = useCommandOf(accessPolicy.create, {
    refresh: policyAnswers,
    done: 'The access policy holds.',
    explain: refused,
  })
  const save: Parameters<typeof PolicyForm>[0]['save'] = async (rules, saved) => {
    const made = await create.run(rules)
    if (!made) return
    saved()
    go(`/access/policies/${made.id}`)
  }
  return <PolicyForm initial={newRules} command={create} save={save} verb="Create" back="/access/policies" />
}

/** A new access policy; it holds as soon as it is saved. */
export const NewAccessPolicyPage = () => (
  <Page
    title="New access policy"
    about="Whom it names may ask; nobody gets in before somebody else has approved. It holds as soon as it is saved."
    parent={{ to: '/access/policies', title: 'Access policies' }}
    permission="access:manage"
  >
    <Create />
  </Page>
)
