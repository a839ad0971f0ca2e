import { describe, expect, it } from 'vitest'
import { startOf, withTarget } from './request.ts'
import { proofInWords } from './proof.ts'
import { sshCommand } from './ssh.ts'
import { durationInWords, laterInWords } from '../accessWords.ts'
import { durationsUpTo, isRunning, leftInWords, stateOf, type Detail, type Option } from '../grantWords.ts'

const end = '2026-11-23T12:00:00.000Z'
const at = (ms: number) => new Date(Date.parse(end) + ms).toISOString()

const session = {
  ...{ id: 'ls_1', hostId: 'ho_1', grantId: 'gr_1', personId: 'pe_1', login: 'deploy', startedAt: at(-60_000) },
  ...{ toldAt: at(40), endedAt: at(120), endReason: 'revoked', survivors: 0 },
} as unknown as Detail['sessions'][number]

const ended = (changes: Partial<Detail> = {}, proof: Partial<NonNullable<Detail['proof']>> = {}): Detail =>
  ({
    ...{ state: 'ended', endReason: 'revoked', targetName: 'web-1', login: 'deploy', approvals: [], approvalsNeeded: 1 },
    ...{ startsAt: at(-60_000), endsAt: at(60_000), endedAt: end, sessions: [session], ...changes },
    proof: { announcedAs: 7, toldAt: at(40), deadAt: at(120), openSessions: 0, survivors: 0, ...proof },
  }) as unknown as Detail

describe('times of a grant', () => {
  it('are exact for what is asked for', () => {
    expect(durationInWords(5400)).toBe('1 h 30 min')
    expect(durationInWords(90)).toBe('1 min 30 s')
    expect(durationInWords(604_800)).toBe('7 d')
  })
  it('count down to the second, and never below nothing', () => {
    expect(leftInWords(183_000_000)).toBe('2 d 2 h')
    expect(leftInWords(3_900_000)).toBe('1 h 05 min')
    expect(leftInWords(249_001)).toBe('4 min 10 s')
    expect(leftInWords(-5)).toBe('0 s')
  })
  it('offer the longest allowed, and nothing longer', () => {
    expect(durationsUpTo(3600)).toEqual([900, 1800, 3600])
    expect(durationsUpTo(600)).toEqual([600])
  })
  it('say how long after; nothing where clocks disagree', () => {
    expect(laterInWords(end, at(340))).toBe('340 ms after the end')
    expect(laterInWords(end, at(1_240), 'it was told')).toBe('1.2 s after it was told')
    expect(laterInWords(end, at(-1))).toBe('')
  })
})

describe('where a grant stands', () => {
  const now = Date.parse(end)
  const row = (changes: object) => ({ approvals: [], approvalsNeeded: 2, endReason: null, ...changes }) as unknown as Detail
  it('is a word for every state', () => {
    expect(stateOf(row({ state: 'requested' }), now).word).toBe('Waits for approval')
    expect(stateOf(row({ state: 'requested', approvals: [{}] }), now).word).toBe('1 of 2 approvals')
    expect(stateOf(row({ state: 'approved', startsAt: at(-1), endsAt: at(1) }), now).word).toBe('Running')
    expect(stateOf(row({ state: 'approved', startsAt: at(1), endsAt: at(2) }), now).word).toBe('Approved for later')
    expect(stateOf(row({ state: 'ended', endReason: 'revoked' }), now)).toEqual({ kind: 'bad', word: 'Revoked' })
  })
  it('is over at its end to the millisecond, whatever the page last heard', () => {
    expect(isRunning({ state: 'approved', startsAt: at(-10), endsAt: end }, now - 1)).toBe(true)
    expect(isRunning({ state: 'approved', startsAt: at(-10), endsAt: end }, now)).toBe(false)
  })
})

describe('the proof that access ended', () => {
  it('says who was told when, when all was dead, and that nothing was left', () => {
    const proof = proofInWords(ended())
    expect(proof).toMatchObject({ kind: 'good', word: 'Over, and proved' })
    expect(proof?.lines.map(({ later }) => later)).toEqual(['40 ms after the end', '120 ms after the end', ''])
  })
  it('never claims what nobody has said', () => {
    expect(proofInWords(ended({}, { toldAt: null }))).toMatchObject({ kind: 'warn', word: 'Waits for the server' })
    expect(proofInWords(ended({}, { survivors: null }))).toMatchObject({ kind: 'warn' })
    expect(proofInWords(ended({}, { openSessions: 1, deadAt: null }))).toMatchObject({ kind: 'bad', word: 'Not over yet' })
    expect(proofInWords(ended({}, { survivors: 2 }))).toMatchObject({ kind: 'bad', word: 'Something outlived it' })
  })
  it('needs no word to the server where time ran out, and no count where nobody came', () => {
    const quiet = proofInWords(
      ended({ endReason: 'expired', sessions: [] }, { announcedAs: null, toldAt: null, deadAt: null, survivors: null }),
    )
    expect(quiet).toMatchObject({ kind: 'good' })
    expect(quiet?.lines).toHaveLength(2)
  })
  it('is silent while the grant runs', () => expect(proofInWords({ ...ended(), databaseId: null, proof: null })).toBeNull())
  it('of a database says of each role what is proved, and never more', () => {
    const role = {
      name: 'hf_a_abcdef',
      madeAt: at(-1000),
      noLoginAt: at(10),
      deadAt: at(20),
      droppedAt: at(300),
      backendsEnded: 1,
    }
    const of = (...roles: object[]) =>
      proofInWords({ ...ended(), proof: null, databaseId: 'db_1', databaseRoles: roles } as unknown as Detail)
    const whole = { abandonedAt: null, trouble: null, triedAt: at(300), ...role }
    expect(of()).toMatchObject({ kind: 'good', word: 'Over, and never used' })
    expect(of(whole)).toMatchObject({ kind: 'good', word: 'Over, and proved' })
    expect(of(whole)?.lines[1]?.text).toContain('1 connection was cut')
    expect(of(whole, { ...whole, droppedAt: null, trouble: 'Things of others.' })).toMatchObject({ kind: 'warn' })
    expect(of({ ...whole, deadAt: null, droppedAt: null })).toMatchObject({ kind: 'bad', word: 'Not over yet' })
    expect(of({ ...whole, droppedAt: null, abandonedAt: at(900) })).toMatchObject({ kind: 'bad', word: 'Not proved' })
    expect(of({ ...whole, madeAt: null })?.lines).toMatchObject([{ kind: 'quiet' }])
  })
})

describe('a request', () => {
  const terms = { id: 'ap_1', logins: ['deploy', 'root'], maxSeconds: 1800, ticketPattern: null, extensions: [] }
  const options = [
    { kind: 'host', id: 'ho_1', policies: [terms] },
    { kind: 'host', id: 'ho_2', policies: [{ ...terms, id: 'ap_2', logins: ['root'] }] },
    { kind: 'database', id: 'db_1', policies: [{ ...terms, id: 'ap_3', logins: ['readonly'] }] },
  ]
  const given = options as unknown as Option[]
  it('begins with the server asked for, within its terms', () => {
    expect(startOf(given, undefined).hostId).toBeUndefined()
    expect(startOf(given, 'ho_1')).toMatchObject({ policyId: 'ap_1', login: 'deploy', seconds: 1800 })
    expect(startOf(given.slice(0, 1), undefined).hostId).toBe('ho_1')
  })
  it('keeps of what was filled in what another server allows', () => {
    const asked = { ...startOf(given, 'ho_1'), login: 'root', seconds: 900, reason: 'Why', ticket: 'OPS-1' }
    expect(withTarget(given, asked, 'ho_2')).toMatchObject({
      login: 'root',
      seconds: 900,
      reason: 'Why',
      ticket: undefined,
    })
  })
  it('is for a server or for a database, never both, and takes no networks where nobody holds to them', () => {
    const asked = { ...startOf(given, 'ho_1'), sourceNetworks: ['10.0.0.0/8'] }
    const turned = withTarget(given, asked, 'db_1')
    expect(turned).toMatchObject({ hostId: undefined, databaseId: 'db_1', login: 'readonly', sourceNetworks: [] })
    expect(withTarget(given, turned, 'ho_2')).toMatchObject({ hostId: 'ho_2', databaseId: undefined })
  })
})

it('plain ssh knows the server by its certificate, not on first use', () => {
  const issued = { login: 'deploy', address: '10.1.2.3', port: 2222, hostKeyAlias: 'o:1:h:2' }
  const command = sshCommand(issued)
  expect(command).toContain('-o UserKnownHostsFile=~/.ssh/holdfast_known_hosts')
  expect(command).toContain('-o HostKeyAlias=o:1:h:2')
  expect(command).toContain('-p 2222')
  expect(sshCommand({ ...issued, port: 22 })).not.toContain('-p ')
})
