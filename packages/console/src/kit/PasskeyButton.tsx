import { Button, Divider, type ButtonProps } from '@mantine/core'
import { IconFingerprint } from '@tabler/icons-react'
import type { ReactNode } from 'react'

/** The one look of "a passkey does it". */
export const PasskeyButton = ({
  onClick,
  children,
  ...props
}: ButtonProps & { onClick: () => void; autoFocus?: boolean; children: ReactNode }) => (
  <Button type="button" leftSection={<IconFingerprint size={18} aria-hidden />} onClick={onClick} {...props}>
    {children}
  </Button>
)

/** Between two ways to do the same. */
export const Or = () => <Divider label="or" labelPosition="center" />
