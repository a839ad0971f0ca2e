import { notifications } from '@mantine/notifications'
import { IconCheck } from '@tabler/icons-react'
import { PageLink } from './PageLink.tsx'

/** "Role changed. Recorded as #4821.", with a link to the entry. */
export const recorded = (what: string, ledgerSeq: number | null): void => {
  notifications.show({
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
  notifications.show({
    message,
    color: 'gray',
    autoClose: 4000,
    withBorder: true,
    closeButtonProps: { 'aria-label': 'Close this message' },
  })
}
