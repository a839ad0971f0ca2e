import { Skeleton } from '@mantine/core'
import { lazy, Suspense, type ComponentProps } from 'react'
import type { ContentEditor as Editor } from './ContentEditor.tsx'

const Loaded = lazy(async () => ({ default: (await import('./ContentEditor.tsx')).ContentEditor }))

/** The editor, whose code comes only when somebody writes. */
export const ContentEditor = (props: ComponentProps<typeof Editor>) => (
  <Suspense fallback={<Skeleton height={320} />}>
    <Loaded {...props} />
  </Suspense>
)
