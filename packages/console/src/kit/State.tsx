import type { ReactNode } from 'react'
import classes from './kit.module.css'

export type StateKind = 'good' | 'bad' | 'warn' | 'quiet' | 'accent'

/** A state as a dot and a word: never colour alone. */
export const State = ({ kind, children }: { kind: StateKind; children: ReactNode }) => (
  <span className={classes['state']} data-kind={kind}>
    {children}
  </span>
)

/** A small neutral label, such as a role. */
export const Tag = ({ children }: { children: ReactNode }) => <span className={classes['tag']}>{children}</span>

/** Teaches the first step, with one button at most. */
export const Empty = ({ title, text, action }: { title: string; text: ReactNode; action?: ReactNode }) => (
  <div className={classes['empty']}>
    <strong>{title}</strong>
    <p>{text}</p>
    {action}
  </div>
)

/** A row of filter fields above a table. */
export const Filters = ({ children }: { children: ReactNode }) => (
  <div className={classes['filters']} role="search">
    {children}
  </div>
)
