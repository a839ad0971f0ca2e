import { useLocation } from '@tanstack/react-router'
import { IconSearch } from '@tabler/icons-react'
import { PageLink } from '../kit/PageLink.tsx'
import { useMay } from '../kit/session.tsx'
import { AccountMenu } from './AccountMenu.tsx'
import { OrganisationSwitch } from './OrganisationSwitch.tsx'
import { placeOf, visibleGroups, type Place } from './places.ts'
import classes from './Shell.module.css'

const PlaceLink = ({ place, current, onGo }: { place: Place; current: boolean; onGo?: (() => void) | undefined }) => {
  const inside = (
    <>
      <place.icon size={17} stroke={1.75} aria-hidden />
      {place.title}
    </>
  )
  if (place.outside)
    return (
      <a href={place.to} className={classes['place']}>
        {inside}
      </a>
    )
  return (
    <PageLink
      to={place.to}
      className={classes['place'] ?? ''}
      underline="never"
      {...(current && { 'aria-current': 'page' as const })}
      {...(onGo && { onClick: onGo })}
    >
      {inside}
    </PageLink>
  )
}

/** The places this role may go to. */
export const Places = ({ onGo }: { onGo?: () => void }) => {
  const may = useMay()
  const here = placeOf(useLocation().pathname)
  return (
    <nav className={classes['places']} aria-label="Main">
      {visibleGroups(may).map((group) => (
        <div key={group.title} className={classes['group']}>
          {group.title && <h2 className={classes['groupTitle']}>{group.title}</h2>}
          <ul>
            {group.places.map((place) => (
              <li key={place.to}>
                <PlaceLink place={place} current={place.to === here} onGo={onGo} />
              </li>
            ))}
          </ul>
        </div>
      ))}
    </nav>
  )
}

export const SearchButton = ({ onClick }: { onClick: () => void }) => (
  <button type="button" className={classes['search']} onClick={onClick} aria-keyshortcuts="Control+K">
    <IconSearch size={15} aria-hidden /> Go to or do… <kbd>Ctrl K</kbd>
  </button>
)

export const Rail = ({ openPalette, openHelp }: { openPalette: () => void; openHelp: () => void }) => (
  <div className={classes['rail']}>
    <div className={classes['railTop']}>
      <OrganisationSwitch />
      <SearchButton onClick={openPalette} />
    </div>
    <Places />
    <div className={classes['railFoot']}>
      <AccountMenu openHelp={openHelp} />
    </div>
  </div>
)
