import { grant } from '@holdfast/contract'
import { Modal, Skeleton } from '@mantine/core'
import { Empty, PageLink, ReadProblem, useFilters, useMay } from '../../kit/index.ts'
import { useEveryRowOf } from '../everyRow.ts'
import { RequestForm } from './RequestForm.tsx'
import { databaseOption, serverOption } from '../grantWords.ts'

const Loaded = ({ onClose }: { onClose: () => void }) => {
  const [{ host, database }] = useFilters(['host', 'database'])
  const servers = useEveryRowOf(grant.options, {})
  const databases = useEveryRowOf(grant.databaseOptions, {})
  const error = servers.error ?? databases.error
  const may = useMay()
  if (error) return <ReadProblem error={error} />
  if (!servers.rows || !databases.rows) return <Skeleton height={320} />
  const options = [...servers.rows.map(serverOption), ...databases.rows.map(databaseOption)]
  const wanted = options.find(({ id }) => id === (database ?? host))?.id
  if (options.length === 0)
    return (
      <Empty
        title="There is nothing that you may ask for"
        text={
          may('access:manage')
            ? 'Somebody may ask for a server once it is enrolled, or for a database once it is registered, when an access policy covers it and names them.'
            : 'An Owner or Admin says in an access policy who may ask for which server or database.'
        }
        action={
          <PageLink to="/access/policies" td="underline">
            Look at the access policies
          </PageLink>
        }
      />
    )
  return <RequestForm options={options} target={wanted} onClose={onClose} />
}

/** Asks for access: to what, as whom, how long, why, and a code. */
export const RequestDialog = ({ opened, onClose }: { opened: boolean; onClose: () => void }) => (
  <Modal opened={opened} onClose={onClose} title="Ask for access" size="lg" closeButtonProps={{ 'aria-label': 'Close' }}>
    <Loaded onClose={onClose} />
  </Modal>
)
