import { Fieldset, MultiSelect, Stack, TagsInput } from '@mantine/core'
import type { Form } from '../../kit/index.ts'
import { useHosts } from '../hosts.ts'
import classes from './access-policy.module.css'
import type { Rules } from './newRules.ts'

/** Which servers, and under which logins. */
export const SelectionFields = ({ form }: { form: Form<Rules> }) => {
  const hosts = useHosts().rows?.filter(({ state }) => state !== 'retired') ?? []
  const { selects, logins } = form.values
  const { hostIds, environments, labels } = selects
  const set = (changed: Partial<Rules['selects']>) => form.set('selects', { ...selects, ...changed })
  return (
    <Fieldset legend="Which servers">
      <Stack gap="md">
        <div className={classes['halves']}>
          <TagsInput
            label="In the environments"
            description="Any one of them"
            data={[...new Set(hosts.map(({ environment }) => environment))].toSorted()}
            value={environments}
            onChange={(next) => set({ environments: next })}
            splitChars={[',', ' ']}
            maxTags={50}
          />
          <TagsInput
            label="With the labels"
            description="All of them"
            data={[...new Set(hosts.flatMap((host) => host.labels))].toSorted()}
            value={labels}
            onChange={(next) => set({ labels: next })}
            splitChars={[',', ' ']}
            maxTags={20}
          />
        </div>
        <MultiSelect
          label="And these by name"
          data={hosts.map(({ id, name }) => ({ value: id, label: name }))}
          value={[...hostIds]}
          onChange={(next) => set({ hostIds: next as typeof hostIds })}
          searchable
          hidePickedOptions
          limit={50}
          error={form.error('selects')}
        />
        <TagsInput
          label="Under the logins"
          description="Unix accounts on them, then Enter"
          placeholder={logins.length === 0 ? 'deploy' : ''}
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
