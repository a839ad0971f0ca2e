import { Menu, useMantineColorScheme, type MantineColorScheme } from '@mantine/core'
import {
  IconCheck,
  IconDeviceDesktop,
  IconDevices,
  IconKeyboard,
  IconLock,
  IconLogout,
  IconMoon,
  IconSun,
  IconUserCircle,
} from '@tabler/icons-react'
import { useGo } from '../kit/PageLink.tsx'
import { useLock } from './lock.ts'
import { useSignOut } from './signOut.ts'

const schemes: readonly [MantineColorScheme, string, typeof IconSun][] = [
  ['light', 'Light', IconSun],
  ['dark', 'Dark', IconMoon],
  ['auto', 'As the system', IconDeviceDesktop],
]

/** What the account menu holds. */
export const AccountItems = ({ openHelp }: { openHelp: () => void }) => {
  const { colorScheme, setColorScheme } = useMantineColorScheme()
  const go = useGo()
  const signOut = useSignOut()
  const lock = useLock()
  return (
    <>
      <Menu.Item leftSection={<IconUserCircle size={16} aria-hidden />} onClick={() => go('/settings/account')}>
        Account & security
      </Menu.Item>
      <Menu.Item leftSection={<IconDevices size={16} aria-hidden />} onClick={() => go('/settings/sessions')}>
        Sessions
      </Menu.Item>
      <Menu.Item leftSection={<IconKeyboard size={16} aria-hidden />} onClick={openHelp}>
        Keyboard shortcuts
      </Menu.Item>
      <Menu.Divider />
      <Menu.Label>Appearance</Menu.Label>
      {schemes.map(([scheme, name, SchemeIcon]) => (
        <Menu.Item
          key={scheme}
          closeMenuOnClick={false}
          leftSection={<SchemeIcon size={16} aria-hidden />}
          rightSection={colorScheme === scheme ? <IconCheck size={15} aria-label="chosen" /> : undefined}
          onClick={() => setColorScheme(scheme)}
        >
          {name}
        </Menu.Item>
      ))}
      <Menu.Divider />
      <Menu.Item leftSection={<IconLock size={16} aria-hidden />} onClick={() => void lock()}>
        Lock
      </Menu.Item>
      <Menu.Item leftSection={<IconLogout size={16} aria-hidden />} onClick={() => void signOut()}>
        Sign out
      </Menu.Item>
    </>
  )
}
