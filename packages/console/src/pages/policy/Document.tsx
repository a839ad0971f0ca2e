import { Button, Skeleton } from '@mantine/core'
import { IconDownload } from '@tabler/icons-react'
import { lazy, Suspense, useEffect, useMemo, useState } from 'react'
import { bytesOf, type Format } from './content.ts'
import classes from './editor.module.css'

const LazyRendered = lazy(async () => ({ default: (await import('./Rendered.tsx')).Rendered }))

/** A policy's Markdown as it reads; the parser comes only now. */
export const Rendered = ({ text }: { text: string }) => (
  <Suspense fallback={<Skeleton height={240} />}>
    <LazyRendered text={text} />
  </Suspense>
)

/** An address for bytes that never leave the browser. */
const useObjectUrl = (bytes: Uint8Array<ArrayBuffer>, type: string): string | null => {
  const [url, setUrl] = useState<string | null>(null)
  useEffect(() => {
    const made = URL.createObjectURL(new Blob([bytes], { type }))
    setUrl(made)
    return () => URL.revokeObjectURL(made)
  }, [bytes, type])
  return url
}

/** Chromium opens no `data:` address longer than 2 MiB; base64 is a third longer than what it carries. */
const maxShownBytes = 1_500_000

/**
 * A PDF in the browser's own viewer. `sandbox` would switch the viewer off (Chromium shows nothing then), so the frame gets a `data:` address:
 * its origin is opaque, and neither the PDF nor what a browser might take it for can reach this page, its cookies or its storage.
 * Phones have no viewer in a frame: the button works everywhere.
 */
export const Pdf = ({ content, name }: { content: string; name: string }) => {
  const bytes = useMemo(() => bytesOf('pdf', content), [content])
  const url = useObjectUrl(bytes, 'application/pdf')
  if (!url) return null
  return (
    <div className={classes['pdf']}>
      <Button
        component="a"
        href={url}
        download={`${name}.pdf`}
        variant="default"
        size="xs"
        leftSection={<IconDownload size={14} aria-hidden />}
      >
        Download the PDF
      </Button>
      {bytes.length <= maxShownBytes ? (
        <iframe src={`data:application/pdf;base64,${content}`} title={name} />
      ) : (
        <p>This PDF is too large to be shown here. Download it to read it.</p>
      )}
    </div>
  )
}

export const DocumentOf = ({ format, content, name }: { format: Format; content: string; name: string }) =>
  format === 'pdf' ? <Pdf content={content} name={name} /> : <Rendered text={content} />
