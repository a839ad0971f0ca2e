import { Button, Group, Stack } from '@mantine/core'
import { Due, Secret } from '../../kit/index.ts'
import classes from './host.module.css'
import type { Issued } from './words.ts'

/** The one-time command that brings a server in. */
export const Enrolment = ({ issued, onClose }: { issued: Issued; onClose: () => void }) => (
  <Stack gap="md">
    <span>
      Run this on <strong>{issued.host.name}</strong>, as root. It installs the agent, checks the new sshd configuration before it
      is used, and puts the old one back should logins break.
    </span>
    <Secret value={issued.command} what="The enrolment command">
      <span>
        It works once: <Due at={issued.expiresAt} soonMs={3_600_000} />. Another one can be made at any time.
      </span>
    </Secret>
    {issued.caFingerprint && (
      <p className={classes['note']}>
        It names the fingerprint of this installation’s own certificate authority, so that the server cannot be fooled by another
        that answers in our place.
      </p>
    )}
    <Group justify="flex-end">
      <Button onClick={onClose}>I have copied it</Button>
    </Group>
  </Stack>
)
