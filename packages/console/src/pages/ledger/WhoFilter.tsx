import { NativeSelect } from '@mantine/core'
import { useMembers } from '../../kit/index.ts'

interface WhoFilterProps {
  /** A person's id; undefined is anybody. */
  value: string | undefined
  onChange: (actor: string | undefined) => void
}

/** Picks a member by name. Somebody who is no member any more stays chosen by id, since a link may name them. */
export const WhoFilter = ({ value, onChange }: WhoFilterProps) => {
  const people = (useMembers() ?? []).map(({ id, name }) => ({ value: id, label: name }))
  const former = value !== undefined && !people.some((person) => person.value === value) ? [{ value, label: value }] : []
  return (
    <NativeSelect
      label="Who"
      data={[{ value: '', label: 'Anybody' }, ...people, ...former]}
      value={value ?? ''}
      onChange={(event) => onChange(event.currentTarget.value || undefined)}
      w={{ base: '100%', xs: 190 }}
    />
  )
}
