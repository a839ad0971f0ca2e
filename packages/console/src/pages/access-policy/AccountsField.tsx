import { rolesWith, serviceAccount, type Role, type ServiceAccountId } from '@holdfast/contract'
import { MultiSelect } from '@mantine/core'
import { useEveryRowOf } from '../everyRow.ts'
import type { Rules } from './newRules.ts'

interface AccountsFieldProps {
  value: Rules['requesters']
  onChange: (requesters: Rules['requesters']) => void
}

/** Service accounts that may ask: each by name, and only those whose role can ask at all. */
export const AccountsField = ({ value, onChange }: AccountsFieldProps) => {
  const able: readonly Role[] = rolesWith('access:request')
  const { rows = [] } = useEveryRowOf(serviceAccount.list, { show: 'all' })
  const { serviceAccountIds: chosen } = value
  const offered = rows.filter(({ id, role, disabledAt }) => (disabledAt === null && able.includes(role)) || chosen.includes(id))
  if (offered.length === 0) return null
  return (
    <MultiSelect
      label="And these service accounts"
      description="A program asks with its key alone, without anybody’s code. A person who holds no secret of it still approves."
      data={offered.map(({ id, name, disabledAt }) => ({ value: id, label: disabledAt === null ? name : `${name} (disabled)` }))}
      value={[...chosen]}
      onChange={(next) => onChange({ ...value, serviceAccountIds: next as ServiceAccountId[] })}
      searchable
      hidePickedOptions
      limit={50}
    />
  )
}
