import { NativeSelect, NumberInput, TagsInput, TextInput } from '@mantine/core'
import type { Form } from '../../kit/index.ts'
import classes from './host.module.css'
import { whenStaleWords, type Row } from './words.ts'

export interface HostValues {
  environment: string
  labels: string[]
  address: string
  port: number
  whenStale: Row['whenStale']
}

/** What can be said about a server when it is registered and changed later. */
export const HostFields = <T extends HostValues>({ form: given }: { form: Form<T> }) => {
  const form = given as unknown as Form<HostValues>
  const { values } = form
  return (
    <>
      <div className={classes['pair']}>
        <TextInput
          label="Address"
          description="As clients connect to it: a DNS name or an IP address"
          required
          autoComplete="off"
          spellCheck={false}
          {...form.text('address')}
        />
        <NumberInput
          label="Port"
          description="Of sshd"
          name="port"
          min={1}
          max={65_535}
          allowDecimal={false}
          hideControls
          value={values.port}
          onChange={(value) => form.set('port', Number(value))}
          error={form.error('port')}
        />
      </div>
      <div className={classes['halves']}>
        <TextInput
          label="Environment"
          description="Access policies select by it"
          placeholder="production"
          required
          autoComplete="off"
          {...form.text('environment')}
        />
        <TagsInput
          label="Labels"
          description="name=value, then Enter"
          placeholder={values.labels.length === 0 ? 'team=data' : ''}
          value={values.labels}
          onChange={(labels) => form.set('labels', labels)}
          error={form.error('labels')}
          splitChars={[',', ' ']}
          maxTags={20}
        />
      </div>
      <NativeSelect
        label="When it has heard nothing of us for ten minutes, it"
        name="whenStale"
        data={Object.entries(whenStaleWords).map(([value, label]) => ({
          value,
          label: `${label.charAt(0).toLowerCase()}${label.slice(1)}`,
        }))}
        value={values.whenStale}
        onChange={(event) => form.set('whenStale', event.currentTarget.value as Row['whenStale'])}
      />
    </>
  )
}
