import { recovery } from '@holdfast/contract'
import { PageLink, Section, State, Time, useMay, usePagesOf } from '../kit/index.ts'
import { By } from './By.tsx'
import { stateWords } from './recoveryWords.ts'

const Open = () => {
  const { rows } = usePagesOf(recovery.list, {})
  const open = rows?.filter(({ state }) => state === 'asked' || state === 'confirmed') ?? []
  if (open.length === 0) return null
  return (
    <Section title="Lost second factors" about="Two of you must confirm that it is them.">
      <ul>
        {open.map(({ id, personId, askedAt, state }) => (
          <li key={id}>
            <PageLink to={`/members/recoveries/${id}`}>
              <By id={personId} />
            </PageLink>
            , <Time at={askedAt} /> <State kind={stateWords[state][0]}>{stateWords[state][1]}</State>
          </li>
        ))}
      </ul>
    </Section>
  )
}

/** Members who wait for two others to say that it is them; nothing when there are none. */
export const Recoveries = () => (useMay()('member:write') ? <Open /> : null)
