import { policy } from '@holdfast/contract'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { shareMailbox } from '../../../test/access.ts'
import { addMember, startPlatform, type FoundedPlatform, type Member, type Platform } from '../../../test/platform.ts'

let platform: Platform
let founded: FoundedPlatform
let author: Member
let reviewer: Member
let viewer: Member

beforeAll(async () => {
  platform = await startPlatform()
  founded = await platform.found()
  author = await addMember(platform, founded, 'member')
  reviewer = await addMember(platform, founded, 'reviewer')
  viewer = await addMember(platform, founded, 'viewer')
})
afterAll(() => platform?.close())

const secretText = 'The vault code is 7391-planted.'
const draft = async (title = 'Access control') =>
  platform.call(policy.create, { title, content: `# ${title}\n\n${secretText}\n`, promises: ['C1'] }, author.caller)

/** A published version, the ordinary way. */
const published = async (title: string) => {
  const version = await draft(title)
  await platform.call(policy.submit, { id: version.id }, author.caller)
  await platform.call(policy.approve, { id: version.id, sha256: version.sha256 }, reviewer.caller)
  return platform.call(policy.publish, { id: version.id }, founded.owner)
}

describe('the life of a policy (H4)', () => {
  test('draft, review, approval by another, publication, acknowledgement', async () => {
    const version = await draft()
    expect(version).toMatchObject({ number: 1, state: 'draft', authorId: author.personId })
    await platform.call(policy.submit, { id: version.id }, author.caller)
    const approved = await platform.call(
      policy.approve,
      { id: version.id, sha256: version.sha256, comment: 'Good.' },
      reviewer.caller,
    )
    expect(approved).toMatchObject({ state: 'approved', approvedBy: reviewer.personId })
    const done = await platform.call(policy.publish, { id: version.id, acknowledgeWithinDays: 7 }, founded.owner)
    expect(done.state).toBe('published')
    expect(done.acknowledgeBy).toMatch(/^\d{4}-\d\d-\d\d$/)

    const due = await platform.call(policy.list, { due: 'me' }, viewer.caller)
    expect(due.rows.map(({ id }) => id)).toContain(version.policyId)
    const record = await platform.call(policy.acknowledge, { id: version.id, sha256: version.sha256 }, viewer.caller)
    const statement = JSON.parse(Buffer.from(record.signature?.split('.')[1] ?? '', 'base64url').toString()) as Record<
      string,
      string
    >
    expect(statement).toMatchObject({
      sub: viewer.personId,
      version: version.id,
      sha256: version.sha256,
      statement: record.statement,
    })
    expect(await platform.refusal(policy.acknowledge, { id: version.id, sha256: version.sha256 }, viewer.caller)).toBe(
      'already_acknowledged',
    )
    const { rows } = await platform.call(policy.acknowledgements, { id: version.policyId }, reviewer.caller)
    expect(rows.filter(({ at }) => at !== null).map(({ personId }) => personId)).toEqual([viewer.personId])
    const read = await platform.call(policy.read, { id: version.policyId }, viewer.caller)
    expect(read).toMatchObject({ acknowledged: 1, members: 4, acknowledgedByMe: true, publishedVersion: 1, promises: ['C1'] })
  })

  test('the next version supersedes, and shows what changed', async () => {
    const first = await published('Backups')
    const next = await platform.call(
      policy.addVersion,
      { id: first.policyId, content: `# Backups\n\nThe vault code changed.\n`, note: 'New code' },
      author.caller,
    )
    const { lines, added, removed } = await platform.call(policy.diff, { id: next.id, from: first.id }, viewer.caller)
    expect({ added, removed }).toEqual({ added: 1, removed: 1 })
    expect(lines).toContainEqual({ kind: 'removed', text: secretText })
    await platform.call(policy.submit, { id: next.id }, author.caller)
    await platform.call(policy.approve, { id: next.id, sha256: next.sha256 }, reviewer.caller)
    await platform.call(policy.publish, { id: next.id }, founded.owner)
    const { versions } = await platform.call(policy.read, { id: first.policyId }, viewer.caller)
    expect(versions.map(({ number, state }) => [number, state])).toEqual([
      [2, 'published'],
      [1, 'superseded'],
    ])
  })

  test('a review that stands moves the date; a retired policy asks nobody', async () => {
    const version = await published('Retention')
    const reviewed = await platform.call(policy.confirmReview, { id: version.policyId, comment: 'Still right.' }, reviewer.caller)
    expect(reviewed.nextReviewOn).not.toBeNull()
    await platform.call(policy.remind, { id: version.policyId }, founded.owner)
    expect(await platform.refusal(policy.remind, { id: version.policyId }, founded.owner)).toBe('reminded_today')
    await platform.call(policy.retire, { id: version.policyId, reason: 'Replaced.' }, founded.owner)
    const due = await platform.call(policy.list, { due: 'me' }, viewer.caller)
    expect(due.rows.map(({ id }) => id)).not.toContain(version.policyId)
    expect(await platform.refusal(policy.addVersion, { id: version.policyId, content: 'x', note: 'n' }, author.caller)).toBe(
      'policy_retired',
    )
  })
})

describe('what is refused', () => {
  test('approval of one’s own words, by author or by a former editor', async () => {
    const version = await platform.call(policy.create, { title: 'Own', content: 'mine' }, reviewer.caller)
    const edited = await platform.call(policy.editDraft, { id: version.id, content: 'ours' }, author.caller)
    await platform.call(policy.submit, { id: version.id }, author.caller)
    expect(await platform.refusal(policy.approve, { id: version.id, sha256: edited.sha256 }, reviewer.caller)).toBe('own_version')
    await platform.call(policy.approve, { id: version.id, sha256: edited.sha256 }, founded.owner)
  })

  test('approval by a second account of the author, with the same mailbox; with another mailbox it is another person', async () => {
    const { id, sha256 } = await draft('Two accounts')
    await platform.call(policy.submit, { id }, author.caller)
    const second = await addMember(platform, founded, 'reviewer')
    await shareMailbox(platform, founded, second, author)
    expect(await platform.refusal(policy.approve, { id, sha256 }, second.caller)).toBe('own_version')
    await shareMailbox(platform, founded, second, { email: 'somebody.else@example.test' })
    await platform.call(policy.approve, { id, sha256 }, second.caller)
  })

  test('…and the database refuses it too, were the rule gone; without its constraint the trespasser gets in', async () => {
    const version = await platform.call(policy.create, { title: 'Fence', content: 'mine' }, reviewer.caller)
    const trespass = `update policy_version set approved_by = $1 where id = $2`
    const client = await platform.admin.connect()
    try {
      await client.query('begin')
      await client.query('savepoint fence')
      await expect(client.query(trespass, [reviewer.personId, version.id])).rejects.toMatchObject({ code: '23514' })
      await client.query('rollback to fence')
      const { rows } = await client.query<{ conname: string }>(
        `select conname from pg_constraint where conrelid = 'policy_version'::regclass and pg_get_constraintdef(oid) like '%editors%'`,
      )
      await client.query(`alter table policy_version drop constraint ${client.escapeIdentifier(rows[0]?.conname ?? '')}`)
      expect((await client.query(trespass, [reviewer.personId, version.id])).rowCount).toBe(1)
    } finally {
      await client.query('rollback')
      client.release()
    }
  })

  test('a member who approves, a viewer who writes, content that was not read, steps out of order', async () => {
    const version = await draft('Order')
    expect(await platform.refusal(policy.approve, { id: version.id, sha256: version.sha256 }, author.caller)).toBe('forbidden')
    expect(await platform.refusal(policy.create, { title: 'No', content: 'no' }, viewer.caller)).toBe('forbidden')
    expect(await platform.refusal(policy.approve, { id: version.id, sha256: version.sha256 }, reviewer.caller)).toBe(
      'wrong_state',
    )
    await platform.call(policy.submit, { id: version.id }, author.caller)
    expect(await platform.refusal(policy.editDraft, { id: version.id, content: 'late' }, author.caller)).toBe('wrong_state')
    expect(await platform.refusal(policy.approve, { id: version.id, sha256: '0'.repeat(64) }, reviewer.caller)).toBe(
      'content_changed',
    )
    expect(await platform.refusal(policy.publish, { id: version.id }, founded.owner)).toBe('wrong_state')
    expect(await platform.refusal(policy.addVersion, { id: version.policyId, content: 'x', note: 'n' }, author.caller)).toBe(
      'version_open',
    )
    const back = await platform.call(policy.requestChanges, { id: version.id, comment: 'Shorter.' }, reviewer.caller)
    expect(back).toMatchObject({ state: 'draft', reviewComment: 'Shorter.' })
  })

  test('what is not a PDF, an unknown promise, a policy that does not exist', async () => {
    const pdf = Buffer.from('%PDF-1.7\n1 0 obj\n<<>>\nendobj\ntrailer\n<<>>\n%%EOF\n').toString('base64')
    const version = await platform.call(policy.create, { title: 'Pdf', format: 'pdf', content: pdf }, author.caller)
    const { content } = await platform.call(policy.content, { id: version.id }, viewer.caller)
    expect(content).toBe(pdf)
    expect(
      await platform.refusal(
        policy.create,
        { title: 'x', format: 'pdf', content: Buffer.from('hello').toString('base64') },
        author.caller,
      ),
    ).toBe('content_invalid')
    expect(await platform.refusal(policy.create, { title: 'x', content: 'x', promises: ['Z9'] }, author.caller)).toBe(
      'unknown_promise',
    )
    const missing = version.policyId.slice(0, -4) + '0000'
    expect(await platform.refusal(policy.read, { id: missing }, viewer.caller)).toBe('policy_not_found')
  })

  test('two approvals at once: one wins', async () => {
    const version = await draft('Race')
    await platform.call(policy.submit, { id: version.id }, author.caller)
    const attempts = [reviewer.caller, founded.owner].map((caller) =>
      platform.call(policy.approve, { id: version.id, sha256: version.sha256 }, caller),
    )
    const results = await Promise.allSettled(attempts)
    expect(results.map(({ status }) => status).toSorted()).toEqual(['fulfilled', 'rejected'])
  })
})

test('content is sealed at rest and in the ledger', async () => {
  await draft('Sealed')
  const { rows } = await platform.admin.query<{ text: string }>(
    `select coalesce(string_agg(v::text, ''), '') || coalesce((select string_agg(body, '') from ledger), '') as text from policy_version v`,
  )
  expect(rows[0]?.text).not.toContain('7391-planted')
  expect(rows[0]?.text).not.toContain(Buffer.from(secretText).toString('hex'))
})
