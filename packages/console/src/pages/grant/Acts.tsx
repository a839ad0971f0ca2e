import { Button } from '@mantine/core'
import { lazyDialog, useDo, useMay, useNow, useSession } from '../../kit/index.ts'
import { isRunning, type Detail } from '../grantWords.ts'

const ExtendDialog = lazyDialog(async () => (await import('./ExtendDialog.tsx')).ExtendDialog)
const ReturnDialog = lazyDialog(async () => (await import('./EndDialogs.tsx')).ReturnDialog)
const RevokeDialog = lazyDialog(async () => (await import('./EndDialogs.tsx')).RevokeDialog)
const CancelDialog = lazyDialog(async () => (await import('./EndDialogs.tsx')).CancelDialog)

/** What the reader can do with it now: more time, give it back, revoke it, take the request back. */
export const Acts = ({ detail }: { detail: Detail }) => {
  const extend = useDo('extend')
  const giveBack = useDo('return')
  const revoke = useDo('revoke')
  const cancel = useDo('cancel')
  const may = useMay()
  const me = useSession().person.id
  const running = isRunning(detail, useNow(5_000))
  const own = detail.personId === me
  const mayRevoke = may('access:manage') || may('access:approve') || detail.approvals.some(({ personId }) => personId === me)
  return (
    <>
      {own && detail.state === 'requested' && (
        <Button variant="default" onClick={cancel.open}>
          Take the request back
        </Button>
      )}
      {own && running && detail.extendsId === null && (
        <Button variant="default" onClick={extend.open}>
          Ask for more time
        </Button>
      )}
      {own && detail.state === 'approved' && (
        <Button variant="default" onClick={giveBack.open}>
          Give it back
        </Button>
      )}
      {!own && mayRevoke && detail.state === 'approved' && (
        <Button color="red" onClick={revoke.open}>
          Revoke
        </Button>
      )}
      <CancelDialog detail={detail} opened={cancel.opened} onClose={cancel.close} />
      <ExtendDialog detail={detail} opened={extend.opened} onClose={extend.close} />
      <ReturnDialog detail={detail} opened={giveBack.opened} onClose={giveBack.close} />
      <RevokeDialog detail={detail} opened={revoke.opened} onClose={revoke.close} />
    </>
  )
}
