import { PersonId } from '@holdfast/contract'
import { NativeSelect } from '@mantine/core'
import { useMembers } from '../../kit/index.ts'

interface OwnerFieldProps {
  value: string
  onChange: (id: PersonId) => void
}

/** The member who answers for an account. */
export const OwnerField = ({ value, onChange }: OwnerFieldProps) => {
  const members = useMembers() ?? []
  const unknown = members.some(({ id }) => id === value) ? [] : [{ value, label: 'Choose somebody' }]
  return (
    <NativeSelect
      label="Who answers for it"
      description="Reviews it when its time comes, and is asked when something is wrong with it."
      data={[...unknown, ...members.map(({ id, name, email }) => ({ value: id as string, label: `${name} (${email})` }))]}
      value={value}
      onChange={(event) => onChange(PersonId.parse(event.currentTarget.value))}
    />
  )
}
