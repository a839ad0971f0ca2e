import { grant, type OutputOf } from '@holdfast/contract'
import { Button, Group, Modal, Stack, Textarea } from '@mantine/core'
import { useState } from 'react'
import { Time, useCommandOf, useFormOf } from '../../kit/index.ts'
import { grantAnswers } from '../accessAnswers.ts'
import { CodeField, plainCode } from '../CodeField.tsx'
import { Command } from './Command.tsx'
import { factor, found, hosts, over, people } from './explanations.ts'
import { RefusedNotice } from './RefusedNotice.tsx'
import { sshCommand } from './ssh.ts'
import type { Detail } from '../grantWords.ts'

type Issued = OutputOf<typeof grant.certificate>

const Shown = ({ issued, onClose }: { issued: Issued; onClose: () => void }) => (
  <Stack gap="md">
    <span>
      The certificate works until <Time at={issued.validBefore} full />. Sessions that are open then go on until the grant ends.
    </span>
    <Command label="1. Save as ~/.ssh/holdfast-cert.pub" value={issued.certificate} what="the certificate" long />
    <Command
      label="2. Save as ~/.ssh/holdfast_known_hosts: by it ssh knows the right server"
      value={issued.knownHosts.join('\n')}
      what="the known hosts"
      long
    />
    <Command label="3. Connect; name your own private key" value={sshCommand(issued)} what="the ssh command" />
    <Group justify="flex-end">
      <Button onClick={onClose}>Close</Button>
    </Group>
  </Stack>
)

const Form = ({ detail, onIssued, onClose }: { detail: Detail; onIssued: (issued: Issued) => void; onClose: () => void }) => {
  const issue = useCommandOf(grant.certificate, {
    refresh: grantAnswers,
    done: 'Certificate issued.',
    onDone: onIssued,
    explain: {
      ...{ ...found, ...people, ...factor, ...over, host_not_enrolled: hosts.host_not_enrolled },
      host_clock_wrong: hosts.host_clock_wrong,
      not_a_server: 'It is access to a database, which takes no certificate.',
      not_started: 'It has not begun yet.',
      approver_not_entitled: 'Whoever approved it may not approve any more. Ask anew.',
      too_many_certificates: 'Fifty certificates were issued under it, which is the most. Ask for a new grant.',
      key_refused: 'That is not a public key that we accept: a line of an Ed25519, ECDSA, or long enough RSA key.',
    },
  })
  const form = useFormOf(
    grant.certificate,
    { id: detail.id, publicKey: '', code: undefined as string | undefined },
    issue.problem,
  )
  const wanted = { id: detail.id, publicKey: form.values.publicKey.trim() }
  // Whoever gave a code for this grant within five minutes is not asked again.
  const asked = issue.problem?.code.startsWith('code_') === true || form.values.code !== undefined
  return (
    <form
      onSubmit={form.submit(({ code, publicKey, id }) =>
        issue.run({ id, publicKey: publicKey.trim(), ...(code !== undefined && { code: plainCode(code) }) }),
      )}
      noValidate
    >
      <Stack gap="md">
        <Textarea
          label="Your public key"
          description="One line, such as the content of ~/.ssh/id_ed25519.pub. Never the private key."
          placeholder="ssh-ed25519 AAAA…"
          required
          autosize
          minRows={3}
          spellCheck={false}
          styles={{ input: { fontFamily: 'var(--mantine-font-family-monospace)', fontSize: '0.8125rem' } }}
          data-autofocus
          {...form.text('publicKey')}
        />
        {asked && (
          <CodeField
            value={form.values.code ?? ''}
            onChange={(code) => form.set('code', code)}
            error={form.error('code')}
            for="this certificate"
            act={{ operation: grant.certificate, input: wanted }}
            ready={() => form.check(wanted)}
            onPasskey={(passkey) => issue.run({ ...wanted, passkey })}
          />
        )}
        <RefusedNotice problem={issue.problem} />
        <Group justify="flex-end" gap="xs">
          <Button variant="default" onClick={onClose}>
            Cancel
          </Button>
          <Button type="submit" loading={issue.running}>
            Get a certificate
          </Button>
        </Group>
      </Stack>
    </form>
  )
}

/** A certificate for plain ssh, for whoever works without the holdfast command line. */
export const CertificateDialog = ({ detail, opened, onClose }: { detail: Detail; opened: boolean; onClose: () => void }) => {
  const [issued, setIssued] = useState<Issued | null>(null)
  const close = () => {
    setIssued(null)
    onClose()
  }
  return (
    <Modal
      opened={opened}
      onClose={close}
      size="lg"
      title={issued ? 'Your certificate' : 'A certificate for plain ssh'}
      closeButtonProps={{ 'aria-label': 'Close' }}
    >
      {issued ? <Shown issued={issued} onClose={close} /> : <Form detail={detail} onIssued={setIssued} onClose={close} />}
    </Modal>
  )
}
