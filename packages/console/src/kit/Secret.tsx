import { Alert, Stack } from '@mantine/core'
import { IconEyeOff } from '@tabler/icons-react'
import type { ReactNode } from 'react'
import { Copy } from './Hash.tsx'
import classes from './kit.module.css'

export interface SecretProps {
  value: string
  /** "The API key": names it in the warning and for the copy button. */
  what: string
  children?: ReactNode
}

/** Something shown this once, and said so. */
export const Secret = ({ value, what, children }: SecretProps) => (
  <Alert variant="outline" color="yellow" icon={<IconEyeOff size={18} aria-hidden />} title={`${what} is shown only now`}>
    <Stack gap="xs">
      <span>We keep no copy that can be read back. Store it where it belongs before you close this.</span>
      <span className={classes['secret']}>
        <code>{value}</code>
        <Copy value={value} what={what.toLowerCase()} />
      </span>
      {children}
    </Stack>
  </Alert>
)
