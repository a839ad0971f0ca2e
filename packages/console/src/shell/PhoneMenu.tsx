import { Drawer } from '@mantine/core'
import { AccountMenu } from './AccountMenu.tsx'
import { OrganisationSwitch } from './OrganisationSwitch.tsx'
import { Places, SearchButton } from './Rail.tsx'
import classes from './Shell.module.css'

interface PhoneMenuProps {
  opened: boolean
  onClose: () => void
  openPalette: () => void
  openHelp: () => void
}

/** The rail's contents in a drawer. */
export const PhoneMenu = ({ opened, onClose, openPalette, openHelp }: PhoneMenuProps) => (
  <Drawer opened={opened} onClose={onClose} size="18rem" title="Holdfast" closeButtonProps={{ 'aria-label': 'Close the menu' }}>
    <div className={classes['drawerRail']}>
      <OrganisationSwitch />
      <SearchButton
        onClick={() => {
          onClose()
          openPalette()
        }}
      />
      <Places onGo={onClose} />
      <AccountMenu openHelp={openHelp} />
    </div>
  </Drawer>
)
