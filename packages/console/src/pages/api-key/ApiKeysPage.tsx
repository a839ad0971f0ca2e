import { Button } from '@mantine/core'
import { apiKey } from '@holdfast/contract'
import { IconPlus } from '@tabler/icons-react'
import { lazyDialog, Page, PageLink, useDo, useMay, usePagesOf } from '../../kit/index.ts'
import { KeyTable } from '../KeyTable.tsx'

const CreateKeyDialog = lazyDialog(async () => (await import('./CreateKeyDialog.tsx')).CreateKeyDialog)

const List = ({ create }: { create: () => void }) => {
  const may = useMay()
  const pages = usePagesOf(apiKey.list, {})
  return (
    <KeyTable
      everybody={may('key:manage')}
      {...pages}
      retry={pages.refetch}
      empty={{
        title: 'No API keys',
        text: 'A key lets a program, or the holdfast command line, act as you, with a role you choose. It never does more than you may at that moment.',
        action: (
          <Button variant="default" onClick={create}>
            Create an API key
          </Button>
        ),
      }}
    />
  )
}

export const ApiKeysPage = () => {
  const may = useMay()
  const dialog = useDo('create')
  return (
    <Page
      title="API keys"
      about={
        <>
          {may('key:manage')
            ? 'The keys with which programs act, yours and everybody’s. '
            : 'The keys with which programs act as you. '}
          What should outlive you gets a{' '}
          <PageLink to="/service-accounts" td="underline">
            service account
          </PageLink>
          .
        </>
      }
      permission="key:own"
      action={
        <Button leftSection={<IconPlus size={16} aria-hidden />} onClick={dialog.open}>
          Create an API key
        </Button>
      }
    >
      <List create={dialog.open} />
      <CreateKeyDialog opened={dialog.opened} onClose={dialog.close} />
    </Page>
  )
}
