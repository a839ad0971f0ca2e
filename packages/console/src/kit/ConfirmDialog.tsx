import type { ReactNode } from 'react'
import type { Explained } from './explain.ts'
import { lazyDialog } from './lazyDialog.tsx'

export interface ConfirmDialogProps {
  opened: boolean
  onClose: () => void
  /** "Remove Ada Byron?" */
  title: string
  /** What will happen, to whom, until when: one line each. */
  consequences: readonly ReactNode[]
  /** Whether and how it can be undone. */
  undo: string
  /** The verb on the button: "Remove". */
  verb: string
  danger?: boolean
  /** Must be typed before the button works; only for what cannot be undone. */
  typed?: string
  running?: boolean
  problem?: Explained | null
  onConfirm: () => void
  /** Further input, such as a reason. */
  children?: ReactNode
  /** False keeps the button off. */
  ready?: boolean
}

/** Before anything risky: what will happen, to whom, until when, can it be undone. */
export const ConfirmDialog = lazyDialog<ConfirmDialogProps>(
  async () => (await import('./ConfirmDialogLoaded.tsx')).ConfirmDialogLoaded,
)
