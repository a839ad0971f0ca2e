import { ActionIcon, Button } from '@mantine/core'
import { IconDots } from '@tabler/icons-react'
import { lazyDialog, lazyMenu, useDo, useGo, useMay } from '../../kit/index.ts'
import type { Detail } from './words.ts'

const ChangeDialog = lazyDialog(async () => (await import('./HostDialogs.tsx')).ChangeDialog)
const RetireDialog = lazyDialog(async () => (await import('./HostDialogs.tsx')).RetireDialog)
const TokenDialog = lazyDialog(async () => (await import('./HostDialogs.tsx')).TokenDialog)
const More = lazyMenu({ position: 'bottom-end' }, async () => (await import('./HostMenuItems.tsx')).HostMenuItems)

/** What can be done with a server: ask for it, and for managers what is done seldom. */
export const HostMenu = ({ detail }: { detail: Detail }) => {
  const change = useDo('change')
  const token = useDo('token')
  const retire = useDo('retire')
  const may = useMay()
  const go = useGo()
  if (detail.state === 'retired') return null
  return (
    <>
      {may('access:request') && detail.state === 'enrolled' && (
        <Button onClick={() => go(`/access?do=request&host=${detail.id}`)}>Ask for access</Button>
      )}
      {may('host:manage') && detail.state === 'waiting' && <Button onClick={token.open}>New enrolment command</Button>}
      {may('host:manage') && (
        <>
          <More
            onChange={change.open}
            onEnrol={detail.state === 'enrolled' ? token.open : null}
            onRetire={retire.open}
            target={
              <ActionIcon variant="default" size={36} aria-label="More about this server">
                <IconDots size={18} aria-hidden />
              </ActionIcon>
            }
          />
          <ChangeDialog detail={detail} opened={change.opened} onClose={change.close} />
          <TokenDialog detail={detail} opened={token.opened} onClose={token.close} />
          <RetireDialog detail={detail} opened={retire.opened} onClose={retire.close} />
        </>
      )}
    </>
  )
}
