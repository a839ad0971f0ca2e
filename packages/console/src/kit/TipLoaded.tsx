import { Tooltip } from '@mantine/core'
import type { ReactNode } from 'react'

export interface TipLoadedProps {
  id: string
  target: HTMLElement
  opened: boolean
  label: ReactNode
}

export const TipLoaded = ({ id, target, opened, label }: TipLoadedProps) => (
  <Tooltip target={target} opened={opened} label={<span id={id}>{label}</span>} />
)
