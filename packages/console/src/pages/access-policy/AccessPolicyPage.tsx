import { accessPolicy, type AccessPolicyId } from '@holdfast/contract'
import { Button, Skeleton, Textarea } from '@mantine/core'
import { useState } from 'react'
import {
  ConfirmDialog,
  Facts,
  Id,
  Page,
  ReadProblem,
  Section,
  State,
  Time,
  useCommandOf,
  useDo,
  useGo,
  useMay,
  useParam,
  useQueryOf,
} from '../../kit/index.ts'
import { By } from '../grant/By.tsx'
import { durationInWords } from '../grant/words.ts'
import { useHostNames } from '../host/hosts.ts'
import { useNames } from '../people.tsx'
import { Timeline } from '../Timeline.tsx'
import { gone, policyAnswers } from './answers.ts'
import { either, extrasInWords, hoursInWords, peopleInWords, ruleInWords, serversInWords, type Policy } from './words.ts'

const Retire = ({ policy, opened, onClose }: { policy: Policy; opened: boolean; onClose: () => void }) => {
  const [reason, setReason] = useState('')
  const retire = useCommandOf(accessPolicy.retire, { refresh: policyAnswers, done: 'Retired.', onDone: onClose, explain: gone })
  return (
    <ConfirmDialog
      opened={opened}
      onClose={onClose}
      title={`Retire “${policy.name}”?`}
      consequences={[
        'Every grant under it ends now: open sessions are closed, with everything started in them.',
        'Open requests under it are cancelled, and nobody can ask by it any more.',
      ]}
      undo="It cannot be brought back; a new policy can say the same."
      verb="Retire"
      danger
      typed={policy.name}
      running={retire.running}
      problem={retire.problem}
      ready={reason.trim() !== ''}
      onConfirm={() => void retire.run({ id: policy.id, reason })}
    >
      <Textarea
        label="Why"
        required
        autosize
        minRows={2}
        maxLength={500}
        value={reason}
        onChange={(event) => setReason(event.currentTarget.value)}
        data-autofocus
      />
    </ConfirmDialog>
  )
}

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
      <Retire policy={policy} opened={retire.opened} onClose={retire.close} />
    </>
  )
}

const Rules = ({ policy }: { policy: Policy }) => {
  const names = useNames()
  const hostNames = useHostNames()
  return (
    <Facts
      rows={[
        ['Servers', serversInWords(policy.selects, hostNames)],
        ['Logins', <code key="logins">{either(policy.logins)}</code>],
        ['Who may ask', peopleInWords(policy.requesters, names)],
        ['Who approves', peopleInWords(policy.approvers, names)],
        ['Approvals', policy.approvals === 2 ? 'two, by different people' : 'one, by somebody else'],
        ['At most', durationInWords(policy.maxSeconds)],
        ['A reason', policy.reasonRequired ? 'must be given' : 'may be given'],
        ['A ticket', policy.ticketPattern === null ? 'is not asked for' : `of the form ${policy.ticketPattern}`],
        ['Only from', policy.sourceNetworks.join(', ') || 'anywhere'],
        ['When', hoursInWords(policy.hours)],
        ['Beyond a terminal', extrasInWords(policy.extensions)],
        ['API keys', policy.apiKeysMayAsk ? 'may ask, without a code: for service accounts' : 'may not ask without a code'],
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
  const names = useNames()
  const hostNames = useHostNames()
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
      about={ruleInWords(data, names, hostNames)}
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
