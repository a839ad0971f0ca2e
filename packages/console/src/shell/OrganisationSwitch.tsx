import { IconSelector } from '@tabler/icons-react'
import { roleNames } from '../kit/explain.ts'
import { lazyMenu } from '../kit/lazyMenu.tsx'
import { useSession } from '../kit/session.tsx'
import classes from './chooser.module.css'
import { Mark } from './Plain.tsx'

const Organisations = lazyMenu(
  { position: 'bottom-start', width: 280, styles: { itemLabel: { minWidth: 0 } } },
  async () => (await import('./OrganisationItems.tsx')).OrganisationItems,
)

/** Where one works, and the other organisations one belongs to. */
export const OrganisationSwitch = () => {
  const { organisation } = useSession()
  return (
    <Organisations
      target={
        <button type="button" className={classes['chooser']} aria-label={`Organisation: ${organisation.name}. Switch`}>
          <Mark size={24} />
          <span className={classes['chooserWords']}>
            <strong>{organisation.name}</strong>
            <span>{roleNames[organisation.role]}</span>
          </span>
          <IconSelector size={15} aria-hidden />
        </button>
      }
    />
  )
}
