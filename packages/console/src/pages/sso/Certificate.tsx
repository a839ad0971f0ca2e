import { Day, State, Time } from '../../kit/index.ts'

const standing = (notAfter: string): 'bad' | 'warn' | 'good' => {
  const days = (Date.parse(notAfter) - Date.now()) / 86_400_000
  return days < 0 ? 'bad' : days < 30 ? 'warn' : 'good'
}
const words = { bad: 'has run out', warn: 'runs out', good: 'lasts until' } as const

/** Which certificate it is, and how long it lasts. */
export const Certificate = ({ of: { fingerprint, notAfter } }: { of: { fingerprint: string; notAfter: string } }) => (
  <span>
    <code title={fingerprint}>{fingerprint.slice(0, 16)}…</code>{' '}
    <State kind={standing(notAfter)}>
      {words[standing(notAfter)]} {standing(notAfter) === 'good' ? <Day on={notAfter} /> : <Time at={notAfter} />}
    </State>
  </span>
)
