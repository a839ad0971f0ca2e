import { Menu, useMantineColorScheme, type MantineColorScheme } from '@mantine/core'
import { session } from '@holdfast/contract'
import {
  IconCheck,
  IconDeviceDesktop,
  IconDevices,
  IconKeyboard,
  IconLogout,
  IconMoon,
  IconSelector,
  IconSun,
  IconUserCircle,
} from '@tabler/icons-react'
import { useCommandOf } from '../kit/commands.tsx'
import { useGo } from '../kit/PageLink.tsx'
import { useSession } from '../kit/session.tsx'
import { useSessionChanged } from './changed.ts'
import classes from './chooser.module.css'

const schemes: readonly [MantineColorScheme, string, typeof IconSun][] = [
  ['light', 'Light', IconSun],
  ['dark', 'Dark', IconMoon],
  ['auto', 'As the system', IconDeviceDesktop],
]

/** Ends the session; whatever the answer, the page goes to the sign-in. */
export const useSignOut = (): (() => Promise<void>) => {
  const changed = useSessionChanged()
  const { run } = useCommandOf(session.signOut, { done: null, explain: { no_session: 'There is no session to end.' } })
  return async () => {
    await run({})
    changed('/sign-in')
  }
}

export const AccountMenu = ({ openHelp }: { openHelp: () => void }) => {
  const { person } = useSession()
  const { colorScheme, setColorScheme } = useMantineColorScheme()
  const go = useGo()
  const signOut = useSignOut()
  return (
    <Menu position="top-start" width={240}>
      <Menu.Target>
        <button type="button" className={classes['chooser']} aria-label={`Account of ${person.name}`}>
          <IconUserCircle size={22} stroke={1.5} aria-hidden />
          <span className={classes['chooserWords']}>
            <strong>{person.name}</strong>
            <span>{person.email}</span>
          </span>
          <IconSelector size={15} aria-hidden />
        </button>
      </Menu.Target>
      <Menu.Dropdown>
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
        <Menu.Item leftSection={<IconLogout size={16} aria-hidden />} onClick={() => void signOut()}>
          Sign out
        </Menu.Item>
      </Menu.Dropdown>
    </Menu>
  )
}
