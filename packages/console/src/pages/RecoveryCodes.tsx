import { Button, Checkbox, Group, Stack } from '@mantine/core'
import { IconCopy, IconDownload, IconPrinter } from '@tabler/icons-react'
import { useState } from 'react'
import { announce } from '../kit/index.ts'
import classes from './enrolment.module.css'

const asText = (codes: readonly string[]): string =>
  `Holdfast recovery codes for ${location.host}\nMade ${new Date().toISOString().slice(0, 10)}. Each works once.\n\n${codes.join('\n')}\n`

const download = (codes: readonly string[]): void => {
  const url = URL.createObjectURL(new Blob([asText(codes)], { type: 'text/plain' }))
  const link = document.createElement('a')
  link.href = url
  link.download = 'holdfast-recovery-codes.txt'
  link.click()
  URL.revokeObjectURL(url)
}

const copy = async (codes: readonly string[]): Promise<void> => {
  await navigator.clipboard.writeText(asText(codes)).then(
    () => announce('Copied the recovery codes.'),
    () => announce('The browser did not allow copying. Select the codes instead.'),
  )
}

/** Recovery codes, shown this once; goes on only after "I saved them". */
export const RecoveryCodes = ({ codes, onDone }: { codes: readonly string[]; onDone: () => void }) => {
  const [saved, setSaved] = useState(false)
  return (
    <Stack gap="md" data-recovery-codes>
      <p className={classes['text']}>
        <strong>These recovery codes are shown only now.</strong> Each lets you in once when your app is out of reach. Keep them
        where you keep passwords, not on the same phone.
      </p>
      <ol className={classes['codes']}>
        {codes.map((code) => (
          <li key={code}>
            <code>{code}</code>
          </li>
        ))}
      </ol>
      <Group gap="xs" className={classes['tools'] ?? ''}>
        <Button variant="default" size="xs" leftSection={<IconDownload size={14} aria-hidden />} onClick={() => download(codes)}>
          Download
        </Button>
        <Button variant="default" size="xs" leftSection={<IconPrinter size={14} aria-hidden />} onClick={() => print()}>
          Print
        </Button>
        <Button variant="default" size="xs" leftSection={<IconCopy size={14} aria-hidden />} onClick={() => void copy(codes)}>
          Copy
        </Button>
      </Group>
      <Checkbox label="I saved them" checked={saved} onChange={(event) => setSaved(event.currentTarget.checked)} />
      <Button disabled={!saved} onClick={onDone}>
        Go on
      </Button>
    </Stack>
  )
}
