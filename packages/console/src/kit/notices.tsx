import type { NotificationData } from '@mantine/notifications'
import { IconCheck } from '@tabler/icons-react'
import { PageLink } from './PageLink.tsx'

let first: (() => void) | null = null
/** Called once there is something to say: the container is loaded only then. */
export const onFirstNotice = (mount: () => void): void => {
  first = mount
}

const show = (data: NotificationData): void => {
  first?.()
  void import('@mantine/notifications').then(({ notifications }) => notifications.show(data))
}

/** "Role changed. Recorded as #4821.", with a link to the entry. */
export const recorded = (what: string, ledgerSeq: number | null): void => {
  show({
    color: 'teal',
    icon: <IconCheck size={16} aria-hidden />,
    autoClose: 8000,
    withBorder: true,
    message: (
      <>
        {what}
        {ledgerSeq !== null && (
          <>
            {' '}
            Recorded as{' '}
            <PageLink to={`/ledger/${ledgerSeq}`} td="underline">
              #{ledgerSeq}
            </PageLink>
            .
          </>
        )}
      </>
    ),
    closeButtonProps: { 'aria-label': 'Close this message' },
  })
}

/** A short word on something that changed nothing on the server. */
export const told = (message: string): void => {
  show({
    message,
    color: 'gray',
    autoClose: 4000,
    withBorder: true,
    closeButtonProps: { 'aria-label': 'Close this message' },
  })
}
