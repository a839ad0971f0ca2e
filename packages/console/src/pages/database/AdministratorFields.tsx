import { PasswordInput, Textarea, TextInput } from '@mantine/core'
import type { Form } from '../../kit/index.ts'

export interface AdministratorValues {
  administrator: string
  password: string
  authority: string | null
}

/** How we get in: a login with CREATEROLE, its password, and the authority of the certificate. */
export const AdministratorFields = <T extends AdministratorValues>({ form: given }: { form: Form<T> }) => {
  const form = given as unknown as Form<AdministratorValues>
  return (
    <>
      <TextInput
        label="Administrator"
        description="A login with CREATEROLE that may give the group roles; never a superuser"
        required
        autoComplete="off"
        spellCheck={false}
        {...form.text('administrator')}
      />
      <PasswordInput
        label="Its password"
        description="Kept sealed, never shown, erased when the database is retired"
        required
        autoComplete="off"
        data-autofocus
        {...form.text('password')}
      />
      <Textarea
        label="Authority"
        description="PEM of whoever signed its certificate. Empty: the system’s authorities"
        placeholder="-----BEGIN CERTIFICATE-----"
        autosize
        minRows={2}
        maxRows={6}
        spellCheck={false}
        styles={{ input: { fontFamily: 'var(--mantine-font-family-monospace)', fontSize: '0.8125rem' } }}
        name="authority"
        value={form.values.authority ?? ''}
        onChange={(event) => form.set('authority', event.currentTarget.value.trim() || null)}
        error={form.error('authority')}
      />
    </>
  )
}
