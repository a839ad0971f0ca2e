import { grant, HostId } from '@holdfast/contract'
import { Modal, Skeleton } from '@mantine/core'
import { Empty, PageLink, ReadProblem, useFilters, useMay } from '../../kit/index.ts'
import { useEveryRowOf } from '../everyRow.ts'
import { RequestForm } from './RequestForm.tsx'

const Loaded = ({ onClose }: { onClose: () => void }) => {
  const [{ host }] = useFilters(['host'])
  const { rows, error } = useEveryRowOf(grant.options, {})
  const may = useMay()
  if (error) return <ReadProblem error={error} />
  if (!rows) return <Skeleton height={320} />
  if (rows.length === 0)
    return (
      <Empty
        title="There is no server that you may ask for"
        text={
          may('access:manage')
            ? 'Somebody may ask for a server once it is enrolled and an access policy covers it and names them.'
            : 'An Owner or Admin says in an access policy who may ask for which server.'
        }
        action={
          <PageLink to="/access/policies" td="underline">
            Look at the access policies
          </PageLink>
        }
      />
    )
  return <RequestForm options={rows} hostId={HostId.safeParse(host).data} onClose={onClose} />
}

/** Asks for access: server, login, how long, why, and a code. */
export const RequestDialog = ({ opened, onClose }: { opened: boolean; onClose: () => void }) => (
  <Modal opened={opened} onClose={onClose} title="Ask for access" size="lg" closeButtonProps={{ 'aria-label': 'Close' }}>
    <Loaded onClose={onClose} />
  </Modal>
)
