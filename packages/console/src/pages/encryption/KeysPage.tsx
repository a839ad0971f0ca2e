import { encryption } from '@holdfast/contract'
import { Button } from '@mantine/core'
import { ConfirmDialog, Page, useCommandOf, useDo, useMay, useQueryOf } from '../../kit/index.ts'
import { createdColumn, secretColumns, SecretTable } from '../SecretTable.tsx'

const columns = [...secretColumns.filter(({ key }) => key !== 'owner'), createdColumn]

const Keys = () => {
  const keys = useQueryOf(encryption.keys, {})
  return (
    <SecretTable
      label="Encryption keys"
      columns={columns}
      rows={keys.data?.rows}
      error={keys.error}
      retry={() => void keys.refetch()}
    />
  )
}

/** The organisation's own keys (D2, D3): ages, and a new one on demand. */
export const KeysPage = () => {
  const rotating = useDo('rotate')
  const may = useMay()
  const rotate = useCommandOf(encryption.rotateDataKey, {
    refresh: [encryption.keys],
    done: 'New data is sealed with the new key.',
    onDone: rotating.close,
  })
  return (
    <Page
      title="Encryption keys"
      about="The keys that seal this organisation’s data. They are stored only wrapped by the master key, which lives on another server."
      permission="encryption:read"
      action={
        may('encryption:rotate') && (
          <Button variant="default" onClick={rotating.open}>
            Rotate the data key
          </Button>
        )
      }
    >
      <Keys />
      <ConfirmDialog
        opened={rotating.opened}
        onClose={rotating.close}
        title="Rotate the data key?"
        consequences={[
          'New data is sealed with a new key at once.',
          'What is stored already is sealed again in the background, while everybody goes on working.',
          'The old key is destroyed when nothing needs it any more.',
        ]}
        undo="It cannot be taken back, and need not be: it can be rotated again at any time."
        verb="Rotate"
        running={rotate.running}
        problem={rotate.problem}
        onConfirm={() => void rotate.run({})}
      />
    </Page>
  )
}
