import { randomBytes } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import type * as Pkcs11 from 'pkcs11js'
import { BoxUnavailable, contextBytes, NotAuthentic, type KeyBox } from './key-box.ts'

export interface Pkcs11Options {
  /** The vendor's shared library. */
  module: string
  tokenLabel: string
  /** The PIN stands in a file, not in the environment, where every child process and crash report would see it. */
  pinFile: string
}

const nonceBytes = 12
const tagBits = 128

/** A native module that needs a compiler where no build of it exists, so it is optional and loaded only here. */
const loadPkcs11 = async (): Promise<typeof Pkcs11> => {
  try {
    return (await import('pkcs11js')).default as typeof Pkcs11
  } catch (cause) {
    throw new Error('HOLDFAST_KEYS=pkcs11 needs the package pkcs11js, which could not be loaded (npm rebuild pkcs11js)', {
      cause,
    })
  }
}

const findSlot = (pkcs11: Pkcs11.PKCS11, label: string): Pkcs11.Handle => {
  const labels: string[] = []
  for (const slot of pkcs11.C_GetSlotList(true)) {
    const found = pkcs11.C_GetTokenInfo(slot).label.trim()
    if (found === label) return slot
    labels.push(found)
  }
  throw new Error(
    `there is no PKCS#11 token labelled "${label}"; found: ${labels.map((found) => `"${found}"`).join(', ') || 'none'}`,
  )
}

const openSession = async (library: typeof Pkcs11, { module, tokenLabel, pinFile }: Pkcs11Options) => {
  const pin = (await readFile(pinFile, 'utf8')).trim()
  const pkcs11 = new library.PKCS11()
  pkcs11.load(module)
  pkcs11.C_Initialize()
  try {
    const slot = findSlot(pkcs11, tokenLabel)
    const session = pkcs11.C_OpenSession(slot, library.CKF_SERIAL_SESSION | library.CKF_RW_SESSION)
    pkcs11.C_Login(session, library.CKU_USER, pin)
    return { pkcs11, session }
  } catch (error) {
    pkcs11.C_Finalize()
    pkcs11.close()
    throw error
  }
}

/**
 * Master keys inside an HSM: generated there, sensitive and not extractable. Ciphertext: nonce (12), then what CKM_AES_GCM returns
 * (ciphertext and tag). Calls are synchronous, microseconds for SoftHSM; one session is enough, since a call finishes before the next.
 */
export const openPkcs11Box = async (options: Pkcs11Options): Promise<KeyBox> => {
  const library = await loadPkcs11()
  const { pkcs11, session } = await openSession(library, options)
  const handles = new Map<string, Pkcs11.Handle>()

  const find = (id: string): Pkcs11.Handle | null => {
    const known = handles.get(id)
    if (known) return known
    pkcs11.C_FindObjectsInit(session, [
      { type: library.CKA_CLASS, value: library.CKO_SECRET_KEY },
      { type: library.CKA_ID, value: Buffer.from(id, 'hex') },
    ])
    try {
      const found = pkcs11.C_FindObjects(session)
      if (found) handles.set(id, found)
      return found
    } finally {
      pkcs11.C_FindObjectsFinal(session)
    }
  }
  const mechanism = (nonce: Buffer, aad: Buffer): Pkcs11.Mechanism => ({
    mechanism: library.CKM_AES_GCM,
    parameter: { type: library.CK_PARAMS_AES_GCM_v240, iv: nonce, aad, ivBits: nonceBytes * 8, tagBits } as Pkcs11.AesGCM,
  })
  /** Runs one call; a token's refusal of a ciphertext is told apart from a token that does not work. */
  const attempt = <T>(id: string, refusals: readonly unknown[], work: (key: Pkcs11.Handle) => T): T => {
    try {
      const key = find(id)
      if (!key) throw new BoxUnavailable(`the token has no key ${id}`)
      return work(key)
    } catch (error) {
      if (error instanceof BoxUnavailable || error instanceof NotAuthentic) throw error
      if (refusals.includes((error as { code?: unknown }).code)) throw new NotAuthentic('refused by the token', { cause: error })
      throw new BoxUnavailable('the token does not work', { cause: error })
    }
  }

  // SoftHSM 2.6 answers a GCM tag that does not match with a general error.
  const refusalsOfDecrypt = [library.CKR_ENCRYPTED_DATA_INVALID, library.CKR_ENCRYPTED_DATA_LEN_RANGE, library.CKR_GENERAL_ERROR]

  return {
    adapter: 'pkcs11',
    async create(ring, version) {
      const id = randomBytes(16)
      const key = pkcs11.C_GenerateKey(session, { mechanism: library.CKM_AES_KEY_GEN }, [
        { type: library.CKA_CLASS, value: library.CKO_SECRET_KEY },
        { type: library.CKA_KEY_TYPE, value: library.CKK_AES },
        { type: library.CKA_VALUE_LEN, value: 32 },
        { type: library.CKA_ID, value: id },
        { type: library.CKA_LABEL, value: `holdfast/${ring}/${version}` },
        { type: library.CKA_TOKEN, value: true },
        { type: library.CKA_PRIVATE, value: true },
        { type: library.CKA_SENSITIVE, value: true },
        { type: library.CKA_EXTRACTABLE, value: false },
        { type: library.CKA_ENCRYPT, value: true },
        { type: library.CKA_DECRYPT, value: true },
      ])
      handles.set(id.toString('hex'), key)
      return id.toString('hex')
    },
    encrypt: async (handle, plaintext, context) =>
      attempt(handle, [], (key) => {
        const nonce = randomBytes(nonceBytes)
        pkcs11.C_EncryptInit(session, mechanism(nonce, contextBytes(context)), key)
        const output = pkcs11.C_Encrypt(session, plaintext, Buffer.alloc(plaintext.length + tagBits / 8))
        return Buffer.concat([nonce, output])
      }),
    decrypt: async (handle, ciphertext, context) =>
      attempt(handle, refusalsOfDecrypt, (key) => {
        if (ciphertext.length < nonceBytes + tagBits / 8) throw new NotAuthentic('too short')
        pkcs11.C_DecryptInit(session, mechanism(ciphertext.subarray(0, nonceBytes), contextBytes(context)), key)
        return Buffer.from(pkcs11.C_Decrypt(session, ciphertext.subarray(nonceBytes), Buffer.alloc(ciphertext.length)))
      }),
    async destroy(handle) {
      const key = find(handle)
      if (key) pkcs11.C_DestroyObject(session, key)
      handles.delete(handle)
    },
    close() {
      pkcs11.C_CloseSession(session)
      pkcs11.C_Finalize()
      pkcs11.close()
    },
  }
}
