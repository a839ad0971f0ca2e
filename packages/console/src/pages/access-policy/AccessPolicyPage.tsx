import { accessPolicy, type AccessPolicyId } from '@holdfast/contract'
import { Button, Skeleton } from '@mantine/core'
import {
  Facts,
  Id,
  lazyDialog,
  Page,
  ReadProblem,
  Section,
  State,
  Time,
  useDo,
  useGo,
  useMay,
  useParam,
  useQueryOf,
} from '../../kit/index.ts'
import { By } from '../By.tsx'
import { durationInWords } from '../accessWords.ts'
import { useTargetNames } from '../hosts.ts'
import { useRequesterNames } from '../requesterNames.ts'
import { Timeline } from '../LazyTimeline.tsx'
import { gone } from './answers.ts'
import { either, extrasInWords, hoursInWords, peopleInWords, ruleInWords, targetsInWords, type Policy } from '../accessRules.ts'

const RetireDialog = lazyDialog(async () => (await import('./RetireDialog.tsx')).RetireDialog)

const Actions = ({ policy }: { policy: Policy }) => {
  const retire = useDo('retire')
  const go = useGo()
  return (
    <>
      <Button variant="default" onClick={() => go(`/access/policies/${policy.id}/edit`)}>
        Change
      </Button>
      <Button variant="default" c="var(--hf-bad)" onClick={retire.open}>
        Retire
      </Button>
      <RetireDialog policy={policy} opened={retire.opened} onClose={retire.close} />
    </>
  )
}

/** What only servers hold to. */
const serverTerms = (policy: Policy, nameOf: (id: string) => string | null): [string, string][] => [
  ['Only from', policy.sourceNetworks.join(', ') || 'anywhere'],
  ['Beyond a terminal', extrasInWords(policy.extensions)],
  ['Recording', policy.bastionId === null ? 'none' : `on ${nameOf(policy.bastionId)}; there is no other way in`],
]

const Rules = ({ policy }: { policy: Policy }) => {
  const names = useRequesterNames()
  const targetNames = useTargetNames()
  return (
    <Facts
      rows={[
        [policy.kind === 'host' ? 'Servers' : 'Databases', targetsInWords(policy, targetNames)],
        [policy.kind === 'host' ? 'Logins' : 'Profiles', <code key="logins">{either(policy.logins)}</code>],
        ['Who may ask', peopleInWords(policy.requesters, names)],
        ['Who approves', peopleInWords(policy.approvers, names)],
        ['Approvals', policy.approvals === 2 ? 'two, by different people' : 'one, by somebody else'],
        ['At most', durationInWords(policy.maxSeconds)],
        ['A reason', policy.reasonRequired ? 'must be given' : 'may be given'],
        ['A ticket', policy.ticketPattern === null ? 'is not asked for' : `of the form ${policy.ticketPattern}`],
        ...(policy.kind === 'host' ? serverTerms(policy, targetNames) : []),
        ['When', hoursInWords(policy.hours)],
        ['People’s API keys', policy.apiKeysMayAsk ? 'may ask without a code' : 'may not ask without a code'],
        ['Version', policy.version],
        [
          'Changed',
          <span key="changed">
            <Time at={policy.changedAt} full /> by <By id={policy.changedBy} />
          </span>,
        ],
        ['Id', <Id key="id" value={policy.id} what="the id of the access policy" />],
      ]}
    />
  )
}

/** One access policy, in a sentence and in full. */
export const AccessPolicyPage = () => {
  const id = useParam('id') as AccessPolicyId
  const { data, error, refetch } = useQueryOf(accessPolicy.read, { id })
  const may = useMay()
  const names = useRequesterNames()
  const targetNames = useTargetNames()
  const parent = { to: '/access/policies', title: 'Access policies' }
  if (!data)
    return (
      <Page title="Access policy" parent={parent} permission="access:read">
        {error ? <ReadProblem error={error} sentences={gone} retry={() => void refetch()} /> : <Skeleton height={240} />}
      </Page>
    )
  return (
    <Page
      title={data.name}
      about={ruleInWords(data, names, targetNames)}
      parent={parent}
      badge={data.state === 'active' ? <State kind="good">Active</State> : <State kind="quiet">Retired</State>}
      permission="access:read"
      action={may('access:manage') && data.state === 'active' && <Actions policy={data} />}
    >
      <Rules policy={data} />
      {may('ledger:read') && (
        <Section title="Timeline" about="What the ledger recorded about this policy.">
          <Timeline targets={[data.id]} />
        </Section>
      )}
    </Page>
  )
}
