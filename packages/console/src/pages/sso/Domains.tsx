import { sso, type SsoConnectionId } from '@holdfast/contract'
import { Button, Group, NativeSelect, TextInput } from '@mantine/core'
import { useState } from 'react'
import { ConfirmDialog, Facts, ProblemNotice, Section, State, Time, useCommandOf } from '../../kit/index.ts'
import { domainWords, gone, type Domain, type Setup } from './answers.ts'
import { Copied } from './Copied.tsx'

const refresh = [sso.read] as const
const noDomain = 'That domain was removed meanwhile.'

const Add = ({ setup }: { setup: Setup }) => {
  const [domain, setDomain] = useState('')
  const { run, running, problem } = useCommandOf(sso.addDomain, {
    refresh,
    done: 'Domain added. Set its record now.',
    onDone: () => setDomain(''),
    explain: {
      ...gone,
      domain_known: 'That domain is here already.',
      too_many_domains: 'There are as many domains as there can be.',
    },
  })
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault()
        void run({ domain, connectionId: setup.connections[0]?.id ?? null })
      }}
    >
      <Group align="flex-end" gap="xs">
        <TextInput
          label="Domain"
          placeholder="example.com"
          w="min(22rem, 100%)"
          value={domain}
          error={problem?.fields['domain']}
          onChange={(event) => setDomain(event.currentTarget.value)}
        />
        <Button type="submit" variant="default" loading={running} disabled={domain.trim() === ''}>
          Add the domain
        </Button>
      </Group>
      <ProblemNotice problem={problem} />
    </form>
  )
}

const Remove = ({ domain, onClose }: { domain: string; onClose: () => void }) => {
  const { run, running, problem } = useCommandOf(sso.removeDomain, {
    refresh,
    done: 'Domain removed.',
    onDone: onClose,
    explain: { domain_not_found: noDomain },
  })
  return (
    <ConfirmDialog
      opened
      onClose={onClose}
      title={`Remove ${domain}?`}
      consequences={[
        'People with such an address sign in by password or passkey again.',
        'Nobody new is recognised by such an address.',
      ]}
      undo="You can add it again; it must be proved anew."
      verb="Remove"
      danger
      running={running}
      problem={problem}
      onConfirm={() => void run({ domain })}
    />
  )
}

const Route = ({ domain, setup }: { domain: Domain; setup: Setup }) => {
  const { run, problem } = useCommandOf(sso.routeDomain, {
    refresh,
    done: 'Changed.',
    explain: {
      ...gone,
      domain_not_found: noDomain,
      sso_enforced: 'While single sign-on is enforced the domain must lead to an active connection.',
    },
  })
  return (
    <>
      <NativeSelect
        aria-label={`Connection of ${domain.domain}`}
        w="min(22rem, 100%)"
        value={domain.connectionId ?? ''}
        data={[{ value: '', label: 'no connection' }, ...setup.connections.map(({ id, name }) => ({ value: id, label: name }))]}
        onChange={({ currentTarget: { value } }) =>
          void run({ domain: domain.domain, connectionId: value === '' ? null : (value as SsoConnectionId) })
        }
      />
      <ProblemNotice problem={problem} />
    </>
  )
}

const One = ({ domain, setup }: { domain: Domain; setup: Setup }) => {
  const [removing, setRemoving] = useState(false)
  const { run, running, problem } = useCommandOf(sso.proveDomain, {
    refresh,
    done: 'Proved.',
    explain: {
      domain_not_found: noDomain,
      record_missing: 'The record is not in the DNS yet. It can take an hour after you have set it.',
      domain_taken: 'Another organisation has proved this domain. Ask your operator.',
      dns_unavailable: 'The DNS did not answer. Try again in a moment.',
    },
  })
  const [kind, word] = domainWords[domain.state]
  return (
    <Section
      title={domain.domain}
      action={
        <>
          {domain.state !== 'proved' && (
            <Button variant="default" loading={running} onClick={() => void run({ domain: domain.domain })}>
              Look for the record
            </Button>
          )}
          <Button variant="default" c="var(--hf-bad)" onClick={() => setRemoving(true)} aria-label={`Remove ${domain.domain}`}>
            Remove
          </Button>
        </>
      }
    >
      <Facts
        rows={[
          [
            'State',
            <State key="s" kind={kind}>
              {word}
            </State>,
          ],
          ...(domain.until === null ? [] : [['Counts until', <Time key="u" at={domain.until} full />] as const]),
          ...(domain.state === 'proved'
            ? []
            : [
                ['TXT record', <Copied key="n" value={domain.record.name} what="the name of the record" />] as const,
                ['Its value', <Copied key="v" value={domain.record.value} what="the value of the record" />] as const,
              ]),
          ['Signs in by', <Route key="r" domain={domain} setup={setup} />],
        ]}
      />
      <ProblemNotice problem={problem} />
      {removing && <Remove domain={domain.domain} onClose={() => setRemoving(false)} />}
    </Section>
  )
}

/** Domains that the organisation shows to be its own, each by a record in its DNS. */
export const Domains = ({ setup }: { setup: Setup }) => (
  <Section
    title="Domains"
    about="By the domain of their address people are led to your provider. A DNS record shows that it is yours; we look again every six hours."
  >
    {setup.domains.map((domain) => (
      <One key={domain.domain} domain={domain} setup={setup} />
    ))}
    <Add setup={setup} />
  </Section>
)
