import { Skeleton } from '@mantine/core'
import { lazy, Suspense, type ComponentProps } from 'react'
import type { PromisePicker as Picker } from './PromisePicker.tsx'

const Loaded = lazy(async () => ({ default: (await import('./PromisePicker.tsx')).PromisePicker }))

/** The picker of promises: all their titles come only when somebody chooses. */
export const PromisePicker = (props: ComponentProps<typeof Picker>) => (
  <Suspense fallback={<Skeleton height={56} />}>
    <Loaded {...props} />
  </Suspense>
)
