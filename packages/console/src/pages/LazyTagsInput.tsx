import { Skeleton, type TagsInputProps } from '@mantine/core'
import { lazy, Suspense } from 'react'

const Loaded = lazy(async () => ({ default: (await import('./TagsInputLoaded.tsx')).TagsInput }))

/** A field for several short values. Its list of choices weighs some 30 kB, which would take its page above what one may weigh. */
export const TagsInput = (props: TagsInputProps) => (
  <Suspense fallback={<Skeleton height={80} />}>
    <Loaded {...props} />
  </Suspense>
)
