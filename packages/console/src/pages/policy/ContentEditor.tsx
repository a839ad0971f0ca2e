import { SegmentedControl, Textarea } from '@mantine/core'
import { useDeferredValue, useState } from 'react'
import { bytesInWords } from '../../verify/words.ts'
import { bytesOf, draftOfFile, maxContentBytes, type Draft, type Format } from './content.ts'
import { DocumentOf, Rendered } from './Document.tsx'
import { FileDrop } from '../FileDrop.tsx'
import classes from './editor.module.css'

interface ContentEditorProps {
  draft: Draft
  onChange: (draft: Draft) => void
  /** A draft that exists keeps its format. */
  fixedFormat?: boolean
  error?: string | undefined
}

const Markdown = ({ draft, onChange, error }: ContentEditorProps) => {
  const shown = useDeferredValue(draft.content)
  const [view, setView] = useState<'write' | 'preview'>('write')
  return (
    <>
      <SegmentedControl
        className={classes['views'] ?? ''}
        size="xs"
        value={view}
        onChange={(next) => setView(next === 'preview' ? 'preview' : 'write')}
        data={[
          { value: 'write', label: 'Write' },
          { value: 'preview', label: 'Preview' },
        ]}
      />
      <div className={classes['editor']} data-view={view}>
        <Textarea
          label="Text"
          name="content"
          description="Markdown: # heading, - list, **bold**, [link](https://…)"
          classNames={{ input: classes['source'] ?? '', root: classes['write'] ?? '' }}
          autosize
          minRows={18}
          maxRows={40}
          spellCheck
          value={draft.content}
          onChange={(event) => onChange({ ...draft, content: event.currentTarget.value })}
          error={error}
        />
        <div className={classes['preview']}>
          <span className={classes['label']} id="preview-label">
            Preview
          </span>
          <div className={classes['sheet']} role="region" aria-labelledby="preview-label" tabIndex={0}>
            {shown.trim() ? (
              <Rendered text={shown} />
            ) : (
              <span className={classes['quiet']}>What you write appears here as it will be read.</span>
            )}
          </div>
        </div>
      </div>
    </>
  )
}

const formats = [
  { value: 'markdown', label: 'Markdown' },
  { value: 'pdf', label: 'PDF' },
]

/** Markdown with its preview beside it, or a PDF chosen or dropped. Counts bytes as the server will. */
export const ContentEditor = (props: ContentEditorProps) => {
  const { draft, onChange, fixedFormat } = props
  const [refused, setRefused] = useState<string | null>(null)
  const take = async ([file]: File[]) => {
    if (!file) return
    const taken = await draftOfFile(file)
    if (typeof taken === 'string') setRefused(taken)
    else if (fixedFormat && taken.format !== draft.format)
      setRefused(`This draft is ${draft.format === 'pdf' ? 'a PDF' : 'Markdown'}; “${file.name}” is not.`)
    else {
      setRefused(null)
      onChange(taken)
    }
  }
  const bytes = bytesOf(draft.format, draft.content).length
  return (
    <div className={classes['content']}>
      {!fixedFormat && (
        <SegmentedControl
          aria-label="Format"
          value={draft.format}
          data={formats}
          onChange={(format) => onChange({ format: format as Format, content: '' })}
        />
      )}
      <FileDrop
        verb={draft.format === 'pdf' ? 'Choose a PDF' : 'Load a file'}
        accept={draft.format === 'pdf' ? '.pdf,application/pdf' : '.md,.markdown,.txt,text/markdown,text/plain'}
        text={
          draft.fileName ?? (draft.format === 'pdf' ? 'Drop the PDF here, or' : 'Write below, or drop a Markdown file here, or')
        }
        onFiles={(files) => void take(files)}
      />
      {(refused ?? (draft.format === 'pdf' ? props.error : undefined)) && (
        <p role="alert" className={classes['refused']}>
          {refused ?? props.error}
        </p>
      )}
      {draft.format === 'markdown' && <Markdown {...props} />}
      {draft.format === 'pdf' && draft.content && (
        <DocumentOf format="pdf" content={draft.content} name={draft.fileName ?? 'policy'} />
      )}
      {draft.content && (
        <span className={classes['quiet']} data-bad={bytes > maxContentBytes || undefined}>
          {bytesInWords(bytes)} of {bytesInWords(maxContentBytes)}
        </span>
      )}
    </div>
  )
}
