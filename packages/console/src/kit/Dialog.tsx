import type { ModalProps } from '@mantine/core'
import { lazyDialog } from './lazyDialog.tsx'

/** A window over the page, with a named close button. For what is risky there is `ConfirmDialog`. */
export const Dialog = lazyDialog<ModalProps>(async () => (await import('./DialogLoaded.tsx')).DialogLoaded)
