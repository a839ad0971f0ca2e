import type { ReactNode } from 'react'
import { usePageTitle } from '../kit/Page.tsx'
import classes from './Plain.module.css'

export const Mark = ({ size = 22 }: { size?: number }) => <img src="/holdfast.svg" width={size} height={size} alt="" />

export interface PlainProps {
  title: string
  about?: ReactNode
  /** Beneath the box: the way elsewhere. */
  foot?: ReactNode
  wide?: boolean
  children: ReactNode
}

/** The page of whoever is not (wholly) signed in: one box, one thing to do. */
export const Plain = ({ title, about, foot, wide, children }: PlainProps) => {
  usePageTitle(title)
  return (
    <main className={classes['plain']}>
      <div className={classes['plainBrand']}>
        <Mark /> Holdfast
      </div>
      <div className={classes['plainBox']} data-wide={wide || undefined}>
        <h1 id="page-title" tabIndex={-1}>
          {title}
        </h1>
        {about && <p className={classes['plainAbout']}>{about}</p>}
        <div className={classes['plainBody']}>{children}</div>
      </div>
      {foot && <div className={classes['plainFoot']}>{foot}</div>}
    </main>
  )
}
