import { Menu } from '@mantine/core'
import { IconClockX, IconRefresh, IconTrash } from '@tabler/icons-react'
import type { Key } from './KeyDialogs.tsx'
import type { KeyAct } from './KeyTable.tsx'

export const KeyMenuItems = ({ row, mayRotate, onChoose }: { row: Key; mayRotate: boolean; onChoose: (act: KeyAct) => void }) => (
  <>
    {mayRotate && (
      <Menu.Item leftSection={<IconRefresh size={15} aria-hidden />} onClick={() => onChoose('rotate')}>
        Rotate
      </Menu.Item>
    )}
    {row.oldSecretUntil !== null && (
      <Menu.Item leftSection={<IconClockX size={15} aria-hidden />} onClick={() => onChoose('overlap')}>
        End the old secret
      </Menu.Item>
    )}
    <Menu.Item color="red" leftSection={<IconTrash size={15} aria-hidden />} onClick={() => onChoose('revoke')}>
      Revoke
    </Menu.Item>
  </>
)
