import { PasswordInput, type PasswordInputProps } from '@mantine/core'

/** A password being chosen: length is what counts (NIST SP 800-63B §3.1.1). */
export const NewPassword = (props: PasswordInputProps) => (
  <PasswordInput
    label="Password"
    description="At least 12 characters; a few unrelated words are good. Common passwords are refused."
    autoComplete="new-password"
    {...props}
  />
)
