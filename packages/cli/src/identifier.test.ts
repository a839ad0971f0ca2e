import { ApiKeyId } from '@holdfast/contract'
import { createApiKey, parseApiKey } from '@holdfast/crypto'
import { expect, it } from 'vitest'
import { newApiKeyId } from './identifier.ts'

it('makes ids that the contract accepts, each of them new, in the order of time', () => {
  const ids = Array.from({ length: 200 }, (_, index) => newApiKeyId(1_790_000_000_000 + index))
  for (const id of ids) expect(ApiKeyId.safeParse(id).success, id).toBe(true)
  expect(new Set(ids).size).toBe(200)
  expect(ids.toSorted()).toEqual(ids)
})

it('makes ids that fit into an API key', () => {
  const id = newApiKeyId()
  const { key, secretHash } = createApiKey(id)
  expect(parseApiKey(key)).toEqual({ id, secretHash })
})
