import { useMemo } from 'react'
import { renderMarkdown } from './markdown.ts'
import textClasses from './text.module.css'

/** A policy's Markdown, rendered and sanitised. The parser is heavy, so `Document.tsx` loads this when there is text to show. */
export const Rendered = ({ text }: { text: string }) => {
  const html = useMemo(() => renderMarkdown(text), [text])
  return <div className={textClasses['text']} dangerouslySetInnerHTML={{ __html: html }} />
}
