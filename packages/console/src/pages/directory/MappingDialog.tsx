import { Button, Group, Modal, Stack } from '@mantine/core'
import { directory, type InputOf } from '@holdfast/contract'
import { ProblemNotice, ReadProblem, roleNames, Table, useCommandOf, useQueryOf, type Column } from '../../kit/index.ts'
import { answers, notSetUp, type Preview } from './words.ts'

type Change = Preview['changes'][number]

const columns: Column<Change>[] = [
  { key: 'name', title: 'Who', grow: true, render: ({ name }) => name },
  { key: 'from', title: 'Now', render: ({ from }) => roleNames[from] },
  { key: 'to', title: 'Then', render: ({ to }) => roleNames[to] },
  { key: 'waits', title: 'Waits for', render: ({ waitsFor }) => waitsFor.join(' ') },
]

interface Props {
  opened: boolean
  mapping: InputOf<typeof directory.previewRoles>
  onClose: () => void
  onApplied: () => void
}

const Shown = ({ mapping, onClose, onApplied }: Omit<Props, 'opened'>) => {
  const preview = useQueryOf(directory.previewRoles, mapping, { fresh: true })
  const apply = useCommandOf(directory.applyRoles, {
    refresh: [...answers, directory.previewRoles],
    done: 'The roles are applied.',
    onDone: onApplied,
    explain: {
      directory_not_found: notSetUp,
      group_not_found: 'One of the groups is not there any more. Load the page anew.',
      too_many_changes: 'Too many people change at once. Map fewer groups at a time.',
      preview_outdated: 'Something has changed since this preview, which is drawn anew. Look at it again.',
    },
  })
  const applyShown = async (hash: string) => {
    if (!(await apply.run({ ...mapping, hash }))) await preview.refetch()
  }
  if (preview.error) return <ReadProblem error={preview.error} retry={() => void preview.refetch()} />
  const shown = preview.data
  return (
    <Stack gap="md">
      <p>
        {shown === undefined
          ? 'Working it out …'
          : shown.total === 0
            ? 'Nobody’s role changes now. It holds for whoever comes.'
            : `${shown.total} ${shown.total === 1 ? 'person changes' : 'people change'}${shown.total > shown.changes.length ? `; the first ${shown.changes.length}` : ''}:`}
      </p>
      {shown?.total !== 0 && (
        <Table
          label="Changes"
          columns={columns}
          rows={shown?.changes}
          rowKey={({ personId }) => personId}
          empty={{ title: 'No change', text: 'Nobody’s role changes.' }}
        />
      )}
      <ProblemNotice problem={apply.problem} />
      <Group justify="flex-end" gap="xs">
        <Button variant="default" onClick={onClose}>
          Cancel
        </Button>
        <Button
          loading={apply.running}
          disabled={!shown}
          onClick={() => {
            if (shown) void applyShown(shown.hash)
          }}
        >
          Apply exactly this
        </Button>
      </Group>
    </Stack>
  )
}

export const MappingDialog = ({ opened, onClose, ...rest }: Props) => (
  <Modal opened={opened} onClose={onClose} size="lg" title="What this changes" closeButtonProps={{ 'aria-label': 'Close' }}>
    <Shown onClose={onClose} {...rest} />
  </Modal>
)
