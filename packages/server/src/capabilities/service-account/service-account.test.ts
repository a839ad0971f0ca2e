import {
  allOperations,
  apiKey,
  grant,
  ledger,
  member,
  obligations,
  operator,
  policy,
  rolesWith,
  Scope,
  serviceAccount,
  session,
  type InputOf,
} from '@holdfast/contract'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { mailsTo } from '../../../test/mails.ts'
import {
  addMember,
  newCaller,
  startPlatform,
  type Caller,
  type FoundedPlatform,
  type Member,
  type Platform,
} from '../../../test/platform.ts'
import { days } from '../../kernel/identity/lifetimes.ts'
import { permit } from '../../kernel/permit.ts'
import { Problem } from '../../kernel/problem.ts'
import { upkeep } from './leaving.ts'

let platform: Platform
let founded: FoundedPlatform
let admin: Member
let owning: Member
beforeAll(async () => {
  platform = await startPlatform()
  founded = await platform.found()
  admin = await addMember(platform, founded, 'admin')
  owning = await addMember(platform, founded, 'member')
})
afterAll(() => platform.close())

let made = 0
const account = (changes: Partial<InputOf<typeof serviceAccount.create>> = {}, as: Caller = founded.owner) => {
  const fields = { name: `account ${made++}`, purpose: 'Scrapes metrics', role: 'reviewer' as const, ownerId: owning.personId }
  return platform.call(serviceAccount.create, { ...fields, ...changes }, as)
}
const keyOf = async (id: Awaited<ReturnType<typeof account>>['id'], scopes: Scope[] = ['policy:read']) => {
  const key = await platform.call(serviceAccount.createKey, { id, name: 'k', scopes }, founded.owner)
  return { ...key, caller: newCaller({ apiKey: key.key }) }
}
const owedAbout = async (subject: string): Promise<string[]> => {
  const lists = (['open', 'met', 'withdrawn'] as const).map((show) =>
    platform.call(obligations.list, { subject, show }, founded.owner),
  )
  return (await Promise.all(lists)).flatMap(({ rows }) => rows.map(({ kind, state }) => `${kind} ${state}`)).toSorted()
}
const codeOf = (run: () => void): string => {
  try {
    run()
    return 'allowed'
  } catch (error) {
    return error instanceof Problem ? error.code : 'error'
  }
}

describe('who it is', () => {
  test('is always weaker than whoever makes, changes or sees the secret of it', async () => {
    const wanted = { name: 'strong', purpose: 'x', ownerId: owning.personId }
    const as = (role: string) => ({ ...wanted, role }) as InputOf<typeof serviceAccount.create>
    expect(await platform.refusal(serviceAccount.create, as('owner'), founded.owner)).toBe('invalid_input')
    expect(await platform.refusal(serviceAccount.create, as('admin'), admin.caller)).toBe('role_too_strong')
    const { id } = await account({ role: 'admin' })
    const { id: keyId } = await keyOf(id)
    const key = { id, name: 'k', scopes: ['policy:read' as const] }
    expect(await platform.refusal(serviceAccount.createKey, key, admin.caller)).toBe('role_too_strong')
    expect(await platform.refusal(serviceAccount.update, { id, role: 'viewer' }, admin.caller)).toBe('role_too_strong')
    expect(await platform.refusal(apiKey.rotate, { id: keyId }, admin.caller)).toBe('role_too_strong')
    expect((await platform.call(apiKey.rotate, { id: keyId }, founded.owner)).id).toBe(keyId)
    const weak = await account({}, admin.caller)
    expect(await platform.refusal(serviceAccount.update, { id: weak.id, role: 'admin' }, admin.caller)).toBe('role_too_strong')
    expect(await platform.refusal(serviceAccount.create, as('viewer'), owning.caller)).toBe('forbidden')
  })

  test('tells itself who it is, and the ledger, the access log and the list name it', async () => {
    const { id, name } = await account()
    const { caller, id: keyId } = await keyOf(id, ['policy:read', 'ledger:read'])
    const self = await platform.call(serviceAccount.current, {}, caller)
    expect(self).toMatchObject({ id, name, role: 'reviewer', permissions: ['ledger:read', 'policy:read'] })
    expect(await platform.refusal(serviceAccount.current, {}, founded.owner)).toBe('no_service_account')
    const strong = await account({ role: 'admin' })
    const { caller: worker } = await keyOf(strong.id, ['key:own', 'key:manage'])
    const { id: leaked } = await platform.call(apiKey.create, { name: 'leaked', role: 'viewer' }, founded.owner)
    await platform.call(apiKey.revoke, { id: leaked }, worker)
    const { rows } = await platform.call(ledger.list, { actor: strong.id }, founded.owner)
    expect(rows[0]).toMatchObject({
      action: 'api_key.revoked',
      actor: { type: 'service_account', id: strong.id, name: strong.name },
    })
    const read = await platform.call(serviceAccount.read, { id }, owning.caller)
    expect(read).toMatchObject({ liveKeys: 1, ownerGone: false, keys: [{ id: keyId, serviceAccountId: id }] })
    expect(JSON.stringify(read)).not.toMatch(/hf_/)
  })

  test('does nothing that needs a person, a confirmation, or that its key does not name', async () => {
    const { id } = await account({ role: 'admin' })
    const { caller } = await keyOf(
      id,
      Scope.options.filter((scope) => rolesWith(scope).includes('admin')),
    )
    const principal = await platform.composition.authenticate({
      headers: { authorization: `Bearer ${caller.apiKey ?? ''}` },
      ip: '192.0.2.1',
    })
    const now = platform.clock.now()
    const needing = allOperations.filter(
      ({ permission, sessionOnly, stepUp, service }) =>
        !['public', 'agent'].includes(permission) && (sessionOnly || stepUp || (permission === 'self' && !service)),
    )
    expect(needing.length).toBeGreaterThan(40)
    for (const operation of needing)
      expect(
        codeOf(() => permit(operation, principal, now)),
        operation.name,
      ).toBe('session_required')
    // With those marks removed the role alone would decide, and let it in.
    const { sessionOnly: _, stepUp: __, ...bare } = serviceAccount.create
    expect(codeOf(() => permit(bare as typeof serviceAccount.create, principal, now))).toBe('allowed')
    expect(await platform.refusal(session.current, {}, caller)).toBe('session_required')
    expect(await platform.refusal(policy.create, { title: 'By nobody', content: '#' }, caller)).toBe('session_required')
    expect((await platform.call(grant.list, {}, caller)).rows).toEqual([])
    expect((await platform.call(operator.health, {}, caller)).parts.length).toBeGreaterThan(0)
    expect(await platform.refusal(operator.health, {}, (await keyOf(id)).caller)).toBe('forbidden')
  })

  test('a key names what it is for, and nothing that the account could not do', async () => {
    const { id } = await account({ role: 'viewer' })
    const wanted = { id, name: 'k', scopes: ['ledger:export' as const] }
    expect(await platform.refusal(serviceAccount.createKey, wanted, founded.owner)).toBe('scope_not_held')
    const none = { id, name: 'k', scopes: [] }
    expect(await platform.refusal(serviceAccount.createKey, none, founded.owner)).toBe('invalid_input')
    await expect(
      platform.arrange(founded.orgId, 'update api_key set scopes = null where service_account_id = $1', [id]),
    ).resolves.toBeUndefined() // there is none yet
    const { id: keyId } = await keyOf(id)
    await expect(platform.arrange(founded.orgId, 'update api_key set scopes = null where id = $1', [keyId])).rejects.toThrow(
      /api_key_service/,
    )
  })
})

describe('its end', () => {
  test('disabled, it is refused at the next request, for good; by whoever answers for it as well', async () => {
    const { id } = await account()
    const { caller } = await keyOf(id)
    await platform.call(policy.list, {}, caller)
    const other = await addMember(platform, founded, 'member')
    expect(await platform.refusal(serviceAccount.disable, { id }, other.caller)).toBe('not_yours')
    expect(await platform.call(serviceAccount.disable, { id }, owning.caller)).toEqual({ id, keysRevoked: 1 })
    expect(await platform.refusal(policy.list, {}, caller)).toBe('unauthenticated')
    const key = { id, name: 'k', scopes: ['policy:read' as const] }
    expect(await platform.refusal(serviceAccount.createKey, key, founded.owner)).toBe('account_disabled')
    expect(await owedAbout(id)).toEqual(['service-account.review withdrawn'])
    // Two fences: the key is revoked, and the account is none. Without the first the second holds; without both it gets in.
    await platform.arrange(founded.orgId, 'update api_key set revoked_at = null where service_account_id = $1', [id])
    expect(await platform.refusal(policy.list, {}, caller)).toBe('unauthenticated')
    await platform.arrange(founded.orgId, 'update service_account set disabled_at = null where id = $1', [id])
    await platform.call(policy.list, {}, caller)
  })

  test('a weaker role bites at the next request', async () => {
    const { id } = await account()
    const { caller } = await keyOf(id, ['ledger:read'])
    await platform.call(ledger.list, {}, caller)
    await platform.call(serviceAccount.update, { id, role: 'viewer' }, founded.owner)
    expect(await platform.refusal(ledger.list, {}, caller)).toBe('forbidden')
  })

  test('outlives who answers for it; the Admins owe a new one, and what the leaver was shown runs out', async () => {
    const leaver = await addMember(platform, founded, 'admin')
    const { id } = await account({ ownerId: leaver.personId }, leaver.caller)
    const { key } = await platform.call(
      serviceAccount.createKey,
      { id, name: 'k', scopes: ['policy:read'], days: 300 },
      leaver.caller,
    )
    const caller = newCaller({ apiKey: key })
    await platform.call(member.remove, { id: leaver.personId }, founded.owner)
    await platform.call(policy.list, {}, caller)
    const read = await platform.call(serviceAccount.read, { id }, founded.owner)
    expect(read).toMatchObject({ ownerGone: true, reviewDueAt: null })
    const ends = Date.parse(read.keys[0]?.expiresAt ?? '') - platform.clock.now().getTime()
    expect(Math.round(ends / 86_400_000)).toBe(7)
    const owed = () => owedAbout(id)
    expect(await owed()).toEqual(['service-account.owner running', 'service-account.review withdrawn'])
    await upkeep.run({ services: platform.services, orgId: founded.orgId, personId: null, log: () => {} })
    expect(await owed()).toHaveLength(2) // asked once
    await platform.call(serviceAccount.reassign, { id, ownerId: owning.personId }, founded.owner)
    expect(await owed()).toEqual([
      'service-account.owner met',
      'service-account.review running',
      'service-account.review withdrawn',
    ])
    expect((await platform.call(apiKey.list, { personId: owning.personId }, founded.owner)).rows).toEqual([])
  })

  test('is reviewed by whoever answers for it, and then again', async () => {
    const { id, reviewDueAt } = await account({ reviewEveryDays: 30 })
    expect(Math.round((Date.parse(reviewDueAt ?? '') - platform.clock.now().getTime()) / 86_400_000)).toBe(30)
    const other = await addMember(platform, founded, 'member')
    expect(await platform.refusal(serviceAccount.confirmReview, { id, comment: 'fine' }, other.caller)).toBe('not_yours')
    platform.clock.advance(60_000)
    const reviewed = await platform.call(serviceAccount.confirmReview, { id, comment: 'Still needed.' }, owning.caller)
    expect(Date.parse(reviewed.reviewDueAt ?? '')).toBeGreaterThan(Date.parse(reviewDueAt ?? ''))
  })

  test('what somebody was shown runs out once they are no stronger than the account; were it not cut short, it would go on', async () => {
    const maker = await addMember(platform, founded, 'admin')
    const made = async (role: 'reviewer' | 'viewer') => {
      const { id } = await account({ role }, maker.caller)
      const wanted = { id, name: 'k', scopes: ['policy:read' as const], days: 300 }
      return newCaller({ apiKey: (await platform.call(serviceAccount.createKey, wanted, maker.caller)).key })
    }
    const [strong, weak] = [await made('reviewer'), await made('viewer')]
    await platform.call(member.changeRole, { id: maker.personId, role: 'member' }, founded.owner)
    await platform.call(policy.list, {}, strong)
    const mail = (await mailsTo(platform, founded.orgId, maker.personId)).at(-1)
    expect(mail).toMatch(
      /was shown the secrets of these keys, and is no stronger[^]*run out on \d{4}-\d\d-\d\d:\n\n {2}k of account \d+\n\n/,
    )
    expect((await mailsTo(platform, founded.orgId, owning.personId)).at(-1)).toContain('run out on')
    platform.clock.advance(days(8))
    expect(await platform.refusal(policy.list, {}, strong)).toBe('unauthenticated')
    await platform.call(policy.list, {}, weak) // they are stronger than that one still
    await platform.arrange(founded.orgId, `update api_key set expires_at = '2999-01-01' where created_by = $1`, [maker.personId])
    await platform.call(policy.list, {}, strong)
  })
})
