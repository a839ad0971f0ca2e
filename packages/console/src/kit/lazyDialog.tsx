import { lazy, Suspense, useState, type ComponentType, type ReactNode } from 'react'

/**
 * A dialog whose code is fetched when it is opened first: most visits to a page open none of its dialogs. It stays mounted from then on,
 * so that it can close gently.
 */
export const lazyDialog = <Props extends { opened: boolean }>(
  load: () => Promise<ComponentType<Props>>,
): ((props: Props) => ReactNode) => {
  const Loaded = lazy(async () => ({ default: await load() })) as unknown as ComponentType<Props>
  return function LazyDialog(props: Props) {
    const [wanted, setWanted] = useState(props.opened)
    if (props.opened && !wanted) setWanted(true)
    return wanted ? (
      <Suspense fallback={null}>
        <Loaded {...props} />
      </Suspense>
    ) : null
  }
}
