import { Checkbox, Fieldset, Stack, TextInput } from '@mantine/core'
import { useState } from 'react'
import { type Form } from '../../kit/index.ts'
import { hoursInWords } from '../accessRules.ts'
import classes from './grant.module.css'
import type { Asked } from './request.ts'
import { extensionWords } from '../accessWords.ts'
import { type Terms } from '../grantWords.ts'

interface ExtrasProps {
  form: Form<Asked>
  terms: Terms
  onReady: (ready: boolean) => void
}

const Later = ({ form, onReady }: Pick<ExtrasProps, 'form' | 'onReady'>) => {
  const [later, setLater] = useState(false)
  const [at, setAt] = useState('')
  const set = (wanted: boolean, text: string) => {
    setLater(wanted)
    setAt(text)
    const moment = new Date(text)
    const known = !Number.isNaN(moment.getTime())
    form.set('notBefore', wanted && known ? moment.toISOString() : undefined)
    onReady(!wanted || known)
  }
  return (
    <>
      <Checkbox label="Begin later" checked={later} onChange={(event) => set(event.currentTarget.checked, at)} />
      {later && (
        <TextInput
          type="datetime-local"
          label="Not before"
          description={`In your time zone, ${Intl.DateTimeFormat().resolvedOptions().timeZone}.`}
          required
          maw={320}
          name="notBefore"
          value={at}
          onChange={(event) => set(true, event.currentTarget.value)}
          error={form.error('notBefore')}
        />
      )}
    </>
  )
}

/** What few requests need: more than a terminal, a later beginning, fewer networks. */
export const RequestExtras = ({ form, terms, onReady }: ExtrasProps) => {
  const { extensions, sourceNetworks, databaseId } = form.values
  return (
    <details className={classes['extras']}>
      <summary>
        More: a later beginning{databaseId === undefined && ', networks'}
        {terms.extensions.length > 0 && ', forwarding'}
      </summary>
      <Stack gap="md" mt="sm">
        <Later form={form} onReady={onReady} />
        {terms.hours && <span className={classes['quiet']}>Access is given {hoursInWords(terms.hours)}.</span>}
        {terms.extensions.length > 0 && (
          <Fieldset legend="Beyond a terminal">
            <Stack gap="xs">
              {terms.extensions.map((each) => (
                <Checkbox
                  key={each}
                  label={extensionWords[each]}
                  checked={extensions.includes(each)}
                  onChange={({ currentTarget: { checked } }) =>
                    form.set('extensions', checked ? [...extensions, each] : extensions.filter((other) => other !== each))
                  }
                />
              ))}
            </Stack>
          </Fieldset>
        )}
        {databaseId === undefined && (
          <TextInput
            label="Only from these networks"
            description={`With spaces between, as 10.0.0.0/8. Empty: ${terms.sourceNetworks.join(', ') || 'from anywhere'}.`}
            name="sourceNetworks"
            defaultValue={sourceNetworks.join(' ')}
            onChange={(event) => form.set('sourceNetworks', event.currentTarget.value.split(/[\s,]+/).filter(Boolean))}
            error={form.error('sourceNetworks')}
          />
        )}
      </Stack>
    </details>
  )
}
