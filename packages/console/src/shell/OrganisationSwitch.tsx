import { Menu } from '@mantine/core'
import { session } from '@holdfast/contract'
import { IconCheck, IconSelector } from '@tabler/icons-react'
import { roleNames } from '../kit/explain.ts'
import { useSession } from '../kit/session.tsx'
import { told } from '../kit/notices.tsx'
import { useCommandOf } from '../kit/commands.tsx'
import { Mark } from './Plain.tsx'
import classes from './chooser.module.css'
import { useSessionChanged } from './changed.ts'

/** Where one works, and the other organisations one belongs to. */
export const OrganisationSwitch = () => {
  const { organisation, organisations } = useSession()
  const changed = useSessionChanged()
  const { run } = useCommandOf(session.switchOrganisation, {
    done: null,
    explain: { organisation_not_found: 'You are no longer a member there.', no_session: 'This is not a session that can move.' },
    onDone: () => changed('/'),
  })
  const switchTo = async (orgId: (typeof organisations)[number]['id']) => {
    if (orgId !== organisation.id && !(await run({ orgId }))) told('You could not be moved there. You may no longer be a member.')
  }
  return (
    <Menu position="bottom-start" width={280} styles={{ itemLabel: { minWidth: 0 } }}>
      <Menu.Target>
        <button type="button" className={classes['chooser']} aria-label={`Organisation: ${organisation.name}. Switch`}>
          <Mark size={24} />
          <span className={classes['chooserWords']}>
            <strong>{organisation.name}</strong>
            <span>{roleNames[organisation.role]}</span>
          </span>
          <IconSelector size={15} aria-hidden />
        </button>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Label>Your organisations</Menu.Label>
        {organisations.map((each) => (
          <Menu.Item
            key={each.id}
            onClick={() => void switchTo(each.id)}
            rightSection={each.id === organisation.id ? <IconCheck size={15} aria-label="current" /> : undefined}
          >
            <span className={classes['chooserWords']}>
              <strong>{each.name}</strong>
              <span>{roleNames[each.role]}</span>
            </span>
          </Menu.Item>
        ))}
      </Menu.Dropdown>
    </Menu>
  )
}
