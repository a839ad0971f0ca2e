import { isOperatorPermission, rolesWith, Scope, type Role } from '@holdfast/contract'
import { MultiSelect, Textarea } from '@mantine/core'
import { useState } from 'react'
import { useSession, type Explained } from '../kit/index.ts'

export interface Limits {
  scopes?: Scope[]
  networks: string[]
}

interface KeyLimitsProps {
  role: Role
  value: Limits
  onChange: (limits: Limits) => void
  /** A service account's key names what it is for; a person's may do all its role may. */
  required?: true
  errors: { scopes: string | undefined; networks: string | undefined }
}

/** The first of the networks that the server would not take. */
export const networkErrorOf = (problem: Explained | null): string | undefined =>
  Object.entries(problem?.fields ?? {}).find(([field]) => field.startsWith('networks'))?.[1]

const lines = (text: string): string[] => text.split(/[\s,]+/).filter(Boolean)

/** What confines a key beyond its role: permissions, and where it works from. */
export const KeyLimits = ({ role, value: { scopes, networks }, onChange, required, errors }: KeyLimitsProps) => {
  const { organisation } = useSession()
  const [typed, setTyped] = useState(networks.join('\n'))
  const offered = Scope.options.filter(
    (scope) => rolesWith(scope).includes(role) && (organisation.operator || !isOperatorPermission(scope)),
  )
  return (
    <>
      <MultiSelect
        label="Only these permissions"
        description={required ? 'What the program needs, and no more.' : 'Leave it empty for everything the role may do.'}
        name="scopes"
        required={required ?? false}
        data={[...offered]}
        value={[...(scopes ?? [])]}
        onChange={(next) => {
          const { scopes: _, ...rest } = { scopes, networks }
          onChange(next.length === 0 ? rest : { ...rest, scopes: next as Scope[] })
        }}
        error={errors.scopes}
        searchable
        hidePickedOptions
        clearable
      />
      <Textarea
        label="Only from these networks"
        description="One a line, such as 192.0.2.0/24 or 2001:db8::/48; a single address ends in /32 or /128. Leave it empty for anywhere."
        name="networks"
        autosize
        minRows={2}
        value={typed}
        onChange={({ currentTarget: { value } }) => {
          setTyped(value)
          onChange({ ...(scopes && { scopes }), networks: lines(value) })
        }}
        error={errors.networks}
      />
    </>
  )
}
