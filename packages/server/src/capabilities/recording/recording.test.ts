/** Recordings (C7): who may write one, what of a chain is taken, and what somebody with the database alone gets. */
import {
  accessPolicy,
  accessLog,
  agent,
  grant,
  host,
  recording,
  castEventsOf,
  createCastLines,
  type GrantId,
  type InputOf,
} from '@holdfast/contract'
import { recordingHash, recordingRoot } from '@holdfast/ledger'
import { parseCertificate } from '@holdfast/crypto/ssh'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { setStage, type Stage } from '../../../test/access.ts'
import { newCaller, type Caller } from '../../../test/platform.ts'
import { newSshKey } from '../../../test/world.ts'
import { createCheck } from './rules.ts'
import { upkeep } from './upkeep.ts'

let stage: Stage
let bastion: Awaited<ReturnType<typeof enrolBastion>>
const enrolBastion = async (name: string) => {
  const { platform, founded } = stage
  const named = { name, environment: 'edge', address: `${name}.example.test`, recorderLogin: 'recorder' }
  const { token } = await platform.call(host.register, named, founded.owner)
  const enrolled = await platform.call(agent.enrol, { token, hostPublicKey: newSshKey(), agentVersion: '1' }, newCaller())
  return { ...enrolled, caller: newCaller({ apiKey: enrolled.agentKey }) }
}
beforeAll(async () => {
  stage = await setStage()
  bastion = await enrolBastion('bastion-1')
  await stage.allow({ bastionId: bastion.hostId })
}, 60_000)
afterAll(() => stage?.platform.close())

type SessionId = InputOf<typeof recording.open>['sessionId']
let sessions = 0
/** The agent says that somebody has come in to its recorder. */
const comeIn = async (grantId: GrantId, as: Caller = bastion.caller): Promise<SessionId> => {
  const id = `ls_${String(++sessions).padStart(26, '0')}` as SessionId
  const session = { id, grantId, login: 'recorder', startedAt: stage.platform.clock.now().toISOString() }
  await stage.platform.call(agent.report, { acknowledged: 1, sessions: [session] }, as)
  return id
}
const begin = async (as: Caller = bastion.caller) => {
  const given = await stage.give()
  const facts = {
    grantId: given.grant.id,
    sessionId: await comeIn(given.grant.id, as),
    publicKey: newSshKey(),
    kind: 'command' as const,
    command: 'make secret-target',
  }
  return { ...given, opened: await stage.platform.call(recording.open, facts, as), facts }
}
type Id = InputOf<typeof recording.read>['id']
/** Chunks as an agent makes them. */
const chunksOf = (id: string, texts: readonly string[]) => {
  let head = recordingRoot(id)
  return texts.map((text, index) => {
    const content = `${JSON.stringify([index, 'o', text])}\n`
    head = recordingHash(head, index, content)
    return { id: id as Id, index, hash: head, content }
  })
}
const send = (chunk: InputOf<typeof recording.append>, as: Caller = bastion.caller) =>
  stage.platform.call(recording.append, chunk, as)
const refusal = (chunk: InputOf<typeof recording.append>, as: Caller = bastion.caller) =>
  stage.platform.refusal(recording.append, chunk, as)

describe('the way in', () => {
  test('a person’s certificate opens the recorder of the bastion, a recorder’s the server; neither opens the other', async () => {
    const { host: web, grant: given, opened } = await begin()
    const { certificate, recordedBy, login } = await stage.certificate(given.id)
    expect({ recordedBy, login }).toEqual({ recordedBy: 'bastion-1', login: 'recorder' })
    expect(parseCertificate(certificate).principals).toEqual([`o:${web.orgId}:h:${bastion.hostId}:u:recorder`])
    expect(parseCertificate(opened.certificate).principals).toEqual([`o:${web.orgId}:h:${web.hostId}:u:deploy`])
    const state = await stage.platform.call(agent.state, {}, bastion.caller)
    expect(state.grants).toContainEqual(expect.objectContaining({ id: given.id, login: 'recorder', extensions: [] }))
    expect(state.principals.map(({ login: each }) => each)).toEqual(['recorder'])
  })

  test('only the bastion of the policy begins one, and only while the grant runs', async () => {
    const { host: web, grant: given, facts } = await begin()
    const other = await enrolBastion('bastion-2')
    for (const as of [other.caller, web.caller])
      expect(await stage.platform.refusal(recording.open, facts, as)).toBe('grant_not_found')
    await stage.platform.call(grant.return, { id: given.id }, stage.sre.caller)
    expect(await stage.platform.refusal(recording.open, facts, bastion.caller)).toBe('grant_not_live')
  })

  test('only for a session that its agent has said runs there by that grant, and that is not over', async () => {
    const { platform } = stage
    const { grant: given } = await stage.give()
    const { grant: another } = await stage.give()
    const facts = (sessionId: SessionId) => ({
      ...{ grantId: given.id, sessionId, publicKey: newSshKey() },
      ...{ kind: 'command' as const, command: 'make' },
    })
    const refused = (sessionId: SessionId) => platform.refusal(recording.open, facts(sessionId), bastion.caller)
    const unheard = 'session_not_reported'
    const id = `ls_${'9'.repeat(26)}` as SessionId
    expect(await refused(id)).toBe(unheard) // of no session
    expect(await refused(await comeIn(another.id))).toBe(unheard) // somebody has, by another grant
    const other = await enrolBastion('bastion-3')
    await stage.allow({ selects: { labels: ['third=yes'] }, bastionId: other.hostId })
    const web = await stage.enrolHost(['third=yes'], 'lab')
    const third = await stage.approve(await stage.ask(web.hostId))
    expect(await refused(await comeIn(third.id, other.caller))).toBe(unheard) // on another bastion

    const live = await comeIn(given.id)
    await platform.call(recording.open, facts(live), bastion.caller)
    await platform.call(recording.open, facts(live), bastion.caller) // a connection that several commands share
    const at = platform.clock.now().toISOString()
    const ended = [{ id: live, at, reason: 'closed' as const, survivors: 0 }]
    await platform.call(agent.report, { acknowledged: 1, ended }, bastion.caller)
    expect(await refused(live)).toBe(unheard)
    // It is the word of the agent that holds: with a session that somebody wrote there past it, the certificate is made.
    const written = `insert into live_session (org_id, id, host_id, grant_id, login, started_at) values ($1, $2, $3, $4, 'recorder', now())`
    await platform.arrange(stage.founded.orgId, written, [stage.founded.orgId, id, bastion.hostId, given.id])
    expect(parseCertificate((await platform.call(recording.open, facts(id), bastion.caller)).certificate).principals).toEqual([
      `o:${web.orgId}:h:${given.hostId}:u:deploy`,
    ])
  })

  test('a policy that records names a bastion, and lets nothing be forwarded; a bastion is not its own', async () => {
    const { platform, founded, enrolHost, allow } = stage
    const rules = (more: object) => ({
      ...{ name: 'X', selects: { labels: ['x=y'] }, logins: ['deploy'], requesters: { roles: ['member' as const] } },
      ...{ approvers: { roles: ['admin' as const] }, ...more },
    })
    const plain = await enrolHost(['x=y'], 'elsewhere')
    expect(await platform.refusal(accessPolicy.create, rules({ bastionId: plain.hostId }), founded.owner)).toBe('not_a_bastion')
    const forwarding = rules({ bastionId: bastion.hostId, extensions: ['permit-port-forwarding'] })
    expect(await platform.refusal(accessPolicy.create, forwarding, founded.owner)).toBe('recording_forbids_extensions')
    await allow({ selects: { environments: ['edge'] }, bastionId: bastion.hostId })
    const { hostId } = bastion
    const ask = { hostId, login: 'deploy', seconds: 600, reason: 'x', code: await stage.code(stage.sre) }
    expect(await platform.refusal(grant.request, ask, stage.sre.caller)).toBe('not_entitled')
  })
})

describe('the chain', () => {
  test('chunks come in their order, each once; edited, dropped, swapped or from another recording they are refused', async () => {
    const { opened } = await begin()
    const [first, second, third] = chunksOf(opened.id, ['one', 'two', 'three'])
    if (!first || !second || !third) throw new Error('three chunks')
    expect(await refusal(second)).toBe('chain_broken')
    expect(await refusal({ ...first, content: first.content.replace('one', 'two') })).toBe('chain_broken')
    const [foreign] = chunksOf((await begin()).opened.id, ['one'])
    expect(await refusal({ ...first, hash: foreign?.hash ?? '' })).toBe('chain_broken')
    await send(first)
    expect(await send(first)).toMatchObject({ chunks: 1 }) // it had heard no answer
    expect(await refusal(third)).toBe('chain_broken')
    await send(second)
    expect(await refusal(first)).toBe('chain_broken')
    const told = { id: opened.id, chunks: 3, head: third.hash, outcome: 'complete' as const }
    expect(await stage.platform.refusal(recording.end, told, bastion.caller)).toBe('chain_broken')
    await send(third)
    expect(await stage.platform.call(recording.end, told, bastion.caller)).toMatchObject({ state: 'complete' })
    const [, , , fourth] = chunksOf(opened.id, ['one', 'two', 'three', 'four'])
    if (fourth) expect(await refusal(fourth)).toBe('recording_over')
  })

  test('the agent of another host writes nothing, ends nothing; what is no event is refused', async () => {
    const { host: web, opened } = await begin()
    const [chunk] = chunksOf(opened.id, ['one'])
    if (!chunk) throw new Error('a chunk')
    expect(await refusal(chunk, web.caller)).toBe('recording_not_found')
    const told = { id: opened.id, chunks: 0, head: recordingRoot(opened.id), outcome: 'complete' as const }
    expect(await stage.platform.refusal(recording.end, told, web.caller)).toBe('recording_not_found')
    const content = 'no event\n'
    expect(await refusal({ ...chunk, content, hash: recordingHash(recordingRoot(opened.id), 0, content) })).toBe('chunk_refused')
  })

  test('verify finds a chunk that was taken away, swapped or written anew in the database; and nothing where nothing was done', async () => {
    const { platform, founded } = stage
    const { opened } = await begin()
    const { id } = opened
    for (const chunk of chunksOf(id, ['one', 'two', 'three'])) await send(chunk)
    const verify = () => platform.call(recording.verify, { id }, founded.owner)
    expect(await verify()).toEqual({ intact: true, chunks: 3, brokenAt: null })
    const swap = `update recording_chunk a set content_sealed = b.content_sealed from recording_chunk b
      where a.recording_id = $1 and b.recording_id = $1 and a.index <> 0 and b.index = 3 - a.index`
    await platform.arrange(founded.orgId, swap, [id])
    expect(await verify()).toMatchObject({ intact: false })
    await platform.arrange(founded.orgId, swap, [id])
    expect(await verify()).toMatchObject({ intact: true })
    await platform.arrange(founded.orgId, `delete from recording_chunk where recording_id = $1 and index = 2`, [id])
    expect(await verify()).toEqual({ intact: false, chunks: 2, brokenAt: 2 })
  })
})

describe('reading', () => {
  test('found by its text; who read it stands in the access log; a member sees none', async () => {
    const { platform, founded, sre, reviewer } = stage
    const { opened } = await begin()
    const { id } = opened
    for (const chunk of chunksOf(id, ['a \u001b[31mred li', 'ne\r\nnext'])) await send(chunk)
    const { matches } = await platform.call(recording.search, { id, text: 'RED LINE' }, reviewer.caller)
    expect(matches).toEqual([{ seconds: 1, line: 'a red line' }])
    const { chunks } = await platform.call(recording.events, { id }, reviewer.caller)
    expect(chunks.map(({ content }) => castEventsOf(content)?.[0]?.[2])).toEqual(['a \u001b[31mred li', 'ne\r\nnext'])
    expect(await platform.refusal(recording.events, { id }, sre.caller)).toBe('forbidden')
    await platform.settle()
    const logged = await platform.call(accessLog.list, { actor: reviewer.personId }, founded.owner)
    expect(logged.rows).toContainEqual(expect.objectContaining({ operation: 'recording.events', target: id, outcome: 'read' }))
  })

  test('a dump of the database holds nothing that was shown or typed', async () => {
    const { platform } = stage
    const { opened } = await begin()
    for (const chunk of chunksOf(opened.id, ['hunter2-shown'])) await send(chunk)
    const { rows } = await platform.admin
      .query(`select c::text as row from recording_chunk c union all select r::text from recording r
      union all select e::text from ledger e`)
    const dump = rows.map(({ row }) => String(row)).join('\n')
    for (const secret of ['hunter2-shown', 'make secret-target'])
      for (const form of [secret, Buffer.from(secret).toString('hex'), Buffer.from(secret).toString('base64')])
        expect(dump.includes(form)).toBe(false)
    expect(dump).toContain(opened.id)
  })
})

describe('upkeep', () => {
  const run = () => {
    const { platform, founded } = stage
    return upkeep.run({ services: platform.services, orgId: founded.orgId, personId: null, log: () => undefined })
  }
  const left = async (id: string) => {
    const { rows } = await stage.platform.admin.query<{ state: string; chunks: string }>(
      `select r.state, (select count(*) from recording_chunk c where c.recording_id = r.id) as chunks from recording r where r.id = $1`,
      [id],
    )
    return rows[0] ?? null
  }
  const entriesOf = async (id: string) =>
    (await stage.platform.admin.query<{ body: string }>(`select body from ledger where body like '%' || $1 || '%'`, [id])).rows
      .map(({ body }) => body)
      .filter((body) => /"recording\.(deleted|cut_off)"/.test(body))

  test('one that nobody goes on with is cut off a day after its grant; after 365 days it is deleted, with its chunks and an entry', async () => {
    const { clock } = stage.platform
    const { opened } = await begin()
    const { id } = opened
    for (const chunk of chunksOf(id, ['one', 'two'])) await send(chunk)
    clock.advance(23 * 3_600_000)
    await run()
    expect(await left(id)).toEqual({ state: 'running', chunks: '2' })
    clock.advance(2 * 3_600_000)
    await run()
    expect(await left(id)).toEqual({ state: 'cut_off', chunks: '2' })
    clock.advance(363 * 86_400_000)
    await run()
    expect(await left(id)).toEqual({ state: 'cut_off', chunks: '2' })
    clock.advance(2 * 86_400_000)
    await run()
    expect(await left(id)).toBeNull()
    const { rows } = await stage.platform.admin.query('select 1 from recording_chunk where recording_id = $1', [id])
    expect(rows).toEqual([])
    expect(await entriesOf(id)).toHaveLength(2)
  })
})

describe('rules', () => {
  test('a check accepts the chain and nothing near it', () => {
    const chunks = chunksOf('rc_x', ['one', 'two'])
    const whole = createCheck('rc_x')
    expect(chunks.every((chunk) => whole.add(chunk))).toBe(true)
    expect(whole.at().head).toBe(chunks[1]?.hash)
    expect(chunks.every((chunk) => createCheck('rc_y').add(chunk))).toBe(false)
  })
  test('a line that two chunks share is one', () => {
    const linesOf = createCastLines()
    expect(linesOf([[1, 'o', 'ab']], false)).toEqual([])
    expect(linesOf([[2, 'o', 'cd\nef']], true)).toEqual([
      { seconds: 2, line: 'abcd' },
      { seconds: 2, line: 'ef' },
    ])
  })
})
