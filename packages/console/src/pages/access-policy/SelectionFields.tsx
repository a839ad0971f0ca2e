import { Fieldset, MultiSelect, SegmentedControl, Stack, TagsInput } from '@mantine/core'
import type { Form } from '../../kit/index.ts'
import { useDatabases, useHosts } from '../hosts.ts'
import classes from './access-policy.module.css'
import { forKind, type Rules } from './newRules.ts'

interface Listed {
  id: string
  name: string
  environment: string
  labels: readonly string[]
  state: string
}

const words = {
  host: { legend: 'Which servers', logins: 'Under the logins', about: 'Unix accounts on them, then Enter', example: 'deploy' },
  database: {
    ...{ legend: 'Which databases', logins: 'With the profiles', about: 'As they are registered, then Enter' },
    example: 'readonly',
  },
}

/** Whether it is for servers or for databases; fixed once it is made. */
const Kind = ({ form }: { form: Form<Rules> }) => (
  <SegmentedControl
    aria-label="What it is for"
    data={[
      { value: 'host', label: 'Servers' },
      { value: 'database', label: 'Databases' },
    ]}
    value={form.values.kind}
    onChange={(kind) => form.reset(forKind(form.values, kind === 'database' ? 'database' : 'host'))}
    w={240}
  />
)

/** Which servers or databases, and under which logins or profiles. */
export const SelectionFields = ({ form, fixedKind }: { form: Form<Rules>; fixedKind: boolean }) => {
  const { kind, selects, logins } = form.values
  const hosts = useHosts().rows
  const databases = useDatabases().rows
  const listed: readonly Listed[] = (kind === 'host' ? hosts : databases)?.filter(({ state }) => state !== 'retired') ?? []
  const ids = kind === 'host' ? selects.hostIds : selects.databaseIds
  const set = (changed: Partial<Rules['selects']>) => form.set('selects', { ...selects, ...changed })
  const { legend, logins: loginsLabel, about, example } = words[kind]
  return (
    <Fieldset legend={legend}>
      <Stack gap="md">
        {!fixedKind && <Kind form={form} />}
        <div className={classes['halves']}>
          <TagsInput
            label="In the environments"
            description="Any one of them"
            data={[...new Set(listed.map(({ environment }) => environment))].toSorted()}
            value={selects.environments}
            onChange={(next) => set({ environments: next })}
            splitChars={[',', ' ']}
            maxTags={50}
          />
          <TagsInput
            label="With the labels"
            description="All of them"
            data={[...new Set(listed.flatMap(({ labels }) => labels))].toSorted()}
            value={selects.labels}
            onChange={(next) => set({ labels: next })}
            splitChars={[',', ' ']}
            maxTags={20}
          />
        </div>
        <MultiSelect
          label="And these by name"
          data={listed.map(({ id, name }) => ({ value: id, label: name }))}
          value={[...ids]}
          onChange={(next) =>
            set(
              kind === 'host' ? { hostIds: next as typeof selects.hostIds } : { databaseIds: next as typeof selects.databaseIds },
            )
          }
          searchable
          hidePickedOptions
          limit={50}
          error={form.error('selects')}
        />
        <TagsInput
          label={loginsLabel}
          description={about}
          placeholder={logins.length === 0 ? example : ''}
          required
          value={logins}
          onChange={(next) => form.set('logins', next)}
          error={form.error('logins')}
          splitChars={[',', ' ']}
          maxTags={50}
        />
      </Stack>
    </Fieldset>
  )
}
