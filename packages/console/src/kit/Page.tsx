import type { Permission } from '@holdfast/contract'
import { type ReactNode, useEffect } from 'react'
import classes from './Page.module.css'
import { PageLink } from './PageLink.tsx'
import { Needs } from './Refusal.tsx'
import { useMay } from './session.tsx'

/** Names the browser tab: "Members · Holdfast". */
export const usePageTitle = (title: string): void => {
  useEffect(() => {
    document.title = `${title} · Holdfast`
  }, [title])
}

export interface PageProps {
  title: string
  /** One line: what the page is for. */
  about?: ReactNode
  /** The primary action: one button, perhaps a second, quieter one. */
  action?: ReactNode
  /** The list above a record: where "back" leads. */
  parent?: { to: string; title: string }
  /** Beside the title: the state of a record. */
  badge?: ReactNode
  /** Who lacks it sees a refusal that names it instead of the children. */
  permission?: Permission
  /** Text and forms read better in a narrower column. */
  narrow?: boolean
  children: ReactNode
}

const Head = ({ title, about, action, parent, badge }: Omit<PageProps, 'children' | 'narrow' | 'permission'>) => (
  <header className={classes['head']}>
    <div className={classes['words']}>
      {parent && (
        <nav aria-label="Breadcrumb" className={classes['parent']}>
          <PageLink to={parent.to}>{parent.title}</PageLink> <span aria-hidden>/</span>
        </nav>
      )}
      <div className={classes['titleRow']}>
        <h1 className={classes['title']} tabIndex={-1} id="page-title">
          {title}
        </h1>
        {badge}
      </div>
      {about && <p className={classes['about']}>{about}</p>}
    </div>
    {action && <div className={classes['action']}>{action}</div>}
  </header>
)

/** The action of a page is absent for whom the page refuses. */
const Allowed = ({ permission, children }: { permission: Permission; children: ReactNode }) =>
  useMay()(permission) ? children : null

/** A page of the console: title, one line of what it is for, the primary action, the table or the record. */
export const Page = ({ children, narrow, permission, ...head }: PageProps) => {
  usePageTitle(head.title)
  return (
    <div className={classes['page']} data-narrow={narrow || undefined}>
      <Head {...head} action={permission ? <Allowed permission={permission}>{head.action}</Allowed> : head.action} />
      <div className={classes['body']}>{permission ? <Needs permission={permission}>{children}</Needs> : children}</div>
    </div>
  )
}

/** A part of a page with a heading of its own. */
export const Section = ({
  title,
  about,
  action,
  children,
}: {
  title: string
  about?: ReactNode
  action?: ReactNode
  children: ReactNode
}) => (
  <section className={classes['section']} aria-label={title}>
    <div className={classes['head']}>
      <div className={classes['words']}>
        <h2 className={classes['subtitle']}>{title}</h2>
        {about && <p className={classes['about']}>{about}</p>}
      </div>
      {action && <div className={classes['action']}>{action}</div>}
    </div>
    {children}
  </section>
)

/** Name and value pairs of a record. */
export const Facts = ({ rows }: { rows: readonly (readonly [name: string, value: ReactNode])[] }) => (
  <dl className={classes['facts']}>
    {rows.map(([name, value]) => (
      <div key={name}>
        <dt>{name}</dt>
        <dd>{value}</dd>
      </div>
    ))}
  </dl>
)
