import { Button } from '@mantine/core'
import type { ErrorComponentProps } from '@tanstack/react-router'
import { Plain } from './Plain.tsx'

/** A page that threw, or whose code is gone because a newer version was installed. */
export const PageFailed = ({ error }: ErrorComponentProps) => (
  <Plain
    title="This page could not be shown"
    about="Nothing was changed. A newer version may have been installed since you opened it: reloading usually helps. If it stays, tell your operator what stands below."
  >
    <code>{error instanceof Error ? error.message : 'unknown'}</code>
    <Button onClick={() => location.reload()}>Reload</Button>
  </Plain>
)
