import { Button, NativeSelect } from '@mantine/core'
import { directory, DirectoryDefaultRole, DirectoryRole } from '@holdfast/contract'
import { useState } from 'react'
import { lazyDialog, roleNames, Section, Table, useMay, usePagesOf, type Column } from '../../kit/index.ts'
import type { Group } from './words.ts'

const MappingDialog = lazyDialog(async () => (await import('./MappingDialog.tsx')).MappingDialog)

type Role = Group['role']
type Chosen = ReadonlyMap<Group['id'], Role>

const roleChoices = [
  { value: '', label: 'gives no role' },
  ...DirectoryRole.options.map((role) => ({ value: role, label: roleNames[role] })),
]
const defaultChoices = DirectoryDefaultRole.options.map((role) => ({ value: role, label: roleNames[role] }))

const columns = (chosen: Chosen, choose: ((group: Group, role: Role) => void) | null): Column<Group>[] => [
  { key: 'name', title: 'Group', grow: true, render: ({ name }) => name },
  { key: 'members', title: 'Members', align: 'right', wide: true, render: ({ members }) => members },
  {
    key: 'role',
    title: 'Its members become',
    render: (group) => {
      const role = chosen.get(group.id) ?? (chosen.has(group.id) ? null : group.role)
      if (!choose) return role === null ? 'gives no role' : roleNames[role]
      return (
        <NativeSelect
          size="xs"
          aria-label={`Role of ${group.name}`}
          data={roleChoices}
          value={role ?? ''}
          onChange={({ currentTarget }) => choose(group, DirectoryRole.safeParse(currentTarget.value).data ?? null)}
        />
      )
    },
  },
]

/** Which groups give which role. Nothing is applied before its difference was shown. */
export const Mapping = ({ defaultRole }: { defaultRole: DirectoryDefault }) => {
  const mayMap = useMay()('directory:map')
  const pages = usePagesOf(directory.groups, { limit: 100 })
  const [chosen, setChosen] = useState<Chosen>(new Map())
  const [usual, setUsual] = useState(defaultRole)
  const [previewing, setPreviewing] = useState(false)
  const choose = (group: Group, role: Role) => setChosen(new Map(chosen).set(group.id, role))
  const roles = (pages.rows ?? []).flatMap(({ id, role }) => {
    const wanted = chosen.has(id) ? (chosen.get(id) ?? null) : role
    return wanted === null ? [] : [{ groupId: id, role: wanted }]
  })
  const changed =
    usual !== defaultRole || [...chosen].some(([id, role]) => pages.rows?.find((row) => row.id === id)?.role !== role)
  return (
    <Section
      title="Roles by group"
      about="Of several groups the strongest role counts. Admin waits until somebody is cleared; Owners are made by people only."
      action={
        mayMap && (
          <Button variant="default" size="xs" disabled={!changed} onClick={() => setPreviewing(true)}>
            Preview the change …
          </Button>
        )
      }
    >
      {mayMap && (
        <NativeSelect
          size="xs"
          maw={280}
          label="Usual role"
          description="Of people in no group that gives one."
          data={defaultChoices}
          value={usual}
          onChange={({ currentTarget }) => setUsual(DirectoryDefaultRole.parse(currentTarget.value))}
        />
      )}
      <Table
        label="Groups"
        columns={columns(chosen, mayMap ? choose : null)}
        {...pages}
        retry={pages.refetch}
        rowKey={({ id }) => id}
        empty={{ title: 'No groups yet', text: 'They show here once the directory has sent them.' }}
      />
      {previewing && (
        <MappingDialog
          opened
          mapping={{ defaultRole: usual, roles }}
          onClose={() => setPreviewing(false)}
          onApplied={() => {
            setChosen(new Map())
            setPreviewing(false)
          }}
        />
      )}
    </Section>
  )
}
type DirectoryDefault = (typeof DirectoryDefaultRole.options)[number]
