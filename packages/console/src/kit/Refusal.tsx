import type { Permission } from '@holdfast/contract'
import { Alert } from '@mantine/core'
import { IconLock } from '@tabler/icons-react'
import type { ReactNode } from 'react'
import { useMay, useSession } from './session.tsx'
import { roleNames, rolesInWords } from './explain.ts'

/** In place of a page or a part that the role may not see: names the missing permission and who has it. */
export const Refusal = ({ permission }: { permission: string }) => {
  const { organisation } = useSession()
  const operator = permission.startsWith('operator:')
  return (
    <Alert variant="default" icon={<IconLock size={18} aria-hidden />} title="Your role does not include this">
      You need <code>{permission}</code>, which {rolesInWords(permission)}
      {operator ? ' of the operator’s organisation' : ''} has. In {organisation.name} you are {roleNames[organisation.role]}. An
      Owner or Admin can change your role under Members.
    </Alert>
  )
}

/** Shows its children to whoever holds the permission, and says to others what is missing. */
export const Needs = ({ permission, children }: { permission: Permission; children: ReactNode }) =>
  useMay()(permission) ? children : <Refusal permission={permission} />
