import { Skeleton } from '@mantine/core'
import { lazy, Suspense, type ComponentProps } from 'react'
import type { PolicyForm as Form } from './PolicyForm.tsx'

const Loaded = lazy(async () => ({ default: (await import('./PolicyForm.tsx')).PolicyForm }))

/** The form, with all its kinds of fields, comes after the page. */
export const PolicyForm = (props: ComponentProps<typeof Form>) => (
  <Suspense fallback={<Skeleton height={480} />}>
    <Loaded {...props} />
  </Suspense>
)
