import { NativeSelect } from '@mantine/core'
import { atLeast, roles, type Role } from '@holdfast/contract'
import { useSession } from '../kit/index.ts'
import { roleOptions } from './roleWords.ts'

export const keyErrors = {
  role_too_strong: 'A key cannot be stronger than you are. Choose a weaker role.',
  scope_not_held: 'The role you chose does not have all of these permissions. Take some away, or choose a stronger role.',
  too_many_keys: 'You have as many keys as one person may have. Revoke one first.',
} as const

const lifetimes = [
  { value: '7', label: '7 days' },
  { value: '30', label: '30 days' },
  { value: '90', label: '90 days' },
  { value: '365', label: '1 year' },
]

export interface KeyFieldsProps {
  role: Role
  onRole: (role: Role) => void
  days: number
  onDays: (days: number) => void
}

export const LifetimeField = ({ days, onDays }: Pick<KeyFieldsProps, 'days' | 'onDays'>) => (
  <NativeSelect
    label="It runs out after"
    data={lifetimes}
    value={String(days)}
    onChange={(event) => onDays(Number(event.currentTarget.value))}
  />
)

/** How strong a key is, and how long it lives. Never stronger than its owner. */
export const KeyFields = ({ role, onRole, days, onDays }: KeyFieldsProps) => {
  const { organisation } = useSession()
  const offered = roles.filter((each) => atLeast(organisation.role, each))
  return (
    <>
      <NativeSelect
        label="It may act at most as"
        data={roleOptions(offered)}
        value={role}
        onChange={(event) => onRole(event.currentTarget.value as Role)}
      />
      <LifetimeField days={days} onDays={onDays} />
    </>
  )
}
