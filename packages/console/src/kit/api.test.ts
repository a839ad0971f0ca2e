import { operations, ProblemError } from '@holdfast/contract'
import { expect, test, vi } from 'vitest'
import { createApi, type ApiOptions, type Doors } from './api.ts'

const { session, member, setup } = operations

const problem = (status: number, code: string) =>
  new Response(JSON.stringify({ type: '', title: code, status, code, instance: 'r1' }), { status })
const fine = (value: unknown, seq?: number) =>
  new Response(JSON.stringify(value), { status: 200, headers: seq === undefined ? {} : { 'holdfast-ledger-seq': String(seq) } })

/** A server that answers each path with the given responses in turn, the last one ever after. */
const stand = (answers: Record<string, (() => Response)[]>, doors: Partial<Doors> = {}, once?: ApiOptions['once']) => {
  const calls: string[] = []
  const all: Doors = { signIn: vi.fn<() => void>(), factor: vi.fn<() => void>(), stepUp: vi.fn(async () => true), ...doors }
  const api = createApi({
    fetch: async (input) => {
      const path = (input instanceof Request ? input.url : input.toString()).replace('/api/v1', '')
      calls.push(path)
      const list = answers[path] ?? []
      const next = list.length > 1 ? list.shift() : list[0]
      if (!next) throw new TypeError('no such path')
      return next()
    },
    doors: all,
    once: once ?? ((_, refresh) => refresh()),
  })
  return { api, calls, doors: all }
}

const unauthenticated = () => problem(401, 'unauthenticated')

test('an answer comes with the number of its ledger entry', async () => {
  const { api } = stand({ '/sessions/revoke-others': [() => fine({ personId: 'pe_x', ended: 2 }, 4821)] })
  expect(await api.call(session.revokeOthers, {})).toEqual({ value: { personId: 'pe_x', ended: 2 }, ledgerSeq: 4821 })
})

test('an expired access token is renewed once, and the call made again', async () => {
  const { api, calls, doors } = stand({
    '/sessions': [unauthenticated, () => fine({ rows: [] })],
    '/session/refresh': [() => fine({})],
  })
  expect((await api.call(session.list, {})).value).toEqual({ rows: [] })
  expect(calls).toEqual(['/sessions', '/session/refresh', '/sessions'])
  expect(doors.signIn).not.toHaveBeenCalled()
})

test('another tab refreshed meanwhile: the call is made again without a refresh', async () => {
  const { api, calls } = stand({ '/sessions': [unauthenticated, () => fine({ rows: [] })] }, {}, async () => {})
  await api.call(session.list, {})
  expect(calls).toEqual(['/sessions', '/sessions'])
})

test('a refused refresh leads to the sign-in', async () => {
  const { api, doors } = stand({ '/sessions': [unauthenticated], '/session/refresh': [() => problem(401, 'refresh_refused')] })
  await expect(api.call(session.list, {})).rejects.toMatchObject({ code: 'unauthenticated' })
  expect(doors.signIn).toHaveBeenCalledOnce()
})

test('a session that stays refused after a refresh leads to the sign-in instead of around in circles', async () => {
  const { api, calls, doors } = stand({ '/sessions': [unauthenticated], '/session/refresh': [() => fine({})] })
  await expect(api.call(session.list, {})).rejects.toBeInstanceOf(ProblemError)
  expect(calls).toHaveLength(3)
  expect(doors.signIn).toHaveBeenCalledOnce()
})

test('what is public never leads to the sign-in', async () => {
  const { api, calls, doors } = stand({ '/setup': [unauthenticated] })
  await expect(api.call(setup.state, {})).rejects.toMatchObject({ code: 'unauthenticated' })
  expect(calls).toEqual(['/setup'])
  expect(doors.signIn).not.toHaveBeenCalled()
})

test('a missing second factor leads to its page', async () => {
  const { api, doors } = stand({ '/sessions': [() => problem(403, 'mfa_required')] })
  await expect(api.call(session.list, {})).rejects.toMatchObject({ code: 'mfa_required' })
  expect(doors.factor).toHaveBeenCalledOnce()
})

test('a step-up is asked for once, then the call is made again with the same idempotency key', async () => {
  const keys: (string | null)[] = []
  const answers = [() => problem(403, 'step_up_required'), () => fine({ id: 'pe_x', role: 'admin' }, 7)]
  const stepUp = vi.fn(async () => true)
  const api = createApi({
    fetch: async (_, init) => {
      keys.push(new Headers(init?.headers).get('idempotency-key'))
      return (answers.shift() ?? (() => problem(500, 'internal')))()
    },
    doors: { signIn: () => {}, factor: () => {}, stepUp },
    once: (_, refresh) => refresh(),
  })
  const id = member.changeRole.input.shape.id.parse('pe_00000000000000000000000000')
  await api.call(member.changeRole, { id, role: 'admin' }, { idempotencyKey: 'k1' })
  expect(stepUp).toHaveBeenCalledOnce()
  expect(keys).toEqual(['k1', 'k1'])
})

test('a step-up that the person closes leaves the refusal', async () => {
  const { api, calls } = stand({ '/organisation': [() => problem(403, 'step_up_required')] }, { stepUp: async () => false })
  await expect(api.call(operations.organisation.update, { name: 'x' })).rejects.toMatchObject({ code: 'step_up_required' })
  expect(calls).toHaveLength(1)
})

test('a step-up that the server does not believe is not asked for again and again', async () => {
  const stepUp = vi.fn(async () => true)
  const { api } = stand({ '/organisation': [() => problem(403, 'step_up_required')] }, { stepUp })
  await expect(api.call(operations.organisation.update, { name: 'x' })).rejects.toMatchObject({ code: 'step_up_required' })
  expect(stepUp).toHaveBeenCalledOnce()
})

test('no network passes through as it is', async () => {
  const { api } = stand({})
  await expect(api.call(session.list, {})).rejects.toBeInstanceOf(TypeError)
})
