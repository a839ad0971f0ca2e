import { Menu } from '@mantine/core'

interface HostMenuItemsProps {
  onChange: () => void
  /** Absent where the server has not been enrolled yet: its token stands on the page. */
  onEnrol: (() => void) | null
  onRetire: () => void
}

export const HostMenuItems = ({ onChange, onEnrol, onRetire }: HostMenuItemsProps) => (
  <>
    <Menu.Item onClick={onChange}>Change address, environment or labels</Menu.Item>
    {onEnrol && <Menu.Item onClick={onEnrol}>Enrol it again</Menu.Item>}
    <Menu.Item color="red" onClick={onRetire}>
      Retire
    </Menu.Item>
  </>
)
