import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto'
import { z } from 'zod'
import { BoxUnavailable, contextBytes, NotAuthentic, type KeyBox } from './key-box.ts'
import type { State } from './state.ts'

const Stored = z.record(z.string(), z.base64())
const stateName = 'master-keys'
const nonceBytes = 12
const tagBytes = 16

/** Master keys in a file of the key server's directory. Ciphertext: nonce (12), tag (16), AES-256-GCM. */
export const openFileBox = async (state: State): Promise<KeyBox> => {
  const keys = new Map<string, Buffer>()
  for (const [handle, text] of Object.entries((await state.read(stateName, Stored)) ?? {}))
    keys.set(handle, Buffer.from(text, 'base64'))
  const save = (all: ReadonlyMap<string, Buffer>) =>
    state.write(stateName, Object.fromEntries([...all].map(([handle, key]) => [handle, key.toString('base64')])))
  const keyOf = (handle: string): Buffer => {
    const key = keys.get(handle)
    if (!key) throw new BoxUnavailable(`master key ${handle} is not in the file`)
    return key
  }
  return {
    adapter: 'file',
    async create(ring, version) {
      const handle = `${ring}-${version}-${randomBytes(4).toString('hex')}`
      const key = randomBytes(32)
      await save(new Map([...keys, [handle, key]]))
      keys.set(handle, key)
      return handle
    },
    async encrypt(handle, plaintext, context) {
      const nonce = randomBytes(nonceBytes)
      const cipher = createCipheriv('aes-256-gcm', keyOf(handle), nonce, { authTagLength: tagBytes }).setAAD(
        contextBytes(context),
      )
      const ciphertext = Buffer.concat([cipher.update(plaintext), cipher.final()])
      return Buffer.concat([nonce, cipher.getAuthTag(), ciphertext])
    },
    async decrypt(handle, ciphertext, context) {
      const key = keyOf(handle)
      if (ciphertext.length < nonceBytes + tagBytes) throw new NotAuthentic('too short')
      const decipher = createDecipheriv('aes-256-gcm', key, ciphertext.subarray(0, nonceBytes), { authTagLength: tagBytes })
      decipher.setAAD(contextBytes(context)).setAuthTag(ciphertext.subarray(nonceBytes, nonceBytes + tagBytes))
      const plaintext = decipher.update(ciphertext.subarray(nonceBytes + tagBytes))
      try {
        decipher.final()
        return plaintext
      } catch (cause) {
        plaintext.fill(0)
        throw new NotAuthentic('changed, or another context', { cause })
      }
    },
    async destroy(handle) {
      const key = keys.get(handle)
      if (!key) return
      await save(new Map([...keys].filter(([other]) => other !== handle)))
      keys.delete(handle)
      key.fill(0)
    },
    close() {
      for (const key of keys.values()) key.fill(0)
    },
  }
}
