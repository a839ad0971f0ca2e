import { Modal, Stack } from '@mantine/core'
import { Facts, Id, Time } from '../../kit/index.ts'
import { requestWords, type LogRow } from './words.ts'

interface Props {
  opened: boolean
  row: LogRow
  onClose: () => void
}

/** One request of the directory in full. */
export const LogDialog = ({ opened, row, onClose }: Props) => (
  <Modal
    opened={opened}
    onClose={onClose}
    size="lg"
    title={requestWords[row.operation] ?? row.operation}
    closeButtonProps={{ 'aria-label': 'Close' }}
  >
    <Stack gap="md">
      <Facts
        rows={[
          ['When', <Time key="at" at={row.at} />],
          ['Became', row.code === null ? `Done (${row.status})` : `Refused: ${row.code} (${row.status})`],
          ['What was done, or why not', row.said.join(' ')],
          ['Request', <Id key="request" value={row.requestId} what="the request id" />],
          ['About', row.target === null ? 'nothing yet' : <Id key="target" value={row.target} what="the id" />],
        ]}
      />
      <pre style={{ whiteSpace: 'pre-wrap', overflowWrap: 'anywhere', margin: 0 }}>{row.request}</pre>
    </Stack>
  </Modal>
)
