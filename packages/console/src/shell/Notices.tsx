import { lazy, Suspense, useEffect, useState } from 'react'
import { onFirstNotice } from '../kit/notices.tsx'

const Container = lazy(async () => ({ default: (await import('./NoticeContainer.tsx')).NoticeContainer }))

/** Where notices appear, loaded with the first one. */
export const Notices = () => {
  const [needed, setNeeded] = useState(false)
  useEffect(() => onFirstNotice(() => setNeeded(true)), [])
  return <Suspense fallback={null}>{needed && <Container />}</Suspense>
}
