import { permissions, roles, type PersonId, type Role } from '@holdfast/contract'
import { Checkbox, Fieldset, Input, MultiSelect, Stack } from '@mantine/core'
import type { ReactNode } from 'react'
import { roleNames, useMembers } from '../../kit/index.ts'
import classes from './access-policy.module.css'
import type { Rules } from './newRules.ts'

interface PeopleFieldsProps<P extends Rules['approvers']> {
  legend: string
  value: P
  onChange: (people: P) => void
  error?: string | undefined
  /** Only the roles that may approve at all. */
  approvers?: true
  children?: ReactNode
}

/** People by role, by name, or both. */
export const PeopleFields = <P extends Rules['approvers']>(props: PeopleFieldsProps<P>) => {
  const { legend, value, onChange, error, approvers, children } = props
  const able: readonly Role[] = permissions[approvers ? 'access:approve' : 'access:request']
  const members = useMembers()?.filter(({ role }) => able.includes(role)) ?? []
  const { roles: chosen, personIds } = value
  return (
    <Fieldset legend={legend}>
      <Stack gap="md">
        <div className={classes['roles']} role="group" aria-label={`${legend}: roles`}>
          {roles
            .filter((role) => able.includes(role))
            .map((role) => (
              <Checkbox
                key={role}
                label={`Any ${roleNames[role]}`}
                checked={chosen.includes(role)}
                onChange={({ currentTarget: { checked } }) =>
                  onChange({ ...value, roles: checked ? [...chosen, role] : chosen.filter((other) => other !== role) })
                }
              />
            ))}
        </div>
        <MultiSelect
          label="And these people by name"
          aria-label={`${legend}: people by name`}
          data={members.map(({ id, name }) => ({ value: id, label: name }))}
          value={[...personIds]}
          onChange={(next) => onChange({ ...value, personIds: next as PersonId[] })}
          searchable
          hidePickedOptions
          limit={50}
        />
        {error && <Input.Error role="alert">{error}</Input.Error>}
        {children}
      </Stack>
    </Fieldset>
  )
}
