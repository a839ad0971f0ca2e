/** Resources as they are answered. */
import type { Document, Held } from './document.ts'
import { coreGroup, coreUser, enterpriseUser } from './schema.ts'

export type Resource = Record<string, unknown>

export interface Dated {
  id: string
  createdAt: Date
  updatedAt: Date
}

const metaOf = (kind: 'User' | 'Group', { id, createdAt, updatedAt }: Dated, base: string) => ({
  resourceType: kind,
  created: createdAt.toISOString(),
  lastModified: updatedAt.toISOString(),
  location: `${base}/${kind}s/${id}`,
})

const enterprise = 'enterprise.'

export const userResource = (
  user: Dated & { active: boolean },
  document: Document,
  groups: readonly { id: string; displayName: string }[] | null,
  base: string,
): Resource => {
  const own: [string, Held][] = [...document].filter(([key]) => !key.startsWith(enterprise))
  const extended = [...document]
    .filter(([key]) => key.startsWith(enterprise))
    .map(([key, held]): [string, Held] => [key.slice(enterprise.length), held])
  return {
    schemas: extended.length > 0 ? [coreUser, enterpriseUser] : [coreUser],
    id: user.id,
    ...Object.fromEntries(own),
    active: user.active,
    ...(extended.length > 0 && { [enterpriseUser]: Object.fromEntries(extended) }),
    ...(groups && {
      groups: groups.map(({ id, displayName }) => ({
        value: id,
        display: displayName,
        $ref: `${base}/Groups/${id}`,
        type: 'direct',
      })),
    }),
    meta: metaOf('User', user, base),
  }
}

export const groupResource = (
  group: Dated & { displayName: string; externalId: string | null },
  members: readonly string[] | null,
  base: string,
): Resource => ({
  schemas: [coreGroup],
  id: group.id,
  displayName: group.displayName,
  ...(group.externalId !== null && { externalId: group.externalId }),
  ...(members && { members: members.map((id) => ({ value: id, $ref: `${base}/Users/${id}`, type: 'User' })) }),
  meta: metaOf('Group', group, base),
})

export interface Selection {
  attributes?: string | undefined
  excludedAttributes?: string | undefined
}

const namesIn = (text: string | undefined): string[] =>
  (text ?? '')
    .split(',')
    .map((name) => name.trim().toLowerCase())
    .filter((name) => name !== '')

const topOf = (name: string): string => {
  const own = name.startsWith('urn:') ? name.slice(name.lastIndexOf(':') + 1) : name
  return own.split('.')[0] ?? ''
}

/** Whether an attribute is wanted, so that what is not is not even read. */
export const wants = ({ attributes, excludedAttributes }: Selection, name: string): boolean => {
  const chosen = namesIn(attributes)
  if (chosen.length > 0) return chosen.some((one) => topOf(one) === name)
  return !namesIn(excludedAttributes).includes(name)
}

const always = new Set(['id', 'schemas'])

/** RFC 7644 §3.9, by whole attributes. */
export const select = (resource: Resource, selection: Selection): Resource => {
  if (selection.attributes === undefined && selection.excludedAttributes === undefined) return resource
  const extension = enterpriseUser.toLowerCase()
  const isWanted = (name: string): boolean => {
    const lower = name.toLowerCase()
    if (lower === extension)
      return namesIn(selection.attributes).length > 0
        ? namesIn(selection.attributes).some((one) => one.startsWith(extension))
        : !namesIn(selection.excludedAttributes).includes(extension)
    return wants(selection, lower)
  }
  return Object.fromEntries(Object.entries(resource).filter(([name]) => always.has(name) || isWanted(name)))
}
