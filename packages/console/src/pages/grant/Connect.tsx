import { Button } from '@mantine/core'
import { lazyDialog, Section, useDo, useNow } from '../../kit/index.ts'
import { Command } from './Command.tsx'
import { isRunning, type Detail } from '../grantWords.ts'

const CertificateDialog = lazyDialog(async () => (await import('./CertificateDialog.tsx')).CertificateDialog)

/** How its person gets in: one command, or a certificate for plain ssh. */
export const Connect = ({ detail }: { detail: Detail }) => {
  const certificate = useDo('certificate')
  if (!isRunning(detail, useNow(5_000))) return null
  return (
    <Section
      title="Connect"
      about="The command line fetches a certificate for a key that never leaves your machine, checks the server’s own, and runs ssh."
      action={
        <Button variant="default" size="xs" onClick={certificate.open}>
          Use plain ssh instead
        </Button>
      }
    >
      <Command value={`holdfast ssh ${detail.targetName}`} what="the command" />
      <CertificateDialog detail={detail} opened={certificate.opened} onClose={certificate.close} />
    </Section>
  )
}
