import { Button } from '@mantine/core'
import { lazyDialog, Section, useDo, useNow } from '../../kit/index.ts'
import { Command } from './Command.tsx'
import { isRunning, type Detail } from '../grantWords.ts'

const CredentialsDialog = lazyDialog(async () => (await import('./CredentialsDialog.tsx')).CredentialsDialog)

/** How its person gets into the database: one command, or credentials for other clients. */
export const DatabaseConnect = ({ detail }: { detail: Detail }) => {
  const credentials = useDo('credentials')
  if (!isRunning(detail, useNow(5_000))) return null
  return (
    <Section
      title="Connect"
      about="The command line fetches credentials of a role of its own, checks the database’s certificate, and runs psql."
      action={
        <Button variant="default" size="xs" onClick={credentials.open}>
          Credentials for another client
        </Button>
      }
    >
      <Command value={`holdfast psql ${detail.targetName} -l ${detail.login}`} what="the command" />
      <CredentialsDialog detail={detail} opened={credentials.opened} onClose={credentials.close} />
    </Section>
  )
}
