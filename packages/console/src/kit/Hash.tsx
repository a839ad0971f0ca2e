import { ActionIcon } from '@mantine/core'
import { IconCheck, IconCopy } from '@tabler/icons-react'
import { useState } from 'react'
import { announce } from './announce.ts'
import classes from './kit.module.css'
import { shorten } from './shorten.ts'
import { Tip } from './Tip.tsx'

/** Copies `value`, says so to the eye and to a screen reader. `what` names it: "the hash". */
export const Copy = ({ value, what }: { value: string; what: string }) => {
  const [copied, setCopied] = useState(false)
  const copy = async () => {
    try {
      await navigator.clipboard.writeText(value)
      setCopied(true)
      announce(`Copied ${what}.`)
      setTimeout(() => setCopied(false), 1500)
    } catch {
      announce('The browser did not allow copying. Select the text instead.')
    }
  }
  return (
    <Tip label={copied ? 'Copied' : `Copy ${what}`}>
      <ActionIcon
        variant="subtle"
        color="gray"
        size="sm"
        aria-label={`Copy ${what}`}
        onClick={(event) => {
          event.stopPropagation()
          void copy()
        }}
      >
        {copied ? <IconCheck size={14} aria-hidden /> : <IconCopy size={14} aria-hidden />}
      </ActionIcon>
    </Tip>
  )
}

export interface HashProps {
  value: string | null
  /** What it is, for the copy button: "the hash". */
  what?: string
  /** Shown whole, wrapping. */
  whole?: boolean
}

/** A hash, key or id: monospace, shortened in the middle, with a copy button. */
export const Hash = ({ value, what = 'the hash', whole }: HashProps) => {
  if (value === null) return <span className={classes['quiet']}>none</span>
  return (
    <span className={classes['hash']}>
      <code title={value} className={whole ? classes['whole'] : undefined}>
        {whole ? value : shorten(value)}
      </code>
      <Copy value={value} what={what} />
    </span>
  )
}

export const Id = ({ value, what = 'the id' }: { value: string; what?: string }) => <Hash value={value} what={what} />
