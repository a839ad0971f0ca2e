import { ledger } from '@holdfast/contract'
import { Button, Group, NativeSelect, Stack, TextInput } from '@mantine/core'
import { ProblemNotice, useCommandOf, useFormOf } from '../../kit/index.ts'

/** Who else should keep the checkpoints. */
export const AddWitness = ({ onClose }: { onClose: () => void }) => {
  const add = useCommandOf(ledger.addWitness, {
    refresh: [ledger.witnesses],
    explain: {
      too_many_witnesses: 'There are as many witnesses as there may be. Remove one first.',
      address_not_allowed: 'Checkpoints are not sent to addresses inside our own network. Use a public https:// address.',
    },
    done: 'Witness added.',
    onDone: onClose,
  })
  const form = useFormOf(ledger.addWitness, { kind: 'email' as 'email' | 'webhook', target: '' }, add.problem)
  const mail = form.values.kind === 'email'
  return (
    <form onSubmit={form.submit(add.run)} noValidate>
      <Stack gap="sm">
        <NativeSelect
          label="Kind"
          data={[
            { value: 'email', label: 'E-mail' },
            { value: 'webhook', label: 'Webhook' },
          ]}
          value={form.values.kind}
          onChange={(event) => form.set('kind', event.currentTarget.value === 'email' ? 'email' : 'webhook')}
        />
        <TextInput
          label={mail ? 'Address' : 'URL'}
          description={
            mail ? 'Best outside your organisation: an auditor, a customer, a lawyer.' : 'Each checkpoint is sent there by POST.'
          }
          placeholder={mail ? 'auditor@example.org' : 'https://witness.example.org/checkpoints'}
          required
          data-autofocus
          {...form.text('target')}
        />
        <ProblemNotice problem={add.problem} />
        <Group justify="flex-end" gap="xs">
          <Button variant="default" onClick={onClose}>
            Cancel
          </Button>
          <Button type="submit" loading={add.running}>
            Add
          </Button>
        </Group>
      </Stack>
    </form>
  )
}
