import { Button, Group, Modal, Stack } from '@mantine/core'
import { Secret } from '../kit/index.ts'

/** What is shown once: a stray click must not take it away. */
export const ShownOnce = ({ value, title, onClose }: { value: string; title: string; onClose: () => void }) => (
  <Modal opened onClose={onClose} title={title} closeOnClickOutside={false} closeOnEscape={false} withCloseButton={false}>
    <Stack gap="md">
      <Secret value={value} what="The API key" />
      <Group justify="flex-end">
        <Button onClick={onClose}>I stored it</Button>
      </Group>
    </Stack>
  </Modal>
)
