import { database, type InputOf } from '@holdfast/contract'
import { ActionIcon, Button, Fieldset, Group, Modal, NativeSelect, NumberInput, Stack, TagsInput, TextInput } from '@mantine/core'
import { IconTrash } from '@tabler/icons-react'
import { ProblemNotice, useCommandOf, useFormOf, useGo, type Form } from '../../kit/index.ts'
import { databaseAnswers } from '../accessAnswers.ts'
import { AdministratorFields } from './AdministratorFields.tsx'
import classes from './database.module.css'
import { refused } from './words.ts'

type Input = InputOf<typeof database.register>
type Profile = Input['profiles'][number]
interface Values {
  name: string
  environment: string
  labels: string[]
  address: string
  port: number
  database: string
  profiles: Profile[]
  administrator: string
  password: string
  authority: string | null
}

const blank: Profile = { name: '', groupRole: '', owned: 'drop' }

const ProfileFields = ({ form }: { form: Form<Values> }) => {
  const { profiles } = form.values
  const change = (at: number, changed: Partial<Profile>) =>
    form.set(
      'profiles',
      profiles.map((profile, index) => (index === at ? { ...profile, ...changed } : profile)),
    )
  const error = (at: number, field: string) => form.error(`profiles.${at}.${field}` as 'profiles')
  const atFields = profiles.some((_, at) => error(at, 'name') ?? error(at, 'groupRole'))
  return (
    <Fieldset legend="Profiles: what people can ask for">
      <Stack gap="md">
        {profiles.map((profile, at) => (
          // eslint-disable-next-line @eslint-react/no-array-index-key -- they have no other
          <div key={at} className={classes['profile']}>
            <TextInput
              label="Profile"
              placeholder="readonly"
              required
              name={`profiles.${at}.name`}
              value={profile.name}
              onChange={(event) => change(at, { name: event.currentTarget.value })}
              error={error(at, 'name')}
            />
            <TextInput
              label="Group role in PostgreSQL"
              placeholder="shop_readers"
              required
              name={`profiles.${at}.groupRole`}
              value={profile.groupRole}
              onChange={(event) => change(at, { groupRole: event.currentTarget.value })}
              error={error(at, 'groupRole')}
            />
            <NativeSelect
              label="What its roles made"
              data={[
                { value: 'drop', label: 'Goes with them' },
                { value: 'leave', label: 'Is left to the group' },
              ]}
              value={profile.owned ?? 'drop'}
              onChange={(event) => change(at, { owned: event.currentTarget.value === 'leave' ? 'leave' : 'drop' })}
            />
            {profiles.length > 1 && (
              <ActionIcon
                variant="default"
                size={36}
                aria-label={`Remove profile ${profile.name || at + 1}`}
                onClick={() => form.set('profiles', profiles.toSpliced(at, 1))}
              >
                <IconTrash size={16} aria-hidden />
              </ActionIcon>
            )}
          </div>
        ))}
        {form.error('profiles') && !atFields && <span className={classes['wrong']}>{form.error('profiles')}</span>}
        {profiles.length < 20 && (
          <div>
            <Button variant="default" size="xs" onClick={() => form.set('profiles', [...profiles, blank])}>
              Another profile
            </Button>
          </div>
        )}
      </Stack>
    </Fieldset>
  )
}

const Place = ({ form }: { form: Form<Values> }) => (
  <>
    <TextInput
      label="Name"
      description="People ask for it by this name. Name, address and profiles stay: an approval is for what they mean"
      placeholder="shop"
      required
      autoComplete="off"
      spellCheck={false}
      data-autofocus
      {...form.text('name')}
    />
    <div className={classes['pair']}>
      <TextInput
        label="Address"
        description="As in its certificate"
        placeholder="db.internal"
        required
        autoComplete="off"
        spellCheck={false}
        {...form.text('address')}
      />
      <NumberInput
        label="Port"
        description="Usually 5432"
        name="port"
        min={1}
        max={65_535}
        allowDecimal={false}
        hideControls
        value={form.values.port}
        onChange={(value) => form.set('port', Number(value))}
        error={form.error('port')}
      />
    </div>
    <TextInput label="Database" required autoComplete="off" spellCheck={false} {...form.text('database')} />
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
        value={form.values.labels}
        onChange={(labels) => form.set('labels', labels)}
        error={form.error('labels')}
        splitChars={[',', ' ']}
        maxTags={20}
      />
    </div>
  </>
)

const Register = ({ onClose }: { onClose: () => void }) => {
  const go = useGo()
  const register = useCommandOf(database.register, {
    refresh: databaseAnswers,
    done: 'Registered.',
    onDone: ({ id }) => go(`/databases/${id}`),
    explain: { name_taken: 'Another database has this name.', database_trouble: refused.database_trouble },
  })
  const initial: Values = {
    ...{ name: '', environment: '', labels: [], address: '', port: 5432, database: '', profiles: [blank] },
    ...{ administrator: '', password: '', authority: null },
  }
  const form = useFormOf(database.register, initial, register.problem)
  return (
    <form onSubmit={form.submit(register.run)} noValidate aria-label="Register a database">
      <Stack gap="md">
        <Place form={form} />
        <ProfileFields form={form} />
        <AdministratorFields form={form} />
        <span>It is tried before it is kept: connection, certificate, log-in, rights, and each profile.</span>
        <ProblemNotice problem={register.problem} />
        <Group justify="flex-end" gap="xs">
          <Button variant="default" onClick={onClose}>
            Cancel
          </Button>
          <Button type="submit" loading={register.running}>
            Register
          </Button>
        </Group>
      </Stack>
    </form>
  )
}

/** Registers a database; refused with what is wrong there, and what to do. */
export const RegisterDialog = ({ opened, onClose }: { opened: boolean; onClose: () => void }) => (
  <Modal opened={opened} onClose={onClose} size="xl" title="Register a database" closeButtonProps={{ 'aria-label': 'Close' }}>
    <Register onClose={onClose} />
  </Modal>
)
