import { Anchor, type AnchorProps } from '@mantine/core'
import { useRouter } from '@tanstack/react-router'
import type { MouseEvent, ReactNode } from 'react'

/** A plain left click stays in the page; anything else (new tab, new window, download) is the browser's. */
export const isPlainClick = (event: MouseEvent): boolean =>
  event.button === 0 && !event.metaKey && !event.ctrlKey && !event.shiftKey && !event.altKey && !event.defaultPrevented

/** Goes to a path of the console without loading the page anew. */
export const useGo = (): ((to: string, options?: { replace?: boolean }) => void) => {
  const router = useRouter()
  return (to, options) => (options?.replace ? router.history.replace(to) : router.history.push(to))
}

export interface PageLinkProps extends AnchorProps {
  to: string
  children: ReactNode
  onClick?: () => void
}

/** A link to a page of the console: a real `href`, followed without a reload. */
export const PageLink = ({ to, children, onClick, ...rest }: PageLinkProps) => {
  const router = useRouter({ warn: false }) as ReturnType<typeof useRouter> | null
  return (
    <Anchor
      inherit
      {...rest}
      href={to}
      onClick={(event) => {
        onClick?.()
        if (!router || !isPlainClick(event)) return
        event.preventDefault()
        router.history.push(to)
      }}
    >
      {children}
    </Anchor>
  )
}
