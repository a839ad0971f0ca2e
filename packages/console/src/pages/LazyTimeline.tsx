import { Skeleton } from '@mantine/core'
import { lazy, Suspense, type ComponentProps } from 'react'
import type { Timeline as Whole } from './Timeline.tsx'

const Loaded = lazy(async () => ({ default: (await import('./Timeline.tsx')).Timeline }))

/** The timeline of a record: it stands at the end of its page, and comes after the rest. */
export const Timeline = (props: ComponentProps<typeof Whole>) => (
  <Suspense fallback={<Skeleton height={120} />}>
    <Loaded {...props} />
  </Suspense>
)
