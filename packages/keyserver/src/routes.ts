import { Problem } from './problem.ts'
import { CheckpointBody, RotateRequest, RotateSigningRequest, UnwrapRequest, versionNumber, WrapRequest } from './requests.ts'
import { parse, type Route } from './route.ts'
import { ownRing } from './signing-keys.ts'
import { sshRoutes } from './ssh/routes.ts'

/** The ring of the key server's own keys is not for clients. */
const forClients = (ring: string): string => {
  if (ring === ownRing) throw new Problem('ring_unknown', `the ring ${ring} is not for clients`)
  return ring
}

/** KMS answers over a network: several at a time, but not five hundred. */
const concurrency = 16
const each = async <T, R>(items: readonly T[], work: (item: T) => Promise<R>): Promise<R[]> => {
  const results: R[] = []
  for (let at = 0; at < items.length; at += concurrency) {
    const batch = items.slice(at, at + concurrency).map(async (item, index) => {
      try {
        return await work(item)
      } catch (error) {
        if (error instanceof Problem)
          throw new Problem(error.code, error.message, { ...error.extra, index: at + index }, { cause: error })
        throw error
      }
    })
    results.push(...(await Promise.all(batch)))
  }
  return results
}

const wrap: Route['handle'] = async ({ masterKeys }, body) => {
  const { ring, items } = parse(WrapRequest, body)
  forClients(ring)
  const wrapped = await each(items, async ({ plaintext, context }) => {
    const result = await masterKeys.wrap(ring, plaintext, context)
    plaintext.fill(0)
    return { wrapped: result.wrapped.toString('base64'), version: result.version }
  })
  return { items: wrapped }
}

const unwrap: Route['handle'] = async ({ masterKeys }, body) => {
  const { ring, items } = parse(UnwrapRequest, body)
  forClients(ring)
  const unwrapped = await each(items, async (item) => {
    const { plaintext, version } = await masterKeys.unwrap(ring, item.wrapped, item.context)
    const text = plaintext.toString('base64')
    plaintext.fill(0)
    return { plaintext: text, version }
  })
  return { items: unwrapped }
}

const rewrap: Route['handle'] = async ({ masterKeys }, body) => {
  const { ring, items } = parse(UnwrapRequest, body)
  forClients(ring)
  const moved = await each(items, async (item) => {
    const { wrapped, version, changed } = await masterKeys.rewrap(ring, item.wrapped, item.context)
    return { wrapped: wrapped.toString('base64'), version, changed }
  })
  return { items: moved }
}

const rotate: Route['handle'] = async ({ masterKeys, signingKeys, sshAuthorities }, body) => {
  const { ring } = parse(RotateRequest, body)
  const version = await masterKeys.rotate(ring)
  if (ring === ownRing) {
    await signingKeys.rewrap()
    await sshAuthorities.rewrap()
  }
  return { ring, version }
}

export const routes: readonly Route[] = [
  {
    method: 'GET',
    path: /^\/healthz$/,
    name: '/healthz',
    handle: async ({ masterKeys, startedAtMs }) => ({
      status: 'ok',
      adapter: masterKeys.adapter,
      uptimeSeconds: Math.floor((Date.now() - startedAtMs) / 1000),
    }),
  },
  {
    method: 'GET',
    path: /^\/v1\/keys$/,
    name: '/v1/keys',
    handle: async ({ masterKeys, signingKeys }) => ({
      adapter: masterKeys.adapter,
      rings: masterKeys.list(),
      signingKeys: signingKeys.list(),
    }),
  },
  { method: 'POST', path: /^\/v1\/wrap$/, name: '/v1/wrap', handle: wrap },
  { method: 'POST', path: /^\/v1\/unwrap$/, name: '/v1/unwrap', handle: unwrap },
  { method: 'POST', path: /^\/v1\/rewrap$/, name: '/v1/rewrap', handle: rewrap },
  { method: 'POST', path: /^\/v1\/rotate$/, name: '/v1/rotate', handle: rotate },
  {
    method: 'DELETE',
    path: /^\/v1\/rings\/([a-z0-9-]{1,40})\/versions\/(\d{1,9})$/,
    name: '/v1/rings/:ring/versions/:version',
    async handle({ masterKeys }, _body, [ring = '', version]) {
      await masterKeys.retire(ring, parse(versionNumber, version))
      return { rings: masterKeys.list() }
    },
  },
  {
    method: 'POST',
    path: /^\/v1\/rings\/([a-z0-9-]{1,40})\/versions\/(\d{1,9})\/restore$/,
    name: '/v1/rings/:ring/versions/:version/restore',
    async handle({ masterKeys }, _body, [ring = '', version]) {
      await masterKeys.restore(ring, parse(versionNumber, version))
      return { rings: masterKeys.list() }
    },
  },
  {
    method: 'POST',
    path: /^\/v1\/signing-keys\/rotate$/,
    name: '/v1/signing-keys/rotate',
    async handle({ signingKeys }, body) {
      const { name } = parse(RotateSigningRequest, body)
      return { name, ...(await signingKeys.rotate(name)) }
    },
  },
  {
    method: 'DELETE',
    path: /^\/v1\/signing-keys\/([a-z0-9-]{1,40})\/versions\/(\d{1,9})$/,
    name: '/v1/signing-keys/:name/versions/:version',
    async handle({ signingKeys }, _body, [name = '', version]) {
      await signingKeys.retire(name, parse(versionNumber, version))
      return { signingKeys: signingKeys.list() }
    },
  },
  {
    method: 'GET',
    path: /^\/v1\/origins\/([A-Za-z0-9%._~-]{1,600})$/,
    name: '/v1/origins/:origin',
    handle: ({ checkpoints }, _body, [origin = '']) =>
      checkpoints.origin(parse(CheckpointBody.shape.origin, safelyDecoded(origin))),
  },
  {
    method: 'POST',
    path: /^\/v1\/checkpoint$/,
    name: '/v1/checkpoint',
    handle: ({ checkpoints }, body) => checkpoints.checkpoint(parse(CheckpointBody, body)),
  },
  ...sshRoutes,
]

function safelyDecoded(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch (cause) {
    throw new Problem('malformed_request', 'the path is not well-formed', {}, { cause })
  }
}
