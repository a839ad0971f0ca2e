import { Button } from '@mantine/core'
import { IconUpload } from '@tabler/icons-react'
import { useRef, useState, type ReactNode } from 'react'
import classes from './FileDrop.module.css'

interface FileDropProps {
  /** On the button: "Choose a PDF". */
  verb: string
  accept: string
  text: ReactNode
  multiple?: boolean
  onFiles: (files: File[]) => void
}

/** Takes files by button, by keyboard and by dragging. */
export const FileDrop = ({ verb, accept, text, multiple, onFiles }: FileDropProps) => {
  const input = useRef<HTMLInputElement>(null)
  const [over, setOver] = useState(false)
  return (
    <div
      className={classes['drop']}
      data-over={over || undefined}
      onDragOver={(event) => {
        event.preventDefault()
        setOver(true)
      }}
      onDragLeave={() => setOver(false)}
      onDrop={(event) => {
        event.preventDefault()
        setOver(false)
        const files = [...event.dataTransfer.files]
        if (files.length > 0) onFiles(multiple ? files : files.slice(0, 1))
      }}
    >
      <span>{text}</span>
      <Button
        variant="default"
        size="xs"
        leftSection={<IconUpload size={14} aria-hidden />}
        onClick={() => input.current?.click()}
      >
        {verb}
      </Button>
      <input
        ref={input}
        type="file"
        accept={accept}
        multiple={multiple ?? false}
        hidden
        aria-label={verb}
        onChange={(event) => {
          const files = [...(event.currentTarget.files ?? [])]
          event.currentTarget.value = ''
          if (files.length > 0) onFiles(files)
        }}
      />
    </div>
  )
}
