import { SsoDefaultRole } from '@holdfast/contract'
import { NativeSelect } from '@mantine/core'
import { roleNames } from '../../kit/index.ts'
import type { Connection } from './answers.ts'

type Chosen = Connection['defaultRole']

/** As what people come in whom nobody invited; null: not at all. */
export const DefaultRole = ({ value, onChange }: { value: Chosen; onChange: (role: Chosen) => void }) => (
  <NativeSelect
    label="People whom nobody invited"
    description="Whom your provider lets sign in, with an address in your proved domains"
    value={value ?? ''}
    data={[
      { value: '', label: 'are not let in' },
      ...SsoDefaultRole.options.map((each) => ({ value: each, label: `come in as ${roleNames[each]}` })),
    ]}
    onChange={(event) => onChange(SsoDefaultRole.nullable().parse(event.currentTarget.value || null))}
  />
)
