import { IconSelector, IconUserCircle } from '@tabler/icons-react'
import { lazyMenu } from '../kit/lazyMenu.tsx'
import { useSession } from '../kit/session.tsx'
import classes from './chooser.module.css'

const AccountOf = lazyMenu({ position: 'top-start', width: 240 }, async () => (await import('./AccountItems.tsx')).AccountItems)

export const AccountMenu = ({ openHelp }: { openHelp: () => void }) => {
  const { person } = useSession()
  return (
    <AccountOf
      openHelp={openHelp}
      target={
        <button type="button" className={classes['chooser']} aria-label={`Account of ${person.name}`}>
          <IconUserCircle size={22} stroke={1.5} aria-hidden />
          <span className={classes['chooserWords']}>
            <strong>{person.name}</strong>
            <span>{person.email}</span>
          </span>
          <IconSelector size={15} aria-hidden />
        </button>
      }
    />
  )
}
