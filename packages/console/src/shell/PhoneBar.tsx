import { Burger } from '@mantine/core'
import { useLocation } from '@tanstack/react-router'
import { useEffect, useState } from 'react'
import { lazyDialog } from '../kit/lazyDialog.tsx'
import { useSession } from '../kit/session.tsx'
import classes from './Shell.module.css'

const PhoneMenu = lazyDialog(async () => (await import('./PhoneMenu.tsx')).PhoneMenu)

/** Stands in for the rail where the window is narrow. */
export const PhoneBar = ({ openPalette, openHelp }: { openPalette: () => void; openHelp: () => void }) => {
  const [opened, setOpened] = useState(false)
  const { organisation } = useSession()
  const { pathname } = useLocation()
  useEffect(() => setOpened(false), [pathname])
  return (
    <div className={classes['topbar']}>
      <Burger size="sm" opened={opened} onClick={() => setOpened(true)} aria-label="Open the menu" aria-expanded={opened} />
      <strong>{organisation.name}</strong>
      <PhoneMenu opened={opened} onClose={() => setOpened(false)} openPalette={openPalette} openHelp={openHelp} />
    </div>
  )
}
