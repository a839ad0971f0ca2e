import { Menu, type MenuProps } from '@mantine/core'
import { cloneElement, useLayoutEffect, useRef, useState, type ReactElement, type Ref } from 'react'
import type { MenuTarget } from './lazyMenu.tsx'

interface MenuLoadedProps {
  menu: MenuProps
  target: MenuTarget
  /** Whether the button that this one stands in for held the focus. */
  focused: boolean
  items: ReactElement
}

/** Opens once it is there: somebody asked for it. */
export const MenuLoaded = ({ menu, target, focused, items }: MenuLoadedProps) => {
  const [opened, setOpened] = useState(false)
  const button = useRef<HTMLButtonElement>(null)
  useLayoutEffect(() => {
    // The menu gives the focus back, when it closes, to what held it when it opened.
    if (focused) button.current?.focus({ preventScroll: true })
    setOpened(true)
  }, [focused])
  return (
    <Menu {...menu} opened={opened} onChange={setOpened}>
      <Menu.Target>{cloneElement(target as ReactElement<{ ref?: Ref<HTMLButtonElement> }>, { ref: button })}</Menu.Target>
      <Menu.Dropdown>{items}</Menu.Dropdown>
    </Menu>
  )
}
