import { accessPolicy, grant } from '@holdfast/contract'
import { Button, Group, Modal, NativeSelect, Stack, Textarea } from '@mantine/core'
import { useCommandOf, useFormOf, useGo, useQueryOf } from '../../kit/index.ts'
import { grantAnswers } from '../accessAnswers.ts'
import { CodeField, plainCode } from '../CodeField.tsx'
import { factor, found, hosts, over, people } from './explanations.ts'
import { RefusedNotice } from './RefusedNotice.tsx'
import { durationInWords } from '../accessWords.ts'
import { durationsUpTo, type Detail } from '../grantWords.ts'

const Form = ({ detail, onClose }: { detail: Detail; onClose: () => void }) => {
  const go = useGo()
  const terms = useQueryOf(accessPolicy.read, { id: detail.policyId })
  const extend = useCommandOf(grant.extend, {
    refresh: grantAnswers,
    done: 'Asked for more time.',
    onDone: ({ id }) => go(`/access/grants/${id}`),
    explain: {
      ...{ ...found, ...factor, ...people, ...over, ...hosts },
      too_long: 'With that the end would be further ahead than the policy allows. Ask for less.',
      already_requested: 'You have asked for more time already, and it waits for an answer.',
    },
  })
  const longest = terms.data?.maxSeconds ?? detail.seconds
  const form = useFormOf(grant.extend, { id: detail.id, seconds: Math.min(1800, longest), reason: '', code: '' }, extend.problem)
  const { code: _, ...wanted } = form.values
  return (
    <form onSubmit={form.submit((values) => extend.run({ ...values, code: plainCode(values.code) }))} noValidate>
      <Stack gap="md">
        <span>
          It must be approved as the grant itself was. Then the end moves, and open sessions go on; otherwise nothing changes.
        </span>
        <NativeSelect
          label="How much more"
          name="seconds"
          data={[...new Set([...durationsUpTo(longest), form.values.seconds])]
            .toSorted((a, b) => a - b)
            .map((each) => ({ value: String(each), label: durationInWords(each) }))}
          value={String(form.values.seconds)}
          onChange={(event) => form.set('seconds', Number(event.currentTarget.value))}
          error={form.error('seconds')}
        />
        <Textarea label="Why" required autosize minRows={2} maxLength={1000} {...form.text('reason')} />
        <CodeField
          value={form.values.code}
          onChange={(code) => form.set('code', code)}
          error={form.error('code')}
          for="this request"
          act={{ operation: grant.extend, input: wanted }}
          ready={() => form.check(wanted)}
          onPasskey={(passkey) => extend.run({ ...wanted, passkey })}
        />
        <RefusedNotice problem={extend.problem} />
        <Group justify="flex-end" gap="xs">
          <Button variant="default" onClick={onClose}>
            Cancel
          </Button>
          <Button type="submit" loading={extend.running}>
            Ask
          </Button>
        </Group>
      </Stack>
    </form>
  )
}

export const ExtendDialog = ({ detail, opened, onClose }: { detail: Detail; opened: boolean; onClose: () => void }) => (
  <Modal
    opened={opened}
    onClose={onClose}
    title={`More time as ${detail.login} on ${detail.targetName}`}
    closeButtonProps={{ 'aria-label': 'Close' }}
  >
    <Form detail={detail} onClose={onClose} />
  </Modal>
)
