import { Menu } from '@mantine/core'
import { session } from '@holdfast/contract'
import { IconCheck } from '@tabler/icons-react'
import { useCommandOf } from '../kit/commands.tsx'
import { roleNames } from '../kit/explain.ts'
import { told } from '../kit/notices.tsx'
import { useSession } from '../kit/session.tsx'
import { useSessionChanged } from './changed.ts'
import classes from './chooser.module.css'

/** The organisations one belongs to; choosing one goes there. */
export const OrganisationItems = () => {
  const { organisation, organisations } = useSession()
  const changed = useSessionChanged()
  const { run } = useCommandOf(session.switchOrganisation, {
    done: null,
    explain: {
      organisation_not_found: 'You are no longer a member there.',
      no_session: 'This is not a session that can move.',
      sso_required: 'That organisation signs in by single sign-on only.',
      sso_session: 'You came in by single sign-on, which opens this organisation only.',
      sign_in_again: 'Your session is older than that organisation allows. Sign out, and sign in again.',
    },
    onDone: () => changed('/'),
  })
  const switchTo = async (orgId: (typeof organisations)[number]['id']) => {
    if (orgId !== organisation.id && !(await run({ orgId })))
      told('You could not be moved there. Sign out, and sign in there: by its single sign-on, or by password or passkey.')
  }
  return (
    <>
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
    </>
  )
}
