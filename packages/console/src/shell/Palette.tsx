import '@mantine/spotlight/styles.layer.css'
import { createSpotlight, Spotlight, type SpotlightActionGroupData } from '@mantine/spotlight'
import { useMantineColorScheme } from '@mantine/core'
import { useEffect, useState } from 'react'
import { useGo } from '../kit/PageLink.tsx'
import { useMay } from '../kit/session.tsx'
import { paletteActions, recordAt } from './palette.ts'
import { visibleGroups } from './places.ts'
import { useSignOut } from './signOut.ts'

const [store, controls] = createSpotlight()

interface PaletteProps {
  /** Counts up each time it is asked for. */
  asked: number
  openHelp: () => void
}

const useGroups = (query: string, openHelp: () => void): SpotlightActionGroupData[] => {
  const may = useMay()
  const go = useGo()
  const signOut = useSignOut()
  const { setColorScheme } = useMantineColorScheme()
  const record = recordAt(query)
  const places = visibleGroups(may).flatMap((group) =>
    group.places.map((place) => ({
      id: place.to,
      label: place.title,
      ...(group.title && { description: group.title }),
      keywords: place.words ?? '',
      leftSection: <place.icon size={18} stroke={1.5} aria-hidden />,
      onClick: () => (place.outside ? location.assign(place.to) : go(place.to)),
    })),
  )
  const actions = paletteActions
    .filter(({ permission }) => may(permission))
    .map(({ to, title, words }) => ({ id: to, label: title, keywords: words, onClick: () => go(to) }))
  const own = [
    { id: 'light', label: 'Light appearance', keywords: 'theme colour', onClick: () => setColorScheme('light') },
    { id: 'dark', label: 'Dark appearance', keywords: 'theme colour', onClick: () => setColorScheme('dark') },
    { id: 'help', label: 'Keyboard shortcuts', keywords: 'help keys', onClick: openHelp },
    { id: 'sign-out', label: 'Sign out', keywords: 'log out leave', onClick: () => void signOut() },
  ]
  return [
    ...(record
      ? [{ group: 'Record', actions: [{ id: 'record', label: record.title, keywords: query, onClick: () => go(record.to) }] }]
      : []),
    { group: 'Go to', actions: places },
    { group: 'Do', actions: [...actions, ...own] },
  ]
}

/** Every page and action of the role, and records by id or number. */
export default function Palette({ asked, openHelp }: PaletteProps) {
  const [query, setQuery] = useState('')
  const groups = useGroups(query, openHelp)
  useEffect(() => controls.open(), [asked])
  return (
    <Spotlight
      store={store}
      shortcut={null}
      query={query}
      onQueryChange={setQuery}
      actions={groups}
      overlayProps={{ blur: 0, backgroundOpacity: 0.4 }}
      clearQueryOnClose
      nothingFound="Nothing by that name. Try an id, such as po_…, or an entry, such as #4821."
      searchProps={{ placeholder: 'Go to, do, or an id', 'aria-label': 'Go to or do' }}
      scrollable
      maxHeight={420}
    />
  )
}
