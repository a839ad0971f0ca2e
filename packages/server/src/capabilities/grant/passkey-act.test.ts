/** A passkey for one act: what was signed for another operation, request, key, session or person confirms nothing here. */
import { factor, grant, session, type Operation } from '@holdfast/contract'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { setStage, type Person, type Stage } from '../../../test/access.ts'
import { enrolPasskey } from '../../../test/passkeys.ts'
import { newCaller } from '../../../test/platform.ts'
import { newSshKey } from '../../../test/world.ts'
import type { SoftPasskey } from '../../kernel/identity/soft-passkey.ts'

let stage: Stage
let asker: Person & { passkey: SoftPasskey }
let approver: Person & { passkey: SoftPasskey }

const withPasskey = async (who: Person) => ({
  ...who,
  passkey: (await enrolPasskey(stage.platform, await stage.stepped(who))).passkey,
})
beforeAll(async () => {
  stage = await setStage()
  await stage.allow()
  ;[asker, approver] = [await withPasskey(stage.sre), await withPasskey(stage.reviewer)]
}, 60_000)
afterAll(() => stage?.platform.close())

/** An assertion for this act. */
const sign = async (who: typeof asker, operation: Operation, input: Record<string, unknown>, as = who.caller) => {
  const { challenge } = await stage.platform.call(
    factor.passkeyOptions,
    { act: { operation: operation.name, input: JSON.stringify(input) } },
    as,
  )
  return who.passkey.assert(challenge)
}
const asked = async () => {
  const { hostId } = await stage.enrolHost()
  const input = { hostId, login: 'deploy', seconds: 600, reason: 'Deploy 43' }
  const passkey = await sign(asker, grant.request, input)
  return stage.platform.call(grant.request, { ...input, passkey }, asker.caller)
}

test('request, approval, certificate and extension, each by a passkey for it', async () => {
  const { platform } = stage
  const { id, requestHash } = await asked()
  const read = { id, requestHash }
  const passkey = await sign(approver, grant.approve, read)
  expect(await platform.call(grant.approve, { ...read, passkey }, approver.caller)).toMatchObject({ state: 'approved' })
  const wanted = { id, publicKey: newSshKey() }
  const proof = await sign(asker, grant.certificate, wanted)
  expect((await platform.call(grant.certificate, { ...wanted, passkey: proof }, asker.caller)).certificate).toMatch(/^ssh-/)
  const more = { id, seconds: 900, reason: 'Longer' }
  await platform.call(grant.extend, { ...more, passkey: await sign(asker, grant.extend, more) }, asker.caller)
})

test('one given for another request, another operation, or a whole session, approves nothing', async () => {
  const { platform } = stage
  const [one, two] = [await asked(), await asked()]
  const read = { id: two.id, requestHash: two.requestHash }
  const refused = (passkey: Awaited<ReturnType<typeof sign>>) =>
    platform.refusal(grant.approve, { ...read, passkey }, approver.caller)
  const forOne = await sign(approver, grant.approve, { id: one.id, requestHash: one.requestHash })
  expect(await refused(forOne)).toBe('passkey_refused')
  const otherHash = await sign(approver, grant.approve, { id: two.id, requestHash: one.requestHash })
  expect(await refused(otherHash)).toBe('passkey_refused')
  expect(await refused(await sign(approver, grant.certificate, { id: two.id, publicKey: newSshKey() }))).toBe('passkey_refused')
  const stepUp = approver.passkey.assert((await platform.call(factor.passkeyOptions, {}, approver.caller)).challenge)
  expect(await refused(stepUp)).toBe('passkey_refused')
  expect(await platform.refusal(grant.approve, read, approver.caller)).toBe('code_needed')

  // It was not used up by the attempt: it approves what it was given for. (Before the next, which counts higher.)
  await platform.call(grant.approve, { id: one.id, requestHash: one.requestHash, passkey: forOne }, approver.caller)
  await platform.call(grant.approve, { ...read, passkey: await sign(approver, grant.approve, read) }, approver.caller)
})

test('nor one of another session of the same person, or of somebody else', async () => {
  const { platform } = stage
  const { id, requestHash } = await asked()
  const read = { id, requestHash }
  const elsewhere = newCaller()
  await platform.call(session.signIn, { email: approver.email, password: approver.password }, elsewhere)
  await platform.call(session.confirmFactor, { code: await stage.code(approver) }, elsewhere)
  const there = await sign(approver, grant.approve, read, elsewhere)
  expect(await platform.refusal(grant.approve, { ...read, passkey: there }, approver.caller)).toBe('passkey_refused')
  const byAsker = await sign(asker, grant.approve, read)
  expect(await platform.refusal(grant.approve, { ...read, passkey: byAsker }, approver.caller)).toBe('passkey_refused')
  await platform.call(grant.approve, { ...read, passkey: there }, elsewhere) // where it belongs it is right
})

test('what was signed for one host, login or length of time asks for no other', async () => {
  const { platform } = stage
  const [a, b] = [await stage.enrolHost(), await stage.enrolHost()]
  const input = { hostId: a.hostId, login: 'deploy', seconds: 600, reason: 'x' }
  const changes = [{ hostId: b.hostId }, { seconds: 601 }, { reason: 'y' }, { extensions: ['permit-port-forwarding' as const] }]
  for (const change of changes) {
    const passkey = await sign(asker, grant.request, input)
    const answer = await platform.refusal(grant.request, { ...input, ...change, passkey }, asker.caller)
    expect([change, answer]).toEqual([change, 'extensions' in change ? 'extension_not_allowed' : 'passkey_refused'])
  }
})

test('a challenge is given only for operations that take a passkey, with a valid input, to whoever has one', async () => {
  const { platform } = stage
  const ask = (act: { operation: string; input: string }, as = asker.caller) =>
    platform.refusal(factor.passkeyOptions, { act }, as)
  expect(await ask({ operation: 'grant.revoke', input: '{}' })).toBe('act_unknown')
  expect(await ask({ operation: 'grant.approve', input: '{}' })).toBe('act_unknown')
  expect(await ask({ operation: 'grant.approve', input: '{' })).toBe('act_unknown')
  expect(await ask({ operation: 'nothing.known', input: '{}' })).toBe('act_unknown')
  expect(await ask({ operation: 'grant.approve', input: '{}' }, stage.other.caller)).toBe('no_passkey')
})
